#include "cmd/adopt.h"
#include "pg/silence.h"

/* What is to be recorded; borrowed from the adoption. */
struct rows {
	const struct pk_migration **items;
	size_t n;
	size_t without_file; /* versions of the old table that have no file here */
};

static void rows_release(struct rows *rows)
{
	free(rows->items);
}

static bool recorded(const struct pk_applied_list *applied, const char *version)
{
	for (size_t i = 0; i < applied->n; i++)
		if (pk_streq(applied->items[i].version, version))
			return true;
	return false;
}

/* How many of the chain's migrations lead to where the remote is: all of them are in it. */
static size_t reached(const struct pk_chain *chain, const char *at)
{
	for (size_t i = chain->n; i > 0; i--)
		if (pk_streq(chain->items[i - 1].to, at))
			return i;
	return 0;
}

static void collect(const struct pk_adoption *a, const struct pk_applied_list *applied,
		    const struct pk_strv *foreign, struct rows *ret)
{
	size_t n_reached = reached(a->chain, a->at);

	ret->items = pk_alloc((a->chain->n + 1) * sizeof(*ret->items));
	for (size_t i = 0; i < foreign->n; i++)
		ret->without_file += !pk_chain_find(a->chain, foreign->items[i]);
	for (size_t i = 0; i < a->chain->n; i++) {
		const struct pk_migration *m = &a->chain->items[i];

		if (recorded(applied, m->version))
			continue;
		if (i < n_reached || pk_strv_has(foreign, m->version))
			ret->items[ret->n++] = m;
	}
	if (a->baseline->file && !recorded(applied, a->baseline->version))
		ret->items[ret->n++] = a->baseline;
}

static int write_rows(struct pk_conn *conn, const struct rows *rows, struct pk_err *err)
{
	if (pk_exec(conn, "BEGIN", err) < 0 || pk_applied_create_table(conn, err) < 0)
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		if (pk_applied_insert(conn, rows->items[i], "", 0, err) < 0)
			return -1;
	return pk_exec(conn, "COMMIT", err);
}

/* triggers: event triggers of the remote that fire; NULL: none. */
static void announce(const struct pk_remote *remote, const struct rows *rows, bool exists, const char *triggers,
		     const char *foreign_table, const struct pk_migration *baseline)
{
	PK_FREE char *where = pk_conninfo_where(&remote->info);
	size_t adopted =
		rows->n - (baseline->file && rows->n && rows->items[rows->n - 1] == baseline);

	fflush(stdout);
	pk_say("to be written to %s (%s), and nothing else:", remote->name, where);
	if (!exists)
		pk_say("  the schema postkit with the table postkit.schema_migrations");
	if (!exists && triggers)
		pk_say("  what event triggers there do as it is made: %s", triggers);
	if (adopted)
		pk_say("  %zu row%s in it for the migrations that it has%s%s", adopted,
		       adopted == 1 ? "" : "s", foreign_table ? ", as said by " : "",
		       foreign_table ? foreign_table : "");
	if (rows->n > adopted)
		pk_say("  one row in it: %s, as applied (it is not run)", baseline->file);
}

int pk_adopt(const struct pk_ctx *ctx, const struct pk_remote *remote, struct pk_conn *conn,
	     const struct pk_adoption *adoption, struct pk_err *err)
{
	PK_AUTO(pk_applied_list) applied = PK_APPLIED_LIST_INIT;
	PK_AUTO(pk_strv) foreign = PK_STRV_INIT;
	PK_FREE char *table = NULL, *triggers = NULL;
	PK_FREE char *question = pk_printf("record this on %s?", remote->name);
	struct rows rows __attribute__((cleanup(rows_release))) = { 0 };
	bool exists = false;
	int answer = 1;

	if (pk_applied_read(conn, &applied, &exists, err) < 0 ||
	    pk_applied_foreign(conn, &foreign, &table, err) < 0)
		return -1;
	collect(adoption, &applied, &foreign, &rows);
	if (rows.without_file)
		pk_say("%zu version%s of %s without a file here: the schema files hold what was done",
		       rows.without_file, rows.without_file == 1 ? "" : "s", table);
	if (!rows.n)
		return 0;
	if (pk_silence_loud(conn, &triggers, err) < 0)
		return -1;
	announce(remote, &rows, exists, triggers, table, adoption->baseline);
	if (!adoption->yes)
		answer = pk_term_can_ask() ? pk_confirm(question, false, err) : 0;
	if (answer < 0)
		return -1;
	if (!answer) {
		pk_print(stdout, "nothing was written to %s\n", remote->name);
		pk_advise(ctx, "Adopt",
			  "the first deploy records it, if the remote is still as it was read");
		return 0;
	}
	if (write_rows(conn, &rows, err) < 0) {
		pk_exec(conn, "ROLLBACK", NULL);
		pk_err_wrap(err, "recording on %s (the files here are complete)", remote->name);
		return -1;
	}
	pk_print(stdout, "recorded on %s\n", remote->name);
	return 1;
}
