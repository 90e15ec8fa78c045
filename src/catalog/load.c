#include "catalog/load.h"

#include "base/buf.h"
#include "base/sig.h"
#include "catalog/load_order.h"

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

static int set_context(const struct pk_load *load, struct session *session, size_t context,
		       struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (session->context == context)
		return 0;
	pk_buf_add(&sql, load->sets_role ? RESET_ROLE : "");
	pk_buf_add(&sql, OUR_SETTINGS);
	pk_buf_add(&sql, load->contexts[context]);
	if (pk_exec(session->conn, sql.ptr, err) < 0)
		return pk_err_wrap(err, "cannot apply the settings that a schema file makes");
	session->context = context;
	return 0;
}

/*
 * A superuser's session never runs what a file sets, which may be any expression and may change how
 * text is read: of the settings it takes the search_path alone, as a value.
 */
static int set_admin_path(struct session *admin, const char *path, struct pk_err *err)
{
	if (pk_exec(admin->conn, OUR_SETTINGS, err) < 0)
		return -1;
	return pk_query(admin->conn, "SELECT pg_catalog.set_config('search_path', $1, false)", 1,
			&path, NULL, err);
}

/*
 * Whether the statement may succeed once others have run. Nearly everything in class 42 can follow
 * from a name, a column or a key that is still to come; what cannot is listed.
 */
static bool worth_again(const struct pk_err *err)
{
	static const char *const classes[] = { "42", "3F", "2B", "55", "P0", "0A" };
	static const char *const final[] = {
		"42601", "42P07", "42710", "42723", "42701",
		"42P06", "42602", "42622", "42939", "55P03",
	};

	for (size_t i = 0; i < PK_COUNT(final); i++)
		if (strcmp(err->sqlstate, final[i]) == 0)
			return false;
	for (size_t i = 0; i < PK_COUNT(classes); i++)
		if (pk_starts_with(err->sqlstate, classes[i]))
			return true;
	return false;
}

/* The place within the statement becomes a place in the file. */
static void place_error(const struct pk_load_item *item, struct pk_err *err)
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
	struct session user, admin;
	size_t done;
};

static struct session *session_of(struct run *run, const struct pk_load_item *item)
{
	return item->admin && run->admin.conn ? &run->admin : &run->user;
}

static int set_admin_context(struct run *run, size_t context, struct pk_err *err)
{
	PK_FREE char *path = NULL;

	if (run->admin.context == context)
		return 0;
	if (set_context(run->load, &run->user, context, err) < 0 ||
	    pk_query_value(run->user.conn, "SELECT pg_catalog.current_setting('search_path')", 0, NULL,
			   &path, err) < 0 ||
	    set_admin_path(&run->admin, path, err) < 0)
		return -1;
	run->admin.context = context;
	return 0;
}

/* As the user's session would, and by the protocol that takes one statement and no more. */
static int run_as_admin(struct run *run, const struct pk_load_item *item, struct pk_err *err)
{
	if (set_admin_context(run, item->context, err) < 0)
		return -1;
	return pk_query(run->admin.conn, item->text, 0, NULL, NULL, err);
}

/* How much there is that is not the user's to give away. $1: the login role */
static const char strangers[] =
	"SELECT pg_catalog.count(*) FROM ("
	"SELECT proowner FROM pg_catalog.pg_proc "
	"UNION ALL SELECT relowner FROM pg_catalog.pg_class "
	"UNION ALL SELECT typowner FROM pg_catalog.pg_type "
	"UNION ALL SELECT nspowner FROM pg_catalog.pg_namespace "
	"UNION ALL SELECT oprowner FROM pg_catalog.pg_operator "
	"UNION ALL SELECT opcowner FROM pg_catalog.pg_opclass "
	"UNION ALL SELECT opfowner FROM pg_catalog.pg_opfamily "
	"UNION ALL SELECT collowner FROM pg_catalog.pg_collation "
	"UNION ALL SELECT conowner FROM pg_catalog.pg_conversion "
	"UNION ALL SELECT lanowner FROM pg_catalog.pg_language "
	"UNION ALL SELECT cfgowner FROM pg_catalog.pg_ts_config "
	"UNION ALL SELECT dictowner FROM pg_catalog.pg_ts_dict "
	"UNION ALL SELECT stxowner FROM pg_catalog.pg_statistic_ext "
	"UNION ALL SELECT fdwowner FROM pg_catalog.pg_foreign_data_wrapper "
	"UNION ALL SELECT srvowner FROM pg_catalog.pg_foreign_server "
	"UNION ALL SELECT evtowner FROM pg_catalog.pg_event_trigger "
	"UNION ALL SELECT pubowner FROM pg_catalog.pg_publication "
	"UNION ALL SELECT lomowner FROM pg_catalog.pg_largeobject_metadata "
	"UNION ALL SELECT spcowner FROM pg_catalog.pg_tablespace "
	"UNION ALL SELECT datdba FROM pg_catalog.pg_database) AS o (owner) "
	"WHERE NOT pg_catalog.pg_has_role($1::pg_catalog.name, o.owner, 'MEMBER')";

/* The superuser must pass over the missing right to create only, never over whose the object is. */
static int give(struct run *run, const struct pk_load_item *item, const char *login)
{
	PK_FREE char *path = NULL, *before = NULL, *after = NULL;
	struct pk_conn *admin = run->admin.conn;

	if (pk_query_value(run->user.conn, "SELECT pg_catalog.current_setting('search_path')", 0, NULL,
			   &path, NULL) < 0 ||
	    pk_query_value(admin, strangers, 1, &login, &before, NULL) < 0 ||
	    set_admin_path(&run->admin, path, NULL) < 0 ||
	    pk_query(admin, item->text, 0, NULL, NULL, NULL) < 0 ||
	    set_admin_path(&run->admin, "", NULL) < 0 ||
	    pk_query_value(admin, strangers, 1, &login, &after, NULL) < 0)
		return -1;
	return pk_streq(before, after) ? 0 : -1;
}

/*
 * An owner may lack the right to create in the schema: a superuser gave it the object once. That is
 * done again as one, but only where the statement does nothing else, the object is the user's, and
 * the role is one that the user may become and has no powers.
 */
static bool give_as_admin(struct run *run, const struct pk_load_item *item)
{
	static const char harmless[] =
		"SELECT 'yes' FROM pg_catalog.pg_roles WHERE rolname = $1 AND NOT rolsuper "
		"AND NOT rolcreaterole AND NOT rolbypassrls AND NOT rolreplication "
		"AND rolname !~ '^pg_' AND pg_catalog.pg_has_role($2::pg_catalog.name, oid, 'MEMBER')";
	PK_FREE char *answer = NULL, *login = NULL;
	struct pk_conn *admin = run->admin.conn;

	if (!item->owner || !admin ||
	    pk_query_value(run->user.conn, "SELECT session_user", 0, NULL, &login, NULL) < 0)
		return false;
	const char *const params[] = { item->owner, login };
	run->admin.context = SIZE_MAX;
	if (set_admin_path(&run->admin, "", NULL) < 0 ||
	    pk_query_value(admin, harmless, 2, params, &answer, NULL) < 0 || !answer ||
	    pk_exec(admin, "BEGIN", NULL) < 0)
		return false;
	bool given = give(run, item, login) == 0;
	return pk_exec(admin, given ? "COMMIT" : "ROLLBACK", NULL) == 0 && given;
}

static int run_alone(struct run *run, const struct pk_load_item *item, struct pk_err *err)
{
	if (session_of(run, item) == &run->admin)
		return run_as_admin(run, item, err);
	return pk_exec(run->user.conn, item->text, err);
}

/* Returns 0 also when the statement failed in a way that may mend itself; the error stays with the item. */
static int run_one(struct run *run, struct pk_load_item *item, struct pk_err *err)
{
	struct session *session = session_of(run, item);

	pk_err_release(&item->err);
	if (session == &run->user && set_context(run->load, session, item->context, err) < 0)
		return -1;
	if (run_alone(run, item, &item->err) == 0) {
		item->done = true;
		run->done++;
		return 0;
	}
	if (strcmp(item->err.sqlstate, "42501") == 0 && give_as_admin(run, item)) {
		pk_err_release(&item->err);
		item->done = true;
		run->done++;
		return 0;
	}
	if (pk_conn_alive(session->conn))
		place_error(item, &item->err);
	if (worth_again(&item->err))
		return 0;
	pk_err_move(err, &item->err);
	return -1;
}

/* Many statements are one round trip and one transaction; when one fails, all are run singly. */
static int run_batch(struct run *run, struct pk_load_item **items, size_t n, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	struct pk_err ignored = PK_ERR_INIT;

	if (pk_interrupted()) {
		pk_err_set(err, "interrupted");
		return pk_err_exit(err, PK_EXIT_INTERRUPTED);
	}
	struct session *session = session_of(run, items[0]);
	if (n > 1 && session == &run->user) {
		for (size_t i = 0; i < n; i++) {
			pk_buf_add(&sql, items[i]->text);
			pk_buf_add(&sql, ";\n");
		}
		if (set_context(run->load, session, items[0]->context, err) < 0)
			return -1;
		if (pk_exec(session->conn, sql.ptr, &ignored) == 0) {
			for (size_t i = 0; i < n; i++)
				items[i]->done = true;
			run->done += n;
			return 0;
		}
		bool lost = !pk_conn_alive(session->conn) || ignored.exit == PK_EXIT_INTERRUPTED;
		if (lost) {
			pk_err_move(err, &ignored);
			return -1;
		}
		pk_err_release(&ignored);
	}
	for (size_t i = 0; i < n; i++)
		if (run_one(run, items[i], err) < 0)
			return -1;
	return 0;
}

static bool fits(const struct pk_load_item *first, const struct pk_load_item *item, bool singly)
{
	return !singly && item->context == first->context && item->admin == first->admin;
}

static int run_round(struct run *run, bool singly, struct pk_err *err)
{
	struct pk_load *load = run->load;
	struct pk_load_item *batch[BATCH_STATEMENTS];
	size_t n = 0, bytes = 0;

	for (size_t i = 0; i < load->n; i++) {
		struct pk_load_item *item = &load->items[load->order[i]];
		if (item->done)
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
	static const char *const states[] = { "42P01", "42704", "42883", "3F000" };

	for (size_t i = 0; i < PK_COUNT(states); i++)
		if (strcmp(err->sqlstate, states[i]) == 0)
			return true;
	return false;
}

/* The first that fails for a reason of its own, not for one that fails too. */
static int no_progress(struct run *run, struct pk_err *err)
{
	struct pk_load_item *first = NULL, *root = NULL;
	size_t failed = 0;

	for (size_t i = 0; i < run->load->n; i++) {
		struct pk_load_item *item = &run->load->items[run->load->order[i]];
		if (item->done)
			continue;
		failed++;
		first = first ? first : item;
		PK_FREE char *name = says_missing(&item->err) ? missing_name(item->err.msg) : NULL;
		const struct pk_load_item *definer = name ? pk_load_definer(run->load, name) : NULL;
		if (!root && (!definer || definer == item))
			root = item;
	}
	root = root ? root : first;
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

static int run_all(struct run *run, struct pk_err *err)
{
	bool singly = false;

	while (run->done < run->load->n) {
		size_t before = run->done;
		if (run_round(run, singly, err) < 0)
			return -1;
		if (run->done == before && pk_load_cut_circles(run->load) == 0)
			return no_progress(run, err);
		/* Few are left now, and failures among them are likely. */
		singly = run->load->n - run->done < 2 * BATCH_STATEMENTS;
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

int pk_source_load(const struct pk_source *source, struct pk_conn *user, struct pk_conn *admin,
		   struct pk_err *err)
{
	PK_AUTO(pk_load) load = PK_LOAD_INIT;
	struct run run = { .load = &load,
			   .user = { user, SIZE_MAX },
			   .admin = { admin, SIZE_MAX } };
	struct pk_err ignored = PK_ERR_INIT;

	if (pk_load_read(&load, source, err) < 0)
		return -1;
	pk_load_sort(&load);
	int ret = run_all(&run, err);
	struct pk_err *after = ret < 0 ? &ignored : err; /* the first error is the one to tell */
	if (restore(&load, &run.user, after) < 0 || restore(&load, &run.admin, after) < 0)
		ret = -1;
	pk_err_release(&ignored);
	return ret;
}
