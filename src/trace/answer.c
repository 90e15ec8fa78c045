#include "trace/answer.h"

#include "base/text.h"

/* Of one answer that is kept. */
#define MAX_ROWS  10000
#define MAX_BYTES ((size_t)4 << 20)

void pk_answer_release(struct pk_answer *answer)
{
	pk_arena_release(&answer->arena);
	pk_strv_release(&answer->columns);
	free(answer->rows);
	pk_err_release(&answer->err);
	*answer = (struct pk_answer)PK_ANSWER_INIT;
}

void pk_answer_diff_release(struct pk_answer_diff *diff)
{
	free(diff->rows);
	free(diff->is_added);
	*diff = (struct pk_answer_diff)PK_ANSWER_DIFF_INIT;
}

/* ---- asking ---- */

static void drop_rows(struct pk_answer *answer)
{
	answer->kept = false;
	pk_arena_release(&answer->arena);
	free(answer->rows);
	answer->rows = NULL;
	answer->n_rows = answer->cap = answer->bytes = 0;
}

static void keep(struct pk_answer *answer, const char *bytes, size_t len)
{
	if (answer->n_rows == MAX_ROWS || answer->bytes + len > MAX_BYTES) {
		drop_rows(answer);
		return;
	}
	if (answer->n_rows == answer->cap) {
		answer->cap = answer->cap ? 2 * answer->cap : 16;
		answer->rows = pk_realloc_array(answer->rows, answer->cap, sizeof(*answer->rows));
	}
	char *copy = pk_arena_alloc(&answer->arena, len + 1);
	memcpy(copy, bytes, len);
	answer->rows[answer->n_rows++] = (struct pk_answer_row){ copy, len };
	answer->bytes += len;
}

static int take_row(void *arg, const struct pk_rows *rows, struct pk_err *err)
{
	struct pk_answer *answer = arg;
	PK_AUTO(pk_buf) bytes = PK_BUF_INIT;

	(void)err;
	for (int i = (int)answer->columns.n; i < rows->columns; i++)
		pk_strv_push(&answer->columns, pk_rows_name(rows, i));
	if (!rows->n)
		return 0;
	for (int i = 0; i < rows->columns; i++) {
		const char *value = pk_rows_get(rows, 0, i);

		pk_buf_addc(&bytes, value ? 'v' : 'n');
		if (value)
			pk_buf_addn(&bytes, value, strlen(value) + 1);
	}
	answer->n++;
	for (uint64_t i = 0; i < PK_COUNT(answer->sum); i++)
		answer->sum[i] += pk_hash(bytes.ptr, bytes.len, i);
	if (answer->kept)
		keep(answer, bytes.ptr, bytes.len);
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	const struct pk_answer_row *x = a, *y = b;
	int order = memcmp(x->bytes, y->bytes, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static int ask(struct pk_conn *conn, const char *sql, double seconds, struct pk_answer *ret, struct pk_err *err)
{
	PK_FREE char *limit = pk_printf("%.0f", seconds * 1000);
	const char *const params[] = { limit };

	if (pk_conn_user_settings(conn, err) < 0 || pk_exec(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err) < 0 ||
	    pk_query(conn, "SELECT pg_catalog.set_config('statement_timeout', $1, true)", 1, params, NULL, err) < 0)
		return -1;
	return pk_query_each(conn, sql, take_row, ret, err);
}

int pk_answer_ask(struct pk_conn *conn, const char *sql, double seconds, struct pk_answer *ret, struct pk_err *err)
{
	if (ask(conn, sql, seconds, ret, &ret->err) < 0 && pk_conn_lost(conn, &ret->err, err))
		return -1;
	if (ret->n_rows > 1)
		qsort(ret->rows, ret->n_rows, sizeof(*ret->rows), by_bytes);
	/* Whatever the query set for the session is undone with the transaction. */
	return pk_exec(conn, "ROLLBACK", err);
}

/* ---- comparing ---- */

bool pk_answer_same(const struct pk_answer *before, const struct pk_answer *after)
{
	return before->n == after->n && memcmp(before->sum, after->sum, sizeof(before->sum)) == 0;
}

static void add(struct pk_answer_diff *diff, const struct pk_answer_row *row, bool is_added)
{
	diff->is_added[diff->n] = is_added;
	diff->rows[diff->n++] = row;
	*(is_added ? &diff->added : &diff->removed) += 1;
}

void pk_answer_compare(const struct pk_answer *before, const struct pk_answer *after, struct pk_answer_diff *ret)
{
	size_t b = 0, a = 0, most = before->n_rows + after->n_rows + 1;

	ret->rows = pk_realloc_array(NULL, most, sizeof(*ret->rows));
	ret->is_added = pk_realloc_array(NULL, most, sizeof(*ret->is_added));
	while (b < before->n_rows || a < after->n_rows) {
		int order = b == before->n_rows ? 1 :
			    a == after->n_rows	? -1 :
						  by_bytes(&before->rows[b], &after->rows[a]);

		if (order < 0)
			add(ret, &before->rows[b++], false);
		else if (order > 0)
			add(ret, &after->rows[a++], true);
		else
			b++, a++;
	}
}

const char *pk_answer_value(const char **at)
{
	const char *value = *at + 1;

	if (**at == 'n') {
		*at = value;
		return NULL;
	}
	*at = value + strlen(value) + 1;
	return value;
}
