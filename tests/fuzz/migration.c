/* Migration files, ours and those of goose. What is read and written is read as the same again. */
#include "fuzz.h"
#include "sql/goose.h"
#include "sql/migration.h"
#include "sql/scan.h"

#define NAME	 "20260101000000_a.sql"
#define CHECKSUM "0123456789012345678901234567890123456789"

/* A section ends with a line end when it is written. */
static bool same_section(const char *a, const char *b)
{
	size_t n = a ? strlen(a) : 0;

	if (!a || !b)
		return a == b;
	return strncmp(a, b, n) == 0 && (!b[n] || (strcmp(b + n, "\n") == 0 && (n == 0 || a[n - 1] != '\n')));
}

/* Whoever splits it refuses it otherwise, and what is written behind it would be inside of what is open. */
static bool is_closed(const char *sql)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, sql, strlen(sql));
	while (pk_scan_next(&scan, &token))
		;
	return !scan.error;
}

static void write_and_read(const struct pk_migration *m)
{
	PK_AUTO(pk_migration) again = PK_MIGRATION_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_migration_write(m, &text);
	if (pk_migration_parse(NAME, text.ptr, text.len, CHECKSUM, &again, &err) < 0)
		fprintf(stderr, "%s: line %d of:\n%s", err.msg, err.line, text.ptr);
	FUZZ_HOLDS(!err.msg);
	FUZZ_HOLDS(pk_streq(m->from, again.from) && pk_streq(m->to, again.to) && m->pg_major == again.pg_major);
	FUZZ_HOLDS(pk_streq(m->irreversible, again.irreversible));
	FUZZ_HOLDS(m->up_transaction == again.up_transaction);
	FUZZ_HOLDS(!m->down || m->down_transaction == again.down_transaction);
	FUZZ_HOLDS(same_section(m->up, again.up) && same_section(m->down, again.down));
}

static void header(const struct pk_migration *m, const char *text, size_t len)
{
	PK_AUTO(pk_buf) changed = PK_BUF_INIT;

	if (!m->from)
		return;
	pk_migration_with_header(m, text, len, &changed);

	PK_AUTO(pk_migration) again = PK_MIGRATION_INIT;
	FUZZ_HOLDS(pk_migration_parse(NAME, changed.ptr, changed.len, CHECKSUM, &again, NULL) == 0);
	FUZZ_HOLDS(pk_streq(m->from, again.from) && pk_streq(m->up, again.up) && pk_streq(m->down, again.down));
}

static void goose(const char *text)
{
	struct pk_goose goose;

	if (pk_goose_up(text, &goose))
		FUZZ_HOLDS(goose.start <= goose.end && goose.end <= strlen(text) && goose.line > 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PK_FREE char *text = pk_strndup((const char *)data, size);
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	goose(text);
	if (pk_migration_parse(NAME, (const char *)data, size, CHECKSUM, &m, &err) < 0) {
		FUZZ_HOLDS(err.msg && *err.msg && pk_streq(err.file, NAME) && !m.file);
		FUZZ_HOLDS(err.line >= 1);
		return 0;
	}
	FUZZ_HOLDS(m.up_at <= m.up_end && m.up_end <= size && m.down_at <= size);
	FUZZ_HOLDS(memcmp((const char *)data + m.up_at, m.up, m.up_end - m.up_at) == 0);
	if (is_closed(m.up))
		write_and_read(&m);
	header(&m, (const char *)data, size);
	return 0;
}
