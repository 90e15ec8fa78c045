#include "clone/batch.h"

#define BYTES (256 * 1024)

void pk_batch_release(struct pk_batch *b)
{
	pk_buf_release(&b->sql);
}

/* One after the other, to find the one that does not work. */
static int run_singly(struct pk_batch *b, struct pk_err *err)
{
	for (size_t i = 0; i < b->n; i++) {
		size_t from = i ? b->ends[i - 1] : 0;
		PK_FREE char *sql = pk_strndup(b->sql.ptr + from, b->ends[i] - from);
		const struct pk_ddl_entry *e = b->entries[i];

		if (pk_exec(b->target, sql, err) < 0)
			return pk_err_wrap(err, "cannot make %s %.*s", e->type, (int)e->name_len,
					   e->name);
	}
	return 0;
}

int pk_batch_run(struct pk_batch *b, struct pk_err *err)
{
	PK_AUTO(pk_err) first = PK_ERR_INIT;
	int status = 0;

	if (b->n && pk_exec(b->target, b->sql.ptr, &first) < 0)
		status = pk_conn_lost(b->target, &first, err) ? -1 : run_singly(b, err);
	pk_buf_clear(&b->sql);
	b->n = 0;
	return status;
}

int pk_batch_add(struct pk_batch *b, const struct pk_ddl_entry *e, const char *more,
		 struct pk_err *err)
{
	size_t len = e->len;

	if (b->n == PK_BATCH_ENTRIES || b->sql.len > BYTES)
		if (pk_batch_run(b, err) < 0)
			return -1;
	if (more && len && e->sql[len - 1] == ';')
		len--;
	pk_buf_addn(&b->sql, e->sql, len);
	if (more)
		pk_buf_addf(&b->sql, "%s;", more);
	pk_buf_addc(&b->sql, '\n');
	b->entries[b->n] = e;
	b->ends[b->n++] = b->sql.len;
	return 0;
}
