/* SQL into statements: by the grammar, by the scanner alone, and as psql reads it. */
#include "fuzz.h"
#include "sql/scan.h"
#include "sql/split.h"

/* The tokens with what is between them are the text again, and only blanks are between them. */
static void scan_whole(const char *sql)
{
	struct pk_scan scan;
	struct pk_token token;
	size_t end = 0;

	pk_scan_start(&scan, sql, strlen(sql));
	while (pk_scan_next(&scan, &token)) {
		FUZZ_HOLDS(token.start >= end && token.end > token.start && token.end <= scan.len);
		FUZZ_HOLDS(strspn(sql + end, " \t\n\v\f\r") >= token.start - end);
		PK_FREE char *name = pk_token_name(sql, &token), *string = pk_token_string(sql, &token);
		FUZZ_HOLDS(!name || !string);
		end = token.end;
	}
	FUZZ_HOLDS(token.kind == PK_TOKEN_END && token.start == strlen(sql));
}

/* Each statement stands in the text where it says, behind the one before; between them is no code. */
static void check(const char *sql, const struct pk_statements *statements, bool blanked)
{
	size_t end = 0;
	int line = 1;

	for (size_t i = 0; i < statements->n; i++) {
		const struct pk_statement *s = &statements->items[i];
		struct pk_scan scan;
		struct pk_token token;
		size_t len = strlen(s->text);

		FUZZ_HOLDS(len && s->offset >= end);
		FUZZ_HOLDS(blanked || strncmp(sql + s->offset, s->text, len) == 0);
		FUZZ_HOLDS(s->parsed == !s->parse_error);
		FUZZ_HOLDS(s->line >= line && s->col >= 1);
		pk_scan_start(&scan, sql + end, s->offset - end);
		while (!blanked && pk_scan_code(&scan, &token))
			FUZZ_HOLDS(pk_token_char(sql + end, &token, ';'));
		line = s->line;
		end = s->offset + len;
	}
}

/* What the grammar takes, the scanner takes apart at the same places. */
static void compare(const struct pk_statements *parsed, const struct pk_statements *scanned)
{
	for (size_t i = 0; i < parsed->n; i++)
		if (!parsed->items[i].parsed)
			return;
	FUZZ_HOLDS(parsed->n == scanned->n);
	for (size_t i = 0; i < parsed->n; i++)
		FUZZ_HOLDS(strcmp(parsed->items[i].text, scanned->items[i].text) == 0);
}

static bool split(const char *sql, struct pk_statements *ret)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	if (pk_sql_split(sql, "a.sql", ret, &err) == 0)
		return true;
	fuzz_refused(&err, sql);
	return false;
}

static bool scan(const char *sql, bool psql, struct pk_statements *ret)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	if (pk_sql_split_only(sql, "a.sql", psql, ret, &err) == 0)
		return true;
	fuzz_refused(&err, sql);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PK_FREE char *sql = pk_strndup((const char *)data, size);
	PK_AUTO(pk_statements) parsed = PK_STATEMENTS_INIT;
	PK_AUTO(pk_statements) scanned = PK_STATEMENTS_INIT;
	PK_AUTO(pk_statements) psql = PK_STATEMENTS_INIT;
	bool blanked = strchr(sql, '\\') || pk_starts_with(sql, "\xef\xbb\xbf"), good;

	scan_whole(sql);
	good = split(sql, &parsed);
	FUZZ_HOLDS(scan(sql, false, &scanned) == good);
	check(sql, &parsed, blanked);
	if (good)
		compare(&parsed, &scanned);
	if (scan(sql, true, &psql))
		check(sql, &psql, true);
	return 0;
}
