#include "catalog/key.h"

/* "8 2" is "a, b"; *numbers moves behind it. */
static bool add_columns(const struct pk_object *table, const char **numbers, struct pk_buf *out)
{
	const char *separator = "";

	while (**numbers && **numbers != PK_LIST_SEP) {
		char *end;
		const struct pk_object *column = pk_column_at(table, strtol(*numbers, &end, 10));

		if (!column)
			return false;
		pk_buf_addf(out, "%s%s", separator, pk_column_quoted(column));
		separator = ", ";
		*numbers = *end == ' ' ? end + 1 : end;
	}
	return true;
}

static const char *action(char letter)
{
	switch (letter) {
	case 'r':
		return "RESTRICT";
	case 'c':
		return "CASCADE";
	case 'n':
		return "SET NULL";
	default:
		return "SET DEFAULT";
	}
}

static bool add_reference(const struct pk_object *other, const char *parts, struct pk_buf *out)
{
	if (!other)
		return false;
	pk_buf_addf(out, " REFERENCES %s(", other->ident);
	if (!add_columns(other, &parts, out))
		return false;
	pk_buf_addc(out, ')');
	parts++;
	if (parts[0] != 's')
		pk_buf_add(out, parts[0] == 'f' ? " MATCH FULL" : " MATCH PARTIAL");
	if (parts[1] != 'a')
		pk_buf_addf(out, " ON UPDATE %s", action(parts[1]));
	if (parts[2] != 'a')
		pk_buf_addf(out, " ON DELETE %s", action(parts[2]));
	return true;
}

const char *pk_key_definition(struct pk_arena *arena, char type, const char *parts, const struct pk_object *table,
			      const struct pk_object *other)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addf(&sql, "%s (", type == 'p' ? "PRIMARY KEY" : type == 'u' ? "UNIQUE" : "FOREIGN KEY");
	if (!add_columns(table, &parts, &sql))
		return NULL;
	pk_buf_addc(&sql, ')');
	if (type == 'f' && !add_reference(other, parts + 1, &sql))
		return NULL;
	return pk_arena_strndup(arena, sql.ptr, sql.len);
}
