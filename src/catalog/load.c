#include "catalog/load.h"

#include "base/buf.h"
#include "base/sig.h"
#include "base/text.h"
#include "catalog/load_order.h"
#include "pg/sqlstate.h"

#define BATCH_STATEMENTS 64
#define BATCH_BYTES	 (64 * 1024)
/* Only where a file changed it: the first of them alone would drop a role that the database sets. */
#define RESET_ROLE	 "RESET SESSION AUTHORIZATION; RESET ROLE; "

/* A connection, and which settings of which file it has now. */
struct session {
	struct pk_conn *conn;
	size_t context; /* SIZE_MAX: none yet */
};

/* Bodies are not checked while loading: what they use may come later. */
#define OUR_SETTINGS                                                                               \
	"RESET ALL; SET check_function_bodies = off; SET client_min_messages = warning; "          \
	"SET standard_conforming_strings = on;\n"

void pk_load_settings(const struct pk_load *load, size_t context, struct pk_buf *ret)
{
	pk_buf_add(ret, load->sets_role ? RESET_ROLE : "");
	pk_buf_add(ret, OUR_SETTINGS);
	pk_buf_add(ret, load->contexts[context]);
}

static int set_context(const struct pk_load *load, struct session *session, size_t context,
		       struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (session->context == context)
		return 0;
	pk_load_settings(load, context, &sql);
	if (pk_exec(session->conn, sql.ptr, err) < 0)
		return pk_err_wrap(err, "cannot apply the settings that a schema file makes");
	session->context = context;
	return 0;
}

/*
 * Whether the statement may succeed once others have run. Nearly everything in class 42 can follow
 * from a name, a column or a key that is still to come; what cannot is listed.
 */
static bool worth_again(const struct pk_err *err)
{
	static const char *const classes[] = { "42", "3F", "2B", "55", "P0", "0A" };
	static const char *const final[] = {
		PK_SQLSTATE_SYNTAX_ERROR,	PK_SQLSTATE_DUPLICATE_TABLE,  PK_SQLSTATE_DUPLICATE_OBJECT,
		PK_SQLSTATE_DUPLICATE_FUNCTION, PK_SQLSTATE_DUPLICATE_COLUMN, PK_SQLSTATE_DUPLICATE_SCHEMA,
		PK_SQLSTATE_INVALID_NAME,	PK_SQLSTATE_NAME_TOO_LONG,    PK_SQLSTATE_RESERVED_NAME,
		PK_SQLSTATE_LOCK_NOT_AVAILABLE,
	};

	/* A type without its shell, which the server files under what exists twice. */
	if (strcmp(err->sqlstate, PK_SQLSTATE_DUPLICATE_OBJECT) == 0 && pk_ends_with(err->msg, " does not exist"))
		return true;
	for (size_t i = 0; i < PK_COUNT(final); i++)
		if (strcmp(err->sqlstate, final[i]) == 0)
			return false;
	for (size_t i = 0; i < PK_COUNT(classes); i++)
		if (pk_starts_with(err->sqlstate, classes[i]))
			return true;
	return false;
}

/* The place within the statement becomes a place in the file. */
void pk_load_place_error(const struct pk_load_item *item, struct pk_err *err)
{
	int line = item->statement->line, col = item->statement->col;

	if (err->line > 1) {
		line += err->line - 1;
		col = err->col;
	} else if (err->line == 1 && item->text == item->statement->text) {
		col += err->col - 1;
	}
	pk_err_at(err, item->file->path, line, col);
}

struct run {
	struct pk_load *load;
	enum pk_load_rank first, last; /* what is being made */
	bool patient;		       /* what seems to use what has failed so far waits: it might take something else for it */
	struct session user;
	struct pk_super super;
};

static bool by_admin(const struct run *run, const struct pk_load_item *item)
{
	return run->super.admin && pk_super_always(&item->super);
}

/* The role that its files give it to; NULL: they do not. */
static const char *owner_of(const struct pk_load *load, const struct pk_load_item *item)
{
	for (size_t i = 0; item->about && i < load->n; i++)
		if (load->items[i].rank == PK_RANK_OWNER && pk_streq(load->items[i].about, item->about))
			return load->items[i].super.owner;
	return NULL;
}

/* Of the roles that may, the server takes the first it finds, and perhaps one that has it from who gets it now. */
static int grant_as_owner(struct run *run, const char *owner, struct pk_load_item *item)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_err_release(&item->err);
	pk_buf_add(&sql, "SET LOCAL ROLE ");
	pk_buf_add_ident(&sql, owner);
	pk_buf_addf(&sql, "; %s", item->text);
	return pk_exec(run->user.conn, sql.ptr, &item->err);
}

/* As the role, and where it may not, as a superuser would for it. */
static int try_item(struct run *run, struct pk_load_item *item)
{
	const char *owner;
	bool kept;

	if (pk_label_kept(&run->super, &item->label, &kept, &item->err) < 0)
		return -1;
	if (kept)
		return pk_label_keep_as(&run->super, &item->label, &item->err);
	if (!by_admin(run, item) && !(run->super.admin && pk_super_warns(&item->super)) && pk_exec(run->user.conn, item->text, &item->err) == 0)
		return 0;
	if (strcmp(item->err.sqlstate, PK_SQLSTATE_INVALID_GRANT_OPERATION) == 0 &&
	    (owner = owner_of(run->load, item)) != NULL)
		return grant_as_owner(run, owner, item);
	/* a wrapper without a handler, another such view, or a role that here may not read what it may there */
	if (item->without_rows && (strcmp(item->err.sqlstate, PK_SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE) == 0 ||
				   strcmp(item->err.sqlstate, PK_SQLSTATE_INSUFFICIENT_PRIVILEGE) == 0)) {
		pk_err_release(&item->err);
		return pk_exec(run->user.conn, item->without_rows, &item->err);
	}
	return pk_super_run(&run->super, &item->super, item->text, &item->err);
}

/* Returns 0 also when the statement failed in a way that may mend itself; the error stays with the item. */
static int run_one(struct run *run, struct pk_load_item *item, struct pk_err *err)
{
	pk_err_release(&item->err);
	if (set_context(run->load, &run->user, item->context, err) < 0)
		return -1;
	if (try_item(run, item) == 0 || pk_load_stands_in(run->load, item)) {
		pk_err_release(&item->err);
		item->done = true;
		return 0;
	}
	if (pk_conn_alive(run->user.conn))
		pk_load_place_error(item, &item->err);
	if (worth_again(&item->err))
		return 0;
	return pk_err_move(err, &item->err);
}

/* Many statements are one round trip and one transaction; when one fails, all are run singly. */
static int run_batch(struct run *run, struct pk_load_item **items, size_t n, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	struct pk_err ignored = PK_ERR_INIT;

	if (pk_interrupted())
		return pk_err_interrupted(err, "interrupted");
	struct session *session = &run->user;
	if (n > 1 && !by_admin(run, items[0])) {
		for (size_t i = 0; i < n; i++) {
			pk_buf_add(&sql, items[i]->text);
			pk_buf_add(&sql, ";\n");
		}
		if (set_context(run->load, session, items[0]->context, err) < 0)
			return -1;
		if (pk_exec(session->conn, sql.ptr, &ignored) == 0) {
			for (size_t i = 0; i < n; i++)
				items[i]->done = true;
			return 0;
		}
		if (pk_conn_lost(session->conn, &ignored, err))
			return -1;
		pk_err_release(&ignored);
	}
	for (size_t i = 0; i < n; i++)
		if (!pk_load_waits(run->load, items[i], run->patient) && run_one(run, items[i], err) < 0)
			return -1;
	return 0;
}

/* What would fail or be lost among others: few providers of labels are loaded here, and a superuser's GRANT only warns. */
static bool goes_alone(const struct pk_load_item *item)
{
	return item->label.provider || pk_super_warns(&item->super);
}

static bool fits(const struct pk_load_item *first, const struct pk_load_item *item, bool singly)
{
	return !singly && item->context == first->context && !goes_alone(first) && !goes_alone(item) &&
	       pk_super_always(&item->super) == pk_super_always(&first->super);
}

static bool is_left(const struct run *run, const struct pk_load_item *item)
{
	return !item->done && !item->file->support && item->rank >= run->first && item->rank <= run->last;
}

static size_t count_left(const struct run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->load->n; i++)
		n += is_left(run, &run->load->items[i]);
	return n;
}

static int run_round(struct run *run, bool singly, struct pk_err *err)
{
	struct pk_load *load = run->load;
	struct pk_load_item *batch[BATCH_STATEMENTS];
	size_t n = 0, bytes = 0;

	for (size_t i = 0; i < load->n; i++) {
		struct pk_load_item *item = &load->items[load->order[i]];
		if (!is_left(run, item) || pk_load_waits(load, item, run->patient))
			continue;
		if (n && (n == BATCH_STATEMENTS || bytes > BATCH_BYTES ||
			  !fits(batch[0], item, singly))) {
			if (run_batch(run, batch, n, err) < 0)
				return -1;
			n = bytes = 0;
		}
		batch[n++] = item;
		bytes += strlen(item->text);
	}
	return n ? run_batch(run, batch, n, err) : 0;
}

/* What a message says is missing: 'relation "s.x" does not exist', 'function f(integer) does not exist'. */
static char *missing_name(const char *msg)
{
	const char *open = msg ? strchr(msg, '"') : NULL, *word;

	if (!msg)
		return NULL;
	if (open) {
		const char *close = strchr(open + 1, '"');
		char *name =
			pk_strndup(open + 1, close ? (size_t)(close - open - 1) : strlen(open + 1));
		char *dot = strrchr(name, '.');
		if (!dot)
			return name;
		char *last = pk_strdup(dot + 1);
		free(name);
		return last;
	}
	word = strstr(msg, "function ");
	if (word)
		word += strlen("function ");
	else if ((word = strstr(msg, "type ")))
		word += strlen("type ");
	else
		return NULL;
	size_t n = strcspn(word, "( ");
	for (size_t i = 0; i < n; i++) /* without the schema */
		if (word[i] == '.')
			return pk_strndup(word + i + 1, n - i - 1);
	return pk_strndup(word, n);
}

static const struct {
	const char *name, *extension;
} from_extensions[] = {
	{ "citext", "citext" },
	{ "hstore", "hstore" },
	{ "ltree", "ltree" },
	{ "geometry", "postgis" },
	{ "geography", "postgis" },
	{ "vector", "vector" },
	{ "gin_trgm_ops", "pg_trgm" },
	{ "gist_trgm_ops", "pg_trgm" },
	{ "similarity", "pg_trgm" },
	{ "uuid_generate_v4", "\"uuid-ossp\"" },
	{ "uuid_generate_v1mc", "\"uuid-ossp\"" },
	{ "gen_random_bytes", "pgcrypto" },
	{ "crypt", "pgcrypto" },
	{ "digest", "pgcrypto" },
	{ "unaccent", "unaccent" },
	{ "cube", "cube" },
	{ "earth", "earthdistance" },
};

static void hint_missing(const struct pk_load *load, const char *name, struct pk_err *err)
{
	const struct pk_load_item *definer = pk_load_definer(load, name);

	for (size_t i = 0; i < PK_COUNT(from_extensions); i++)
		if (strcmp(name, from_extensions[i].name) == 0) {
			pk_err_hint(err,
				    "the extension has it: CREATE EXTENSION %s; in a schema file",
				    from_extensions[i].extension);
			return;
		}
	if (definer)
		pk_err_hint(err,
			    "'%s' is defined at %s:%d, which fails itself: they need one another",
			    name, definer->file->path, definer->statement->line);
	else
		pk_err_hint(err,
			    "no schema file defines '%s'; is a file missing, or the name misspelt",
			    name);
}

static bool says_missing(const struct pk_err *err)
{
	static const char *const states[] = { PK_SQLSTATE_UNDEFINED_TABLE, PK_SQLSTATE_UNDEFINED_OBJECT,
					      PK_SQLSTATE_UNDEFINED_FUNCTION, PK_SQLSTATE_INVALID_SCHEMA_NAME,
					      PK_SQLSTATE_DUPLICATE_OBJECT };

	for (size_t i = 0; i < PK_COUNT(states); i++)
		if (strcmp(err->sqlstate, states[i]) == 0)
			return true;
	return false;
}

/* The first that fails for a reason of its own, not for one that fails too. */
static int no_progress(struct run *run, struct pk_err *err)
{
	struct pk_load_item *first = NULL, *own = NULL, *root = NULL;
	size_t failed = 0;

	for (size_t i = 0; i < run->load->n; i++) {
		struct pk_load_item *item = &run->load->items[run->load->order[i]];
		if (item->done || item->file->support || !item->err.msg)
			continue;
		failed++;
		first = first ? first : item;
		PK_FREE char *name = says_missing(&item->err) ? missing_name(item->err.msg) : NULL;
		const struct pk_load_item *definer = name ? pk_load_definer(run->load, name) : NULL;
		if (!root && !definer)
			root = item;
		if (!own && definer == item) /* a type that its functions have to make possible */
			own = item;
	}
	root = root ? root : own ? own : first;
	if (!root)
		return pk_err_set(err, "nothing was left to run");
	PK_FREE char *missing = says_missing(&root->err) ? missing_name(root->err.msg) : NULL;
	pk_err_move(err, &root->err);
	if (missing)
		hint_missing(run->load, missing, err);
	if (failed > 1) {
		PK_FREE char *detail = pk_strdup(err ? err->detail : NULL);
		pk_err_detail(err, "%s%sin all, %zu statements could not run", detail ? detail : "",
			      detail ? "\n" : "", failed);
	}
	return -1;
}

/* As far as it goes: what fails may be tried again later. Returns 1 when something was made. */
static int run_support(struct run *run, struct pk_err *err)
{
	int made = 0;
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < run->load->n; i++) {
			struct pk_load_item *item = &run->load->items[run->load->order[i]];

			if (item->done || !item->file->support)
				continue;
			pk_err_release(&item->err);
			if (set_context(run->load, &run->user, item->context, err) < 0)
				return -1;
			item->done = try_item(run, item) == 0;
			more |= item->done;
			made |= item->done;
			if (!pk_conn_alive(run->user.conn))
				return pk_err_set(err, "the connection was lost while schema files were loaded");
		}
	}
	return made;
}

static size_t count_ranks(struct run *run, enum pk_load_rank first, enum pk_load_rank last)
{
	run->first = first;
	run->last = last;
	return count_left(run);
}

/* Until nothing more of it can be made, for now. ret_made grows by how many were. */
static int run_ranks(struct run *run, enum pk_load_rank first, enum pk_load_rank last, size_t *ret_made, struct pk_err *err)
{
	size_t left = count_ranks(run, first, last), before = left + 1;
	bool singly = false;

	while (left > 0 && left < before) {
		before = left;
		if (run_round(run, singly, err) < 0)
			return -1;
		left = count_left(run);
		*ret_made += before - left;
		/* Few are left now, and failures among them are likely. */
		singly = left < 2 * BATCH_STATEMENTS;
		if (!run->patient)
			break;
	}
	return 0;
}

/* An index that names no operator class takes the best that is there. */
static bool awaits_classes(const struct run *run, enum pk_load_rank rank)
{
	for (size_t i = 0; run->patient && (rank == PK_RANK_KEY || rank == PK_RANK_INDEX) && i < run->load->n; i++)
		if (run->load->items[i].operator_class && !run->load->items[i].done && !run->load->items[i].file->support)
			return true;
	return false;
}

/* What lacks a part is tried again before what comes later, which might mean something else without it. */
static int run_once(struct run *run, size_t *ret_made, struct pk_err *err)
{
	for (enum pk_load_rank last = PK_RANK_TABLE; last <= PK_RANK_EVENT_TRIGGER; last++) {
		enum pk_load_rank first = last == PK_RANK_TABLE ? 0 : last;

		if (!awaits_classes(run, last) && run_ranks(run, first, last, ret_made, err) < 0)
			return -1;
		if (*ret_made && (!run->patient || (first && count_ranks(run, 0, first - 1))))
			break;
	}
	return 0;
}

static int run_all(struct run *run, struct pk_err *err)
{
	run->patient = true;
	while (count_ranks(run, 0, PK_RANK_EVENT_TRIGGER) > 0) {
		size_t made = 0;

		if (run_once(run, &made, err) < 0)
			return -1;
		if (!made && !run->patient && pk_load_cut_circles(run->load) == 0) {
			int helped = run_support(run, err);

			if (helped <= 0)
				return helped < 0 ? -1 : no_progress(run, err);
		}
		run->patient = made || !run->patient;
	}
	return 0;
}

static int restore(const struct pk_load *load, struct session *session, struct pk_err *err)
{
	if (!session->conn || session->context == SIZE_MAX)
		return 0;
	if (pk_exec(session->conn, load->sets_role ? RESET_ROLE "RESET ALL" : "RESET ALL", err) < 0)
		return -1;
	return pk_conn_own_settings(session->conn, err);
}

int pk_load_run(struct pk_load *load, struct pk_conn *user, struct pk_conn *admin, const struct pk_super_trust *trust,
		struct pk_err *err)
{
	struct run run = {
		.load = load,
		.user = { user, SIZE_MAX },
		.super = { .user = user, .admin = admin, .trust = trust },
	};
	struct pk_err ignored = PK_ERR_INIT;

	pk_load_sort(load);
	int ret = run_all(&run, err);
	if (ret == 0 && trust && trust->like)
		ret = pk_load_check_bodies(load, user, trust->like, err);
	struct pk_err *after = ret < 0 ? &ignored : err; /* the first error is the one to tell */
	if (restore(load, &run.user, after) < 0)
		ret = -1;
	pk_err_release(&ignored);
	pk_super_release(&run.super);
	return ret;
}

int pk_source_load(const struct pk_source *source, struct pk_conn *user, struct pk_conn *admin,
		   const struct pk_super_trust *trust, struct pk_err *err)
{
	PK_AUTO(pk_load) load = PK_LOAD_INIT;

	return pk_load_read(&load, source, err) < 0 ? -1 : pk_load_run(&load, user, admin, trust, err);
}
