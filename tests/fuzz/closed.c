/* Expressions of tracked settings: what is printed of them is one expression. */
#include "fuzz.h"
#include "sql/closed.h"
#include "sql/tree.h"

static int fake(void *arg, const char *name, const struct pk_strv *args, const struct pk_strv *constants,
		struct pk_buf *ret, struct pk_err *err)
{
	(void)arg;
	(void)err;
	FUZZ_HOLDS(*name && args->n == constants->n);
	pk_buf_add(ret, "NULL");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PK_FREE char *expr = pk_strndup((const char *)data, size);
	PK_AUTO(pk_strv) columns = PK_STRV_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	const struct pk_closed how = { .columns = &columns, .row = "r", .fake = fake };

	pk_strv_push(&columns, "a");
	pk_strv_push(&columns, "B \"c");
	if (pk_sql_closed(expr, &how, &sql, &err) < 0) {
		FUZZ_HOLDS(err.msg && *err.msg && sql.len == 0);
		return 0;
	}
	FUZZ_HOLDS(pk_tree_parse_expr(sql.ptr, &tree) && tree.result->n_stmts == 1);
	pk_sql_steady(sql.ptr, NULL);
	pk_sql_is_null(expr);
	pk_sql_is_column(expr, "a");
	return 0;
}
