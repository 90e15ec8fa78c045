#include "cmd/pattern_names.h"

#include "pg/conn.h"
#include "sql/scan.h"

void pk_pattern_name_read(struct pk_arena *arena, const char *text, const char **ret_schema,
			  const char **ret_name)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	struct pk_scan scan;
	struct pk_token token;
	bool good = true, dot = false;

	pk_scan_start(&scan, text, strlen(text));
	while (good && pk_scan_code(&scan, &token)) {
		PK_FREE char *name = pk_token_name(text, &token);
		good = dot ? pk_token_char(text, &token, '.') : name != NULL;
		if (!dot && name)
			pk_strv_push(&names, name);
		dot = !dot;
	}
	good = good && dot && names.n <= 2;
	*ret_schema = good && names.n == 2 ? pk_arena_strdup(arena, names.items[0]) : NULL;
	*ret_name = pk_arena_strdup(arena, good ? names.items[names.n - 1] : text);
}

const char *pk_pattern_ident(struct pk_arena *arena, const char *name)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	pk_buf_add_ident(&buf, name);
	return pk_arena_strdup(arena, buf.ptr);
}

const char *pk_pattern_qualified(struct pk_arena *arena, const char *schema, const char *name)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	pk_buf_add_qualified(&buf, schema, name);
	return pk_arena_strdup(arena, buf.ptr);
}

const char *pk_pattern_literal(struct pk_arena *arena, const char *text)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	pk_buf_add_literal(&buf, text);
	return pk_arena_strdup(arena, buf.ptr);
}
