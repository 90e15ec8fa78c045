#include "pg/sqlstate.h"
#include "server/server.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "server/locale.h"
#include "server/made.h"

/* Comment of a database of ours: this and a JSON object. */
static const char mark_prefix[] = "git-postkit:1 ";

/*
 * Between CREATE DATABASE and its comment a database has no mark. Whoever creates holds this
 * advisory lock (shared), so that an unmarked one is only taken for left over when nobody is at it.
 */
#define LOCK_KEY "pg_catalog.int8 '8100114116107'"

static void database_release(struct pk_database *db)
{
	free(db->name);
	free(db->purpose);
	free(db->label);
	free(db->source);
	free(db->record);
}

void pk_databases_release(struct pk_databases *databases)
{
	for (size_t i = 0; i < databases->n; i++)
		database_release(&databases->items[i]);
	free(databases->items);
	*databases = (struct pk_databases)PK_DATABASES_INIT;
}

static int connect_admin(struct pk_server *server, struct pk_conn *conn, struct pk_err *err)
{
	return pk_conn_open(conn, &server->admin, err);
}

/* ---- marks ---- */

enum mark { ABSENT, UNMARKED, FOREIGN, OURS };

/* comment NULL: none. OURS fills ret (may be NULL) but for its name and size. */
static enum mark parse_mark(const struct pk_server *server, const char *comment,
			    struct pk_database *ret)
{
	PK_AUTO(pk_json) json = PK_JSON_INIT;

	if (!comment)
		return UNMARKED;
	if (!pk_starts_with(comment, mark_prefix))
		return FOREIGN;
	const char *text = comment + sizeof(mark_prefix) - 1;
	if (pk_json_parse(text, strlen(text), &json, NULL) < 0 ||
	    !pk_streq(pk_json_str(json.root, "repo"), server->owner_id))
		return FOREIGN;
	if (ret) {
		ret->purpose = pk_strdup(pk_json_str(json.root, "purpose"));
		ret->label = pk_strdup(pk_json_str(json.root, "label"));
		ret->source = pk_strdup(pk_json_str(json.root, "source"));
		ret->record = pk_strdup(pk_json_str(json.root, "record"));
		ret->created = (int64_t)pk_json_num(json.root, "created", 0);
	}
	return OURS;
}

static int read_mark(const struct pk_server *server, struct pk_conn *conn, const char *name,
		     enum mark *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *const params[] = { name };

	if (pk_query(conn,
		     "SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database "
		     "WHERE datname = $1",
		     1, params, &rows, err) < 0)
		return -1;
	*ret = rows.n ? parse_mark(server, pk_rows_get(&rows, 0, 0), NULL) : ABSENT;
	return 0;
}

static int need_ours(const struct pk_server *server, struct pk_conn *conn, const char *name,
		     struct pk_err *err)
{
	enum mark mark;

	if (read_mark(server, conn, name, &mark, err) < 0)
		return -1;
	if (mark == OURS)
		return 0;
	if (mark == ABSENT)
		return pk_err_set(err, "there is no database '%s' on '%s'", name, conn->where);
	return pk_err_set(err,
			  "database '%s' on '%s' was not made by this repository; it is left alone",
			  name, conn->where);
}

static int set_mark(const struct pk_server *server, struct pk_conn *conn, const char *name, const struct pk_mark *mark,
		    struct pk_err *err)
{
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_buf) comment = PK_BUF_INIT;

	pk_json_set_str(json.root, "repo", server->owner_id);
	pk_json_set_str(json.root, "purpose", mark->purpose);
	pk_json_set_str(json.root, "label", mark->label);
	if (mark->source)
		pk_json_set_str(json.root, "source", mark->source);
	if (mark->record)
		pk_json_set_str(json.root, "record", mark->record);
	pk_json_set_num(json.root, "created", (double)pk_time());
	char *text = cJSON_PrintUnformatted(json.root);
	pk_buf_add(&comment, mark_prefix);
	pk_buf_add(&comment, text);
	cJSON_free(text);
	pk_buf_add(&sql, "COMMENT ON DATABASE ");
	pk_buf_add_ident(&sql, name);
	pk_buf_add(&sql, " IS ");
	pk_buf_add_literal(&sql, comment.ptr);
	return pk_exec(conn, sql.ptr, err);
}

/* Nobody else makes such a database there. */
static bool is_private_name(const struct pk_server *server, const char *name)
{
	return pk_server_is_private(server) && pk_starts_with(name, "pk_");
}

/* ---- list ---- */

/* purpose NULL: all, with their sizes. */
static int list(struct pk_server *server, const char *purpose, struct pk_databases *ret, struct pk_err *err)
{
	struct pk_conn *conn;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_databases_release(ret);
	/* of one that is being dropped the size cannot be told: no error then */
	pk_buf_addf(&sql,
		    "SELECT datname, shobj_description(oid, 'pg_database'), %s FROM pg_catalog.pg_database "
		    "WHERE datname LIKE 'pk\\_%%' ORDER BY datname COLLATE \"C\"",
		    purpose ? "NULL" : "pg_database_size(oid)");
	if (pk_server_admin(server, &conn, err) < 0 || pk_query(conn, sql.ptr, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		struct pk_database db = { 0 };
		enum mark mark = parse_mark(server, pk_rows_get(&rows, i, 1), &db);
		const char *size = pk_rows_get(&rows, i, 2);

		if (mark == UNMARKED)
			db.purpose = pk_strdup("unfinished");
		if ((mark != OURS && !(mark == UNMARKED && pk_server_is_private(server))) ||
		    (purpose && !pk_streq(purpose, db.purpose))) {
			database_release(&db);
			continue;
		}
		db.name = pk_strdup(pk_rows_get(&rows, i, 0));
		db.size = size ? strtoll(size, NULL, 10) : 0;
		if (ret->n == ret->cap) {
			ret->cap = ret->cap ? 2 * ret->cap : 16;
			ret->items = pk_realloc_array(ret->items, ret->cap, sizeof(*ret->items));
		}
		ret->items[ret->n++] = db;
	}
	return 0;
}

/* The clone that a command made bears no mark: its file tells of it. */
static void list_made(const struct pk_made *made, struct pk_databases *ret)
{
	pk_databases_release(ret);
	if (!made->url)
		return;
	ret->cap = 1;
	ret->items = pk_alloc(sizeof(*ret->items));
	ret->items[ret->n++] = (struct pk_database){ .name = pk_strdup(made->db),
						     .purpose = pk_strdup(made->purpose),
						     .label = pk_strdup(made->label),
						     .created = made->created,
						     .size = -1 };
}

int pk_server_databases(struct pk_server *server, struct pk_databases *ret, struct pk_err *err)
{
	if (server->made) {
		list_made(server->made, ret);
		return 0;
	}
	return list(server, NULL, ret, err);
}

int pk_server_databases_for(struct pk_server *server, const char *purpose, struct pk_databases *ret,
			    struct pk_err *err)
{
	if (server->made && strcmp(purpose, "clone") == 0)
		return pk_server_databases(server, ret, err);
	return list(server, purpose, ret, err);
}

int pk_server_mark_db(struct pk_server *server, const char *name, const struct pk_mark *mark, struct pk_err *err)
{
	struct pk_conn *conn;

	if (pk_server_admin(server, &conn, err) < 0)
		return -1;
	return pk_server_mark_db_by(server, conn, name, mark, err);
}

int pk_server_mark_db_by(const struct pk_server *server, struct pk_conn *conn, const char *name, const struct pk_mark *mark,
			 struct pk_err *err)
{
	enum mark now;

	if (read_mark(server, conn, name, &now, err) < 0)
		return -1;
	if (!(now == UNMARKED && is_private_name(server, name)) && need_ours(server, conn, name, err) < 0)
		return -1;
	return set_mark(server, conn, name, mark, err);
}

/* ---- create ---- */

#define NAME_MAX_BYTES 63 /* PostgreSQL's NAMEDATALEN, without the NUL */

static int check_name(const char *name, struct pk_err *err)
{
	if (!pk_starts_with(name, "pk_"))
		return pk_err_set(err, "the name '%s' does not begin with pk_", name);
	if (strlen(name) > NAME_MAX_BYTES)
		return pk_err_set(err, "the name '%s' is longer than %d bytes", name, NAME_MAX_BYTES);
	return 0;
}

/* The server's own text says "invalid locale name"; who reads it wants to know what to install. */
static int explain_create(const struct pk_create_db *how, struct pk_err *err)
{
	if (!err || !err->msg)
		return -1;
	if (strstr(err->msg, "locale")) {
		pk_err_wrap(err, "this server cannot have a database of locale '%s'",
			    how && how->collate ? how->collate : "of the model");
		return pk_err_hint(
			err,
			"install the locale on the machine of the server: sudo apt-get install "
			"locales-all, or sudo locale-gen <locale>");
	}
	if (strcmp(err->sqlstate, PK_SQLSTATE_OBJECT_IN_USE) == 0)
		return pk_err_hint(
			err,
			"end the connections to it: nobody may be connected while it is copied");
	return -1;
}

static void drop_quietly(struct pk_conn *conn, const char *name)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "DROP DATABASE IF EXISTS ");
	pk_buf_add_ident(&sql, name);
	pk_exec(conn, sql.ptr, NULL);
}

int pk_server_halt_making(struct pk_server *server, struct pk_err *err)
{
	struct pk_conn *admin;

	if (pk_server_admin(server, &admin, err) < 0)
		return -1;
	return pk_exec(admin, "SELECT pg_catalog.pg_advisory_lock(" LOCK_KEY ")", err);
}

/* CREATE DATABASE and mark; after an error or an interrupt nothing stays. */
static int create_marked(const struct pk_server *server, struct pk_conn *conn, const char *name, const char *create,
			 const struct pk_mark *mark, struct pk_err *err)
{
	if (pk_exec(conn, "SELECT pg_catalog.pg_advisory_lock_shared(" LOCK_KEY ")", err) < 0 ||
	    pk_exec(conn, create, err) < 0)
		return -1;
	if (set_mark(server, conn, name, mark, err) < 0) {
		drop_quietly(conn, name);
		return -1;
	}
	return pk_exec(conn, "SELECT pg_catalog.pg_advisory_unlock_shared(" LOCK_KEY ")", err);
}

int pk_server_create_db(struct pk_server *server, const char *name, const struct pk_create_db *how,
			struct pk_err *err)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (check_name(name, err) < 0 || connect_admin(server, &conn, err) < 0)
		return -1;
	pk_buf_add(&sql, "CREATE DATABASE ");
	pk_buf_add_ident(&sql, name);
	pk_buf_add(&sql, " OWNER ");
	pk_buf_add_ident(&sql, how->owner ? how->owner : server->login);
	pk_buf_add(&sql, " TEMPLATE ");
	pk_buf_add_ident(&sql, how->template_db ? how->template_db : "template0");
	if (how->template_db && conn.version >= 150000)
		pk_buf_add(&sql, " STRATEGY FILE_COPY");
	if (!how->template_db && pk_locale_options(&conn, how, &sql, err) < 0)
		return -1;
	if (create_marked(server, &conn, name, sql.ptr, &how->mark, err) < 0)
		return explain_create(how, err);
	return 0;
}

/* ---- drop, rename, copy ---- */

static int terminate_others(struct pk_conn *conn, const char *name, struct pk_err *err)
{
	const char *const params[] = { name };

	return pk_query(
		conn,
		"SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity "
		"WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()",
		1, params, NULL, err);
}

int pk_server_clear_db(struct pk_server *server, const char *name, struct pk_err *err)
{
	struct pk_conn *conn;

	return pk_server_admin(server, &conn, err) < 0 ? -1 : terminate_others(conn, name, err);
}

/* Without a mark only what a killed creation left in a cluster that nobody else uses. */
static int may_drop(struct pk_server *server, struct pk_conn *conn, const char *name,
		    enum mark mark, struct pk_err *err)
{
	PK_FREE char *free_now = NULL;

	if (mark == UNMARKED && is_private_name(server, name)) {
		if (pk_query_value(conn, "SELECT pg_catalog.pg_try_advisory_lock(" LOCK_KEY ")", 0,
				   NULL, &free_now, err) < 0)
			return -1;
		if (pk_streq(free_now, "t"))
			return 0;
		return pk_err_set(err, "database '%s' is being made", name);
	}
	return need_ours(server, conn, name, err);
}

int pk_server_end_subscriptions(struct pk_conn *admin, const char *name, struct pk_err *err)
{
	static const char find[] = "SELECT 1 FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid "
				   "WHERE d.datname = $1 LIMIT 1";
	static const char end[] =
		"WITH gone AS (DELETE FROM pg_catalog.pg_subscription s USING pg_catalog.pg_database d "
		" WHERE d.oid = s.subdbid AND d.datname = $1 RETURNING s.oid), "
		"owners AS (DELETE FROM pg_catalog.pg_shdepend p USING gone "
		" WHERE p.classid = 'pg_catalog.pg_subscription'::pg_catalog.regclass AND p.objid = gone.oid) "
		"SELECT pg_catalog.pg_replication_origin_drop(o.roname) FROM gone "
		"JOIN pg_catalog.pg_replication_origin o ON o.roname = 'pg_' || gone.oid";
	const char *const params[] = { name };
	PK_FREE char *any = NULL;

	if (pk_query_value(admin, find, 1, params, &any, err) < 0 ||
	    (any && pk_query(admin, end, 1, params, NULL, err) < 0))
		return pk_err_wrap(err, "cannot end the subscriptions of database '%s'", name);
	return 0;
}

int pk_server_drop_db(struct pk_server *server, const char *name, struct pk_err *err)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	enum mark mark;

	if (server->made && !server->made->url)
		return 0;
	if (server->made && strcmp(server->made->db, name) == 0)
		return pk_made_destroy(server->repo, server->config, server->made, err);
	if (connect_admin(server, &conn, err) < 0 || read_mark(server, &conn, name, &mark, err) < 0)
		return -1;
	if (mark == ABSENT)
		return 0;
	if (may_drop(server, &conn, name, mark, err) < 0)
		return -1;
	if ((conn.version < 130000 && terminate_others(&conn, name, err) < 0) ||
	    pk_server_end_subscriptions(&conn, name, err) < 0)
		return -1;
	pk_buf_add(&sql, "DROP DATABASE IF EXISTS ");
	pk_buf_add_ident(&sql, name);
	if (conn.version >= 130000)
		pk_buf_add(&sql, " WITH (FORCE)");
	if (pk_exec(&conn, sql.ptr, err) == 0)
		return 0;
	/* another command of ours was faster */
	enum mark now;
	if (read_mark(server, &conn, name, &now, NULL) < 0 || now != ABSENT)
		return -1;
	pk_err_release(err);
	return 0;
}

static void add_rename(struct pk_buf *sql, const char *from, const char *to)
{
	pk_buf_add(sql, "ALTER DATABASE ");
	pk_buf_add_ident(sql, from);
	pk_buf_add(sql, " RENAME TO ");
	pk_buf_add_ident(sql, to);
}

int pk_server_replace_db(struct pk_server *server, const char *from, const char *to, const char *aside,
			 struct pk_err *err)
{
	struct pk_conn *conn;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (check_name(aside, err) < 0 || pk_server_admin(server, &conn, err) < 0 ||
	    need_ours(server, conn, from, err) < 0 || need_ours(server, conn, to, err) < 0 ||
	    terminate_others(conn, from, err) < 0 || terminate_others(conn, to, err) < 0)
		return -1;
	add_rename(&sql, to, aside);
	pk_buf_add(&sql, "; ");
	add_rename(&sql, from, to);
	return pk_exec(conn, sql.ptr, err) < 0 ? -1 : pk_server_drop_db(server, aside, err);
}

int pk_server_rename_db(struct pk_server *server, const char *from, const char *to,
			struct pk_err *err)
{
	struct pk_conn *conn;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (check_name(to, err) < 0 || pk_server_admin(server, &conn, err) < 0 ||
	    need_ours(server, conn, from, err) < 0 || terminate_others(conn, from, err) < 0)
		return -1;
	add_rename(&sql, from, to);
	return pk_exec(conn, sql.ptr, err);
}

/*
 * CREATE DATABASE leaves the settings of its template behind. Copied as rows, since a stored value
 * has no exact way back into ALTER DATABASE ... SET (search_path is a list, quoted already).
 */
static int copy_settings(struct pk_conn *conn, const char *from, const char *to, struct pk_err *err)
{
	const char *const params[] = { from, to };
	PK_FREE char *some = NULL;

	if (pk_query_value(
		    conn,
		    "SELECT '1' FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d "
		    "ON d.oid = s.setdatabase WHERE d.datname = $1 LIMIT 1",
		    1, params, &some, err) < 0)
		return -1;
	if (!some)
		return 0;
	return pk_query(
		conn,
		"INSERT INTO pg_catalog.pg_db_role_setting (setdatabase, setrole, setconfig) "
		"SELECT n.oid, s.setrole, s.setconfig FROM pg_catalog.pg_db_role_setting s "
		"JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase AND d.datname = $1 "
		"JOIN pg_catalog.pg_database n ON n.datname = $2",
		2, params, NULL, err);
}

/* From 18 on files can share their blocks, where the file system has that; where it has not, that is an error. */
static int create_cut(const struct pk_server *server, struct pk_conn *conn, const char *to, const char *create,
		      const struct pk_mark *mark, struct pk_err *err)
{
	PK_AUTO(pk_err) e = PK_ERR_INIT;

	if (conn->version < 180000 || pk_exec(conn, "SET file_copy_method = clone", NULL) < 0)
		return create_marked(server, conn, to, create, mark, err);
	if (create_marked(server, conn, to, create, mark, &e) == 0)
		return 0;
	if (e.exit != PK_EXIT_INTERRUPTED && pk_exec(conn, "SET file_copy_method = copy", NULL) == 0)
		return create_marked(server, conn, to, create, mark, err);
	return pk_err_move(err, &e);
}

int pk_server_cut_db(struct pk_server *server, const char *from, const char *to, const struct pk_mark *mark,
		     struct pk_err *err)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_FREE char *owner = NULL;
	const char *const params[] = { from };

	if (check_name(to, err) < 0 || connect_admin(server, &conn, err) < 0 ||
	    need_ours(server, &conn, from, err) < 0 ||
	    pk_query_value(
		    &conn,
		    "SELECT pg_catalog.pg_get_userbyid(datdba) FROM pg_catalog.pg_database WHERE datname = $1",
		    1, params, &owner, err) < 0)
		return -1;
	pk_buf_add(&sql, "CREATE DATABASE ");
	pk_buf_add_ident(&sql, to);
	pk_buf_add(&sql, " OWNER ");
	pk_buf_add_ident(&sql, owner ? owner : server->login);
	pk_buf_add(&sql, " TEMPLATE ");
	pk_buf_add_ident(&sql, from);
	if (conn.version >= 150000)
		pk_buf_add(&sql, " STRATEGY FILE_COPY");
	if (create_cut(server, &conn, to, sql.ptr, mark, err) < 0)
		return explain_create(NULL, err);
	if (copy_settings(&conn, from, to, err) < 0) {
		drop_quietly(&conn, to);
		return -1;
	}
	return 0;
}
