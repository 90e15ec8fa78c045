#include "session/desk.h"

#include "base/clock.h"
#include "clone/shadow.h"
#include "pg/silence.h"
#include "sql/action.h"
#include "trace/parts.h"

void pk_desk_release(struct pk_desk *desk)
{
	pk_conn_release(&desk->user);
	pk_conn_release(&desk->admin);
	pk_server_release(&desk->server);
	pk_session_release(&desk->session);
	*desk = (struct pk_desk)PK_DESK_INIT;
}

bool pk_databases_find(const struct pk_databases *databases, const char *name,
		       const struct pk_database **ret)
{
	for (size_t i = 0; i < databases->n; i++)
		if (pk_streq(databases->items[i].name, name)) {
			if (ret)
				*ret = &databases->items[i];
			return true;
		}
	return false;
}

int pk_session_server(const struct pk_repo *repo, const struct pk_config *config, const struct pk_session *session,
		      struct pk_server *ret, struct pk_err *err)
{
	const struct pk_server_want want = {
		.repo = repo, .config = config, .major = session->major, .remote = session->remote,
		.clones = true, .session = session->id
	};

	return pk_server_open_for(ret, &want, err);
}

int pk_desk_open(struct pk_desk *desk, const struct pk_repo *repo, const struct pk_config *config,
		 const struct pk_project *project, struct pk_err *err)
{
	desk->repo = repo;
	desk->config = config;
	desk->project = project;
	if (pk_session_require(repo, config, &desk->session, err) < 0 ||
	    pk_session_server(repo, config, &desk->session, &desk->server, err) < 0)
		return -1;
	PK_AUTO(pk_databases) databases = PK_DATABASES_INIT;
	if (pk_server_databases_for(&desk->server, "clone", &databases, err) < 0)
		return -1;
	if (!pk_databases_find(&databases, desk->session.db, NULL)) {
		pk_err_set(err, "the session of branch '%s' is %s, but its clone '%s' is gone",
			   desk->session.branch, pk_session_state_name(desk->session.state),
			   desk->session.db);
		return pk_err_hint(err, "git postkit start cuts it anew");
	}
	return 0;
}

int pk_desk_connect(struct pk_desk *desk, struct pk_err *err)
{
	if (desk->user.handle)
		return 0;
	PK_AUTO(pk_conninfo) user = PK_CONNINFO_INIT;
	PK_AUTO(pk_conninfo) admin = PK_CONNINFO_INIT;
	pk_server_user_info(&desk->server, desk->session.db, &user);
	pk_server_admin_info(&desk->server, desk->session.db, &admin);
	return pk_conn_open_both(&desk->user, &user, &desk->admin, &admin, err);
}

int pk_desk_lock(struct pk_desk *desk, struct pk_err *err)
{
	PK_FREE char *taken = NULL;
	/* Any fixed number: the lock space is the clone's own. */
	if (pk_query_value(&desk->admin, "SELECT pg_catalog.pg_try_advisory_lock(7305121)", 0, NULL,
			   &taken, err) < 0)
		return -1;
	if (pk_streq(taken, "t"))
		return 0;
	pk_err_set(err, "another command is at work on the clone of branch '%s'",
		   desk->session.branch);
	return pk_err_hint(err, "wait for it to end, then try again");
}

int pk_desk_read(struct pk_desk *desk, struct pk_snapshot *ret, struct pk_err *err)
{
	ret->measure = true;
	if (pk_snapshot_read(&desk->admin, &desk->project->managed, ret, err) < 0)
		return pk_err_wrap(err, "the clone's schema cannot be read");
	return 0;
}

int pk_desk_keep(struct pk_desk *desk, const struct pk_snapshot *snapshot, struct pk_err *err)
{
	struct pk_oid tree;
	if (pk_strv_has(&desk->session.trees, snapshot->fingerprint.hex))
		return 0; /* it stands in the session's ref, or was written for it just now */
	if (pk_snapshot_write_tree(snapshot, desk->repo, &tree, err) < 0)
		return pk_err_wrap(err, "the snapshot cannot be stored");
	pk_session_keep_tree(&desk->session, &tree);
	return 0;
}

int pk_desk_shadow(struct pk_desk *desk, const struct pk_session_source *source,
		   const struct pk_snapshot *clone, struct pk_snapshot *ret, struct pk_err *err)
{
	const struct pk_shadow_options options = {
		.role = desk->session.role,
		.owner = desk->session.owner,
		.like = desk->session.db,
		.trust = pk_super_trust(desk->config, desk->repo, clone),
		.keep = true,
		.managed = &desk->project->managed,
	};
	return pk_shadow_read(&desk->server, source->infra.n ? &source->infra : NULL,
			      &source->files, &options, ret, err);
}

void pk_tree_diff_lines(const struct pk_tree_diff *diff, struct pk_buf *ret)
{
	static const char marks[] = { [PK_ADDED] = '+', [PK_CHANGED] = '~', [PK_REMOVED] = '-' };
	for (size_t i = 0; i < diff->n; i++)
		pk_buf_addf(ret, "%s%c %s", i ? "\n" : "", marks[diff->items[i].what],
			    diff->items[i].path);
}

int pk_desk_unchanged(struct pk_desk *desk, const struct pk_snapshot *clone, struct pk_err *err)
{
	const struct pk_oid *expected = pk_session_reached(&desk->session);
	if (pk_streq(expected->hex, clone->fingerprint.hex))
		return 0;
	PK_AUTO(pk_tree_diff) diff = PK_TREE_DIFF_INIT;
	PK_AUTO(pk_buf) lines = PK_BUF_INIT;
	if (pk_strv_has(&desk->session.trees, expected->hex) &&
	    pk_snapshot_diff_tree(desk->repo, expected, clone, &diff, err) < 0)
		return -1;
	pk_tree_diff_lines(&diff, &lines);
	pk_err_set(err,
		   "the schema of the clone '%s' was changed by something other than git postkit",
		   desk->session.db);
	if (lines.len)
		pk_err_detail(err, "%s", lines.ptr);
	return pk_err_hint(err, "no migration would hold that change: undo it there, or git "
				"postkit abort and git postkit start "
				"cut a new clone; the schema files stay");
}

static int make_tables(struct pk_conn *admin, void *arg, struct pk_err *err)
{
	(void)arg;
	if (pk_applied_create_table(admin, err) < 0 || pk_seeds_create_table(admin, err) < 0)
		return -1;
	/*
	 * The grants serve statements run under any role: the row goes into their transaction. A copy
	 * from the remote belongs to who deploys there, whose trigger or cast would run as superuser.
	 */
	return pk_exec(
		admin,
		"ALTER SCHEMA postkit OWNER TO CURRENT_USER;"
		"ALTER TABLE postkit.schema_migrations OWNER TO CURRENT_USER;"
		"CREATE TABLE IF NOT EXISTS postkit.session_steps ("
		"part integer PRIMARY KEY, statements integer NOT NULL, done boolean NOT NULL, text_id text);"
		"GRANT USAGE ON SCHEMA postkit TO PUBLIC;"
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA postkit TO PUBLIC",
		err);
}

int pk_desk_tables(struct pk_desk *desk, struct pk_err *err)
{
	return pk_silently(&desk->admin, make_tables, NULL, err);
}

int pk_desk_roles_of(struct pk_desk *desk, const char *sql, const char *file, struct pk_err *err)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_strv) roles = PK_STRV_INIT;
	if (pk_sql_split(sql, file, &statements, err) < 0)
		return -1;
	pk_sql_roles(&statements, &roles);
	return roles.n ? pk_server_ensure_roles(&desk->server, &roles, err) : 0;
}
