#include "session/begin.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/sig.h"
#include "base/text.h"

#include <unistd.h>

void pk_begun_release(struct pk_begun *begun)
{
	pk_template_release(&begun->template);
	pk_method_release(&begun->method);
	pk_caught_up_release(&begun->caught_up);
	free(begun->where);
	*begun = (struct pk_begun)PK_BEGUN_INIT;
}

char *pk_session_lock_path(const struct pk_repo *repo, const char *id)
{
	return pk_printf("%s/postkit/starting/%s.lock", repo->commondir, id);
}

/* A session that is there already: an error, unless its clone is gone. */
static int refuse_existing(const struct pk_session *session, struct pk_server *server,
			   bool *ret_again, struct pk_err *err)
{
	PK_AUTO(pk_databases) databases = PK_DATABASES_INIT;
	if (pk_server_databases(server, &databases, err) < 0)
		return -1;
	if (!pk_databases_find(&databases, session->db, NULL)) {
		*ret_again = true;
		return 0;
	}
	pk_err_set(err, "branch '%s' has a session already: %s, on a clone of '%s'",
		   session->branch, pk_session_state_name(session->state), session->remote);
	return pk_err_hint(err, "%s goes on with it, git postkit abort ends it",
			   pk_session_next(session));
}

static void new_session(struct pk_session *session, const char *branch)
{
	pk_session_release(session);
	session->id = pk_random_hex(6);
	session->branch = pk_strdup(branch);
	session->db = pk_printf("pk_clone_%s", session->id);
}

/* What was applied is gone with the clone, and so is the plan; what was written by hand waits to be applied again. */
static void forget_clone(struct pk_session *session)
{
	for (size_t i = 0; i < session->n_parts; i++) {
		const struct pk_part *part = &session->parts[i];
		if (!part->name || !part->applied)
			continue;
		PK_FREE char *file = pk_printf("%03d_%s.sql", part->id, part->name);
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		/* Borrowed, and not released; without fingerprints, which those of another clone may not be. */
		const struct pk_migration m = {
			.up = part->up,
			.down = part->down,
			.irreversible = part->irreversible,
			.stage = part->stage,
			.up_transaction = part->up_transaction,
			.down_transaction = part->down_transaction,
		};
		pk_migration_write(&m, &text);
		pk_session_add_manual(session, file, text.ptr)->first = part->first;
	}
	pk_session_drop_applied(session);
	pk_session_drop_pending(session);
	pk_strv_release(&session->committing);
	session->agree = false;
	session->state = PK_SESSION_STARTED;
	/* Another name: the ref says which clone counts, whatever a kill leaves of this one. */
	PK_FREE char *suffix = pk_random_hex(2);
	free(session->db);
	session->db = pk_printf("pk_clone_%s_%s", session->id, suffix);
}

/* Facts of the remote, the server of its major version and a template. */
static int prepare(struct pk_desk *desk, struct pk_remote *remote,
		   const struct pk_begin_options *options, struct pk_source_facts *facts,
		   struct pk_begun *ret, struct pk_err *err)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	if (pk_remote_connect(remote, &conn, err) < 0 ||
	    pk_source_facts_read(&conn, facts, err) < 0)
		return pk_err_wrap(err, "remote '%s'", remote->name);
	pk_conn_release(&conn);
	ret->where = pk_conninfo_where(&remote->info);
	ret->remote_version = facts->version;
	const struct pk_server_want want = { .repo = desk->repo,
					     .config = desk->config,
					     .major = facts->version / 10000,
					     .remote = remote->name,
					     .clones = true };
	if ((desk->server.major != want.major || !pk_streq(desk->session.remote, remote->name)) &&
	    pk_server_open_for(&desk->server, &want, err) < 0)
		return -1;
	PK_AUTO(pk_physical) physical = { .want = &want, .choice = options->files };
	const struct pk_template_want template = { .remote = remote,
						   .facts = facts,
						   .age = options->age,
						   .options = { .jobs = options->jobs,
								.follow = options->follow,
								.less = options->less,
								.physical = options->rows ? NULL : &physical,
								.progress = options->progress,
								.config = desk->config } };
	if (pk_template_ensure(&desk->server, &template, &ret->template, err) < 0)
		return -1;
	ret->method = physical.method;
	physical.method = (struct pk_method)PK_METHOD_INIT;
	return pk_server_ensure_roles(&desk->server, &facts->roles, err);
}

static int keep_base(struct pk_desk *desk, struct pk_begun *ret, struct pk_err *err)
{
	PK_AUTO(pk_snapshot) first = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_snapshot) after = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	if (pk_desk_connect(desk, err) < 0 || pk_desk_tables(desk, err) < 0 ||
	    pk_desk_read(desk, &first, err) < 0 || pk_super_remember(desk->repo, &first, err) < 0 ||
	    pk_desk_catch_up(desk, &first.fingerprint, &ret->caught_up, err) < 0)
		return -1;
	const struct pk_snapshot *base = &first;
	if (ret->caught_up.run) {
		if (pk_desk_read(desk, &after, err) < 0)
			return -1;
		base = &after;
	}
	desk->session.base = base->fingerprint;
	if (pk_desk_keep(desk, base, err) < 0 ||
	    pk_chain_from_dir(&chain, desk->repo->workdir, desk->project->migrations_dir, err) < 0)
		return -1;
	const char *end = pk_chain_end(&chain);
	ret->drift = end && !pk_streq(end, base->fingerprint.hex);
	return 0;
}

static int cut(struct pk_desk *desk, struct pk_begun *ret, struct pk_err *err)
{
	struct pk_session *session = &desk->session;
	const struct pk_mark mark = { .purpose = "clone", .label = session->id };
	double started = pk_now();
	if (pk_template_cut(&desk->server, &ret->template, &session->db, &mark, session->role, err) < 0)
		return -1;
	ret->cut_seconds = pk_now() - started;
	if (keep_base(desk, ret, err) < 0)
		return -1;
	PK_FREE char *size = NULL;
	if (pk_query_value(&desk->admin,
			   "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())", 0,
			   NULL, &size, err) < 0)
		return -1;
	ret->size = size ? strtoll(size, NULL, 10) : 0;
	if (pk_interrupted())
		return pk_err_interrupted(err, "interrupted");
	return 0;
}

static int make_clone(struct pk_desk *desk, struct pk_begun *ret, struct pk_err *err)
{
	struct pk_session *session = &desk->session;
	PK_FREE char *lock_path = pk_session_lock_path(desk->repo, session->id);
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
	PK_FREE char *lock_dir = pk_path_dir(lock_path);
	if (pk_mkdir_p(lock_dir, 0755, err) < 0 || pk_lock_take(&lock, lock_path, 0, err) < 0)
		return -1;
	int rc = cut(desk, ret, err);
	if (rc == 0)
		rc = pk_session_save(desk->repo, session, ret->again ? "start again" : "start",
				     err);
	bool stored = rc == 0;
	if (rc == 0)
		rc = pk_session_point(desk->repo, session->branch, session->id, err);
	if (rc < 0) {
		/*
		 * The first error is the one to tell; what cannot be dropped now gc finds by its
		 * label.
		 */
		pk_conn_release(&desk->user);
		pk_conn_release(&desk->admin);
		if (stored && !ret->again)
			pk_session_delete(desk->repo, session, NULL);
		pk_server_drop_db(&desk->server, session->db, NULL);
	}
	unlink(lock_path);
	return rc;
}

/* Two at a time would each make a clone, and one of them be nobody's. */
static int lock_branch(const struct pk_repo *repo, const char *branch, struct pk_lock *ret, char **ret_path,
		       struct pk_err *err)
{
	PK_FREE char *name = pk_printf("branch-%016llx", (unsigned long long)pk_hash(branch, strlen(branch), 0));
	PK_FREE char *path = pk_session_lock_path(repo, name), *dir = pk_path_dir(path);

	if (pk_mkdir_p(dir, 0755, err) < 0)
		return -1;
	if (pk_lock_take(ret, path, 0, NULL) < 0) {
		pk_err_set(err, "another 'git postkit start' is at work for branch '%s'", branch);
		return pk_err_hint(err, "wait until it has ended: the session is then there");
	}
	*ret_path = pk_take(&path);
	return 0;
}

static int begin(struct pk_desk *desk, const struct pk_begin_options *options, enum pk_session_found found,
		 const char *branch, struct pk_begun *ret, struct pk_err *err)
{
	struct pk_session *session = &desk->session;

	if (found == PK_FOUND_SESSION) {
		if (pk_session_server(desk->repo, desk->config, session, &desk->server, err) < 0 ||
		    refuse_existing(session, &desk->server, &ret->again, err) < 0)
			return -1;
		forget_clone(session);
	} else {
		new_session(session, branch);
	}
	PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
	PK_AUTO(pk_source_facts) facts = PK_SOURCE_FACTS_INIT;
	const char *name = options->remote ? options->remote : session->remote;
	if (pk_remote_get(desk->config, name, &remote, err) < 0 ||
	    prepare(desk, &remote, options, &facts, ret, err) < 0)
		return -1;
	free(session->remote);
	free(session->role);
	free(session->owner);
	session->remote = pk_strdup(remote.name);
	session->role = pk_strdup(facts.role);
	session->owner = pk_strdup(facts.owner);
	session->major = desk->server.major;
	session->started = (int64_t)pk_time();
	session->template_created = ret->template.created;
	return make_clone(desk, ret, err);
}

int pk_session_begin(struct pk_desk *desk, const struct pk_repo *repo,
		     const struct pk_config *config, const struct pk_project *project,
		     const struct pk_begin_options *options, struct pk_begun *ret,
		     struct pk_err *err)
{
	double started = pk_now();
	enum pk_session_found found;
	PK_FREE char *branch = NULL, *lock_path = NULL;
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
	desk->repo = repo;
	desk->config = config;
	desk->project = project;
	if (pk_session_current(repo, config, &desk->session, &found, &branch, err) < 0 ||
	    lock_branch(repo, branch, &lock, &lock_path, err) < 0)
		return -1;
	int rc = begin(desk, options, found, branch, ret, err);
	if (lock_path)
		unlink(lock_path);
	ret->seconds = pk_now() - started;
	return rc;
}

static int drop_clone(const struct pk_repo *repo, const struct pk_config *config,
		      const struct pk_session *session, struct pk_err *err)
{
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	PK_AUTO(pk_databases) databases = PK_DATABASES_INIT;
	if (pk_session_server(repo, config, session, &server, err) < 0 ||
	    pk_server_databases(&server, &databases, err) < 0)
		return -1;
	const struct pk_database *database;
	if (!pk_databases_find(&databases, session->db, &database))
		return 0;
	if (!pk_streq(database->purpose, "clone") || !pk_streq(database->label, session->id))
		return pk_err_set(err, "database '%s' is not marked as the clone of this session",
				  session->db);
	return pk_server_drop_db(&server, session->db, err);
}

int pk_session_end(const struct pk_repo *repo, const struct pk_config *config,
		   const struct pk_session *session, char **ret_left, struct pk_err *err)
{
	PK_AUTO(pk_err) drop_err = PK_ERR_INIT;
	*ret_left = NULL;
	if (drop_clone(repo, config, session, &drop_err) < 0) {
		if (pk_interrupted())
			return pk_err_move(err, &drop_err);
		*ret_left = pk_printf("%s: %s", session->db, drop_err.msg);
	}
	if (pk_session_delete(repo, session, err) < 0) {
		free(pk_take(ret_left));
		return -1;
	}
	return pk_session_point(repo, session->branch, NULL, err);
}
