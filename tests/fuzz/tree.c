/* What is read out of parse trees: facts, names in bodies, roles, uses; and texts that are made of them. */
#include "base/strv.h"
#include "fuzz.h"
#include "sql/action.h"
#include "sql/body.h"
#include "sql/depth.h"
#include "sql/tree.h"
#include "sql/uses.h"

static void take_apart(const char *sql, enum pk_apart what)
{
	PK_AUTO(pk_strv) rest = PK_STRV_INIT;
	PK_FREE char *first = pk_sql_take_apart(sql, what, &rest);

	FUZZ_HOLDS(!first == (rest.n == 0) || !first);
}

static void statement(const char *sql)
{
	struct pk_arena arena = PK_ARENA_INIT;
	PK_FREE char *stand_in = pk_sql_stand_in(sql), *idle = pk_sql_idle_body(sql), *replaced = pk_sql_or_replace(sql);
	PK_FREE char *shown = pk_sql_without_values(sql, 200, NULL);

	FUZZ_HOLDS(!shown || strlen(shown) <= 200 + strlen("..."));
	pk_sql_body_names(&arena, sql);
	pk_arena_release(&arena);
	take_apart(sql, PK_APART_FOREIGN_KEYS);
	take_apart(sql, PK_APART_EXPRESSIONS);
}

static void expression(const char *sql)
{
	PK_AUTO(pk_strv) functions = PK_STRV_INIT;

	pk_sql_expr_volatility(sql);
	pk_sql_expr_functions(sql, &functions);
	pk_sql_expr_has_subquery(sql);
	pk_sql_proves_not_null(sql, "a");
	pk_sql_is_plain_cast(sql, "a", "text");
	pk_sql_may_make(sql, "t", "a");
}

static bool has_relation(const void *arg, const char *schema, const char *name)
{
	(void)arg;
	return strcmp(schema, "public") == 0 && name[0] != 'x';
}

static int has_column(const void *arg, const char *schema, const char *relation, const char *column)
{
	(void)arg;
	(void)schema;
	return relation[0] == 'u' ? -1 : column[0] == 'a';
}

static int has_functions(const void *arg, const char *schema, const char *name, const struct pk_overload **ret)
{
	static const struct pk_overload two[] = { { "integer", 1, 1 }, { "text, x.t", 0, 9 } };

	(void)arg;
	(void)schema;
	*ret = name[0] == 'f' ? two : NULL;
	return name[0] == 'f' ? 2 : 0;
}

static void uses(const char *sql)
{
	static const char *const path[] = { "public", NULL };
	static const struct pk_uses_catalog names = { path, has_relation, has_column, has_functions, NULL };
	static const struct pk_use_of of[] = {
		{ PK_THING_RELATION, "public", "t", NULL, NULL },	{ PK_THING_COLUMN, "public", "t", "a", NULL },
		{ PK_THING_FUNCTION, "public", "f", NULL, "text, t" }, { PK_THING_SCHEMA, "public", NULL, NULL, NULL },
		{ PK_THING_INSERT, "public", "t", "a", NULL },		{ PK_THING_TYPE, "public", "t", NULL, NULL },
	};

	for (size_t i = 0; i < PK_COUNT(of); i++) {
		struct pk_used used = { 0 };

		pk_sql_uses(sql, &names, &of[i], &used);
		FUZZ_HOLDS(used.use == PK_USE_NONE || pk_sql_may_use(sql, &of[i]));
	}
}

static void file(const char *sql)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
	PK_AUTO(pk_strv) roles = PK_STRV_INIT, spaces = PK_STRV_INIT;

	pk_sql_spaces(sql, &spaces);
	if (pk_sql_split(sql, "a.sql", &statements, NULL) < 0)
		return;
	pk_sql_actions(&statements, &actions);
	pk_sql_roles(&statements, &roles);
	for (size_t i = 0; i < actions.n; i++)
		FUZZ_HOLDS(actions.items[i].statement < statements.n && actions.items[i].line >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PK_FREE char *sql = pk_strndup((const char *)data, size);

	file(sql);
	if (size > 8192) /* each of the others parses all of it again */
		return 0;
	statement(sql);
	expression(sql);
	uses(sql);
	return 0;
}
