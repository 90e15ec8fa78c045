/* New names for what stays. */
#include "catalog/kind.h"
#include "pg/conn.h"

/* Behind a quoted or a plain name. */
static const char *skip_name(const char *ident)
{
	if (*ident != '"')
		return ident + strcspn(ident, ". (");
	for (ident++; *ident && (*ident != '"' || ident[1] == '"'); ident++)
		ident += *ident == '"';
	return ident + (*ident == '"');
}

const char *pk_ident_tail(const struct pk_object *o)
{
	const char *at = skip_name(o->ident);

	return o->schema && *at == '.' ? skip_name(at + 1) : at;
}

/* Of what is quoted as SQL needs it. */
static size_t unquoted_length(const char *quoted, const char *end)
{
	size_t n = (size_t)(end - quoted);

	if (*quoted != '"')
		return n;
	n -= 2;
	for (quoted++; quoted < end - 1; quoted++) {
		n -= *quoted == '"';
		quoted += *quoted == '"';
	}
	return n;
}

/* Bytes of the name that are not what follows it, which of an aggregate may be another than its types: (*). */
static size_t bare_length(const struct pk_object *o)
{
	const char *tail = o->parent ? "" : pk_ident_tail(o);
	size_t n = strlen(o->name);

	if (o->kind->routine)
		return unquoted_length(skip_name(o->ident) + 1, tail);
	return *tail && pk_ends_with(o->name, tail) ? n - strlen(tail) : n;
}

const char *pk_bare_name(struct pk_arena *arena, const struct pk_object *o)
{
	return pk_arena_strndup(arena, o->name, bare_length(o));
}

bool pk_is_named(const struct pk_object *o, const char *name)
{
	size_t n = bare_length(o);

	return strncmp(o->name, name, n) == 0 && name[n] == '\0';
}

const char *pk_ident_named(struct pk_script *s, const struct pk_object *o, const char *name)
{
	PK_AUTO(pk_buf) ident = PK_BUF_INIT;

	pk_buf_add_qualified(&ident, o->parent && !o->kind->relation_name ? NULL : o->schema, name);
	pk_buf_add(&ident, pk_ident_tail(o));
	return pk_arena_strdup(s->arena, ident.ptr);
}

static const char *quoted(struct pk_script *s, const char *name)
{
	PK_AUTO(pk_buf) ident = PK_BUF_INIT;

	pk_buf_add_ident(&ident, name);
	return pk_arena_strdup(s->arena, ident.ptr);
}

bool pk_can_be_renamed(const struct pk_object *o)
{
	return o->kind->rename && !(o->kind->keeps_name && o->kind->keeps_name(o));
}

void pk_rename_itself(struct pk_script *s, const struct pk_object *o, const char *from, const char *to)
{
	struct pk_stmt *stmt = pk_emit(s, "ALTER %s %s RENAME TO %s", pk_sql_name(o), pk_ident_named(s, o, from), quoted(s, to));

	/* Of an index nothing of its table is locked, of statistics neither. */
	stmt->lock = (o->parent != NULL) != o->kind->relation_name ? "ACCESS EXCLUSIVE" : "";
	if (o->kind->relation_name)
		stmt->about = o;
}

/* CASCADE reaches the tables of the type. */
void pk_rename_in_parent(struct pk_script *s, const struct pk_object *o, const char *from, const char *to)
{
	bool attribute = o->parent->kind->type;
	struct pk_stmt *stmt = pk_emit(s, "ALTER %s %s RENAME %s %s TO %s%s", pk_sql_name(o->parent), o->parent->ident,
				       attribute ? "ATTRIBUTE" : pk_sql_name(o), quoted(s, from), quoted(s, to),
				       attribute ? " CASCADE" : "");

	stmt->lock = "ACCESS EXCLUSIVE";
}

/* Values are literals, the others names. */
static const char *inside_name(struct pk_script *s, const struct pk_object *o, const char *name)
{
	PK_AUTO(pk_buf) literal = PK_BUF_INIT;

	if (strcmp(o->kind->inside, "value") != 0)
		return quoted(s, name);
	pk_buf_add_literal(&literal, name);
	return pk_arena_strdup(s->arena, literal.ptr);
}

bool pk_has_inside(struct pk_script *s, const struct pk_object *o, const char *name)
{
	const char *const *items;
	size_t n = o->kind->inside ? pk_attr_list(s, pk_attr(o, o->kind->inside_attr - 1), &items) : 0;

	return n && pk_item_find(s, items, n, inside_name(s, o, name));
}

void pk_rename_inside(struct pk_script *s, const struct pk_object *o, const char *from, const char *to)
{
	pk_emit(s, "ALTER %s %s RENAME %s %s TO %s", pk_sql_name(o), o->ident,
		strcmp(o->kind->inside, "value") == 0 ? "VALUE" : "CONSTRAINT", inside_name(s, o, from), inside_name(s, o, to));
}
