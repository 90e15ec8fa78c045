/*
 * Schema files in any order and any distribution: orders N {URL [FILE]}...
 *
 * In a repository. For each database, the statements of the schema files that import writes of it, and those of FILE
 * where its order means nothing to the loader, are loaded in N orders: backwards, each a file of its own; shuffled, all
 * in one; shuffled, apart; and so on, for every other database from the second on. They must give the fingerprint of
 * the database. Shuffles are the same ones each time. What does not load so is shown, with the order, below $KEEP when
 * that is set; then the exit status is 1.
 */
#include "base/fs.h"
#include "cmd/cmd.h"
#include "clone/copy.h"
#include "clone/shadow.h"
#include "sql/action.h"

struct bench {
	struct pk_ctx ctx;
	struct pk_server server;
	uint32_t orders, sides;
	size_t failed;
};

/* Statements, each with the settings that its file makes above it. */
struct pieces {
	struct pk_strv texts;
	struct pk_strv rights; /* the last of them in one file, where their order counts */
	bool ordered;	       /* one means what is there when it runs */
};

static void pieces_release(struct pieces *pieces)
{
	pk_strv_release(&pieces->texts);
	pk_strv_release(&pieces->rights);
}

/* It undoes what is there, or does to each what there is. */
static bool is_ordered(const struct pk_action *action)
{
	switch (action->verb) {
	case PK_DROP:
	case PK_RENAME:
	case PK_DO:
	case PK_SELECT:
	case PK_REVOKE:
		return true;
	case PK_GRANT:
		return pk_streq(action->object, "default privileges");
	case PK_ALTER:
		return action->sub == PK_DROP_COLUMN || action->sub == PK_DROP_CONSTRAINT || action->sub == PK_DETACH;
	default:
		return false;
	}
}

static int cut(const char *text, const char *path, struct pieces *pieces, struct pk_err *err)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
	PK_AUTO(pk_buf) settings = PK_BUF_INIT;

	if (pk_sql_split(text, path, &statements, err) < 0)
		return -1;
	pk_sql_actions(&statements, &actions);
	for (size_t i = 0; i < actions.n; i++) {
		const struct pk_action *action = &actions.items[i];
		const struct pk_statement *s = &statements.items[action->statement];
		enum pk_verb verb = action->verb;
		bool right = verb == PK_GRANT || verb == PK_REVOKE;

		pieces->ordered |= is_ordered(action);
		if (i && actions.items[i - 1].statement == action->statement)
			continue;
		if (verb == PK_SET)
			pk_buf_addf(&settings, "%s;\n", s->text);
		else if (verb != PK_INSERT && verb != PK_UPDATE && verb != PK_DELETE && verb != PK_COPY)
			pk_strv_push_take(right ? &pieces->rights : &pieces->texts,
					  pk_printf("%s%s\n%s;\n", settings.len ? settings.ptr : "", s->comment, s->text));
	}
	return 0;
}

/* What is loaded in many orders. */
struct side {
	struct bench *bench;
	const char *name;
	const struct pieces *pieces;
	const struct pk_shadow_options *how;
	const struct pk_snapshot *wanted;
};

static void keep(const char *name, const struct pk_source *source)
{
	const char *dir = getenv("KEEP"), *base = strrchr(name, '/');
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *path = pk_printf("%s/%s.sql", dir, base ? base + 1 : name);

	for (size_t i = 0; dir && i < source->n; i++)
		pk_buf_addf(&text, "-- %s\n%s", source->items[i].path, source->items[i].text);
	if (dir)
		pk_write_file(path, text.ptr, text.len, 0644, NULL);
}

static void differs(const struct side *side, const struct pk_snapshot *got, struct pk_err *err)
{
	PK_AUTO(pk_tree_diff) diff = PK_TREE_DIFF_INIT;
	struct pk_oid tree;

	pk_err_set(err, "another schema");
	if (pk_snapshot_write_tree(side->wanted, &side->bench->ctx.repo, &tree, err) == 0 &&
	    pk_snapshot_diff_tree(&side->bench->ctx.repo, &tree, got, &diff, err) == 0 && diff.n)
		pk_err_set(err, "%s is\n%s\nand has to be\n%s", diff.items[0].path, diff.items[0].to ? diff.items[0].to : "gone",
			   diff.items[0].from ? diff.items[0].from : "gone");
}

/* Whether it gives what is wanted. order NULL: it is only a try. */
static bool load(const struct side *side, const struct pk_source *source, const char *order)
{
	PK_AUTO(pk_snapshot) got = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *name = pk_printf("%s, %s", side->name, order ? order : "");

	if (pk_shadow_read(&side->bench->server, NULL, source, side->how, &got, &err) == 0) {
		if (pk_streq(got.fingerprint.hex, side->wanted->fingerprint.hex))
			return true;
		differs(side, &got, &err);
	}
	if (!order)
		return false;
	side->bench->failed++;
	printf("%s: %s (%s:%d)\n", name, err.msg, err.file ? err.file : "", err.line);
	keep(name, source);
	return false;
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void shuffle(const char **texts, size_t n, uint32_t seed)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = next(&seed) % i;
		const char *last = texts[i - 1];

		texts[i - 1] = texts[k];
		texts[k] = last;
	}
}

static void turn(const char **texts, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		const char *first = texts[i];

		texts[i] = texts[n - 1 - i];
		texts[n - 1 - i] = first;
	}
}

/* seed 0: backwards. */
static void load_order(const struct side *side, uint32_t seed, bool apart)
{
	const struct pk_strv *free = &side->pieces->texts, *rights = &side->pieces->rights;
	size_t n = free->n + rights->n, moved = apart ? n : free->n;
	const char **texts PK_FREE = pk_alloc((n + 1) * sizeof(*texts));
	PK_FREE char *order = seed ? pk_printf("shuffled %u", seed) : pk_strdup("backwards");
	PK_AUTO(pk_source) source = PK_SOURCE_INIT;
	PK_AUTO(pk_buf) all = PK_BUF_INIT;

	for (size_t i = 0; i < n; i++)
		texts[i] = i < free->n ? free->items[i] : rights->items[i - free->n];
	if (seed)
		shuffle(texts, moved, seed);
	else
		turn(texts, moved);
	for (size_t i = 0; i < n; i++) {
		PK_FREE char *path = pk_printf("%05zu.sql", i + 1);

		if (apart)
			pk_source_add(&source, path, texts[i], strlen(texts[i]));
		else
			pk_buf_add(&all, texts[i]);
	}
	if (!apart)
		pk_source_add(&source, "one.sql", all.len ? all.ptr : "", all.len);
	load(side, &source, order);
}

/* Settings of one file hold for all that follows in it: with them, statements stay apart. */
static void load_orders(const struct side *side, uint32_t first, bool settings)
{
	for (uint32_t i = first; i < first + side->bench->orders; i++)
		load_order(side, i, settings || i % 2 == 0);
}

/* As somebody wrote it, where that is what the database was made of, and can be taken apart. */
static int of_file(const struct side *side, struct pk_err *err)
{
	struct pieces pieces __attribute__((cleanup(pieces_release))) = { 0 };
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_source) whole = PK_SOURCE_INIT;
	struct side apart = *side;

	if (pk_read_file(side->name, &text, err) < 0 || cut(text.len ? text.ptr : "", side->name, &pieces, err) < 0)
		return -1;
	pk_source_add(&whole, side->name, text.len ? text.ptr : "", text.len);
	apart.pieces = &pieces;
	if (!pieces.ordered && load(&apart, &whole, NULL))
		load_orders(&apart, 0, true);
	return 0;
}

static int of_database(struct bench *bench, const char *url, const char *file, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_source_facts) facts = PK_SOURCE_FACTS_INIT;
	PK_AUTO(pk_snapshot) wanted = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_schema_files) written = PK_SCHEMA_FILES_INIT;
	struct pieces pieces __attribute__((cleanup(pieces_release))) = { 0 };

	if (pk_conninfo_parse(&info, url, err) < 0 || pk_conn_open(&conn, &info, err) < 0 ||
	    pk_source_facts_read(&conn, &facts, err) < 0 ||
	    pk_snapshot_read(&conn, &bench->ctx.project.managed, &wanted, err) < 0 ||
	    (!bench->server.major &&
	     pk_server_open(&bench->server, &bench->ctx.repo, &bench->ctx.config, facts.version / 10000, err) < 0))
		return -1;
	const struct pk_shadow_options how = { .role = facts.role,
					       .owner = facts.owner,
					       .trust = pk_super_trust(&bench->ctx.config, &bench->ctx.repo, &wanted),
					       .managed = &bench->ctx.project.managed };
	struct side side = { bench, pk_conninfo_get(&info, "dbname"), &pieces, &how, &wanted };

	pk_snapshot_to_files(&wanted, NULL, &written);
	for (size_t i = 0; i < written.n; i++)
		if (cut(written.items[i].text, written.items[i].path, &pieces, err) < 0)
			return -1;
	load_orders(&side, bench->sides++ % 2, false);
	side.name = file;
	return file ? of_file(&side, err) : 0;
}

int main(int argc, char **argv)
{
	struct bench bench = { .server = PK_SERVER_INIT };
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	int status, i = 2;

	if (argc < 3)
		return PK_EXIT_USAGE;
	bench.orders = (uint32_t)strtoul(argv[1], NULL, 10);
	status = pk_ctx_open(&bench.ctx, true, &err);
	while (i < argc && status == 0) {
		const char *url = argv[i++];
		const char *file = i < argc && !pk_conninfo_looks_like(argv[i]) ? argv[i++] : NULL;

		status = of_database(&bench, url, file, &err);
	}
	if (status < 0)
		pk_err_print(&err);
	pk_server_release(&bench.server);
	pk_ctx_release(&bench.ctx);
	return status < 0 ? PK_EXIT_FATAL : bench.failed ? PK_EXIT_NO : 0;
}
