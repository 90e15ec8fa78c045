#include "clone/shadow.h"
#include "base/clock.h"
#include "catalog/label.h"
#include "catalog/reload.h"
#include "clone/carry.h"
#include "clone/kept.h"
#include "clone/loaded.h"
#include "clone/scrap.h"
#include "clone/template.h"
#include "pg/sqlstate.h"
#include "sql/action.h"

#include <strings.h>

static void collect(struct pk_strv *roles, const char *role)
{
	if (role && !pk_strv_has(roles, role))
		pk_strv_push(roles, role);
}

static int grant_role(struct pk_conn *admin, const char *role, const char *member,
		      struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "GRANT ");
	pk_buf_add_ident(&sql, role);
	pk_buf_add(&sql, " TO ");
	pk_buf_add_ident(&sql, member);
	return pk_exec(admin, sql.ptr, err);
}

/*
 * Stand-ins. A role that did not exist yet is one that the files bring along: whoever creates it on the
 * remote can hand things over to it, so the loading role becomes its member.
 */
static int ensure_roles(struct pk_server *server, const struct pk_strv *roles, const char *member,
			struct pk_err *err)
{
	struct pk_conn *admin;
	PK_AUTO(pk_strv) fresh = PK_STRV_INIT;

	if (pk_server_admin(server, &admin, err) < 0)
		return -1;
	for (size_t i = 0; i < roles->n; i++) {
		const char *const params[] = { roles->items[i] };
		PK_FREE char *found = NULL;

		if (pk_query_value(admin, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1",
				   1, params, &found, err) < 0)
			return -1;
		if (!found && !pk_starts_with(roles->items[i], "pg_"))
			pk_strv_push(&fresh, roles->items[i]);
	}
	if (pk_server_ensure_roles(server, roles, err) < 0)
		return -1;
	for (size_t i = 0; member && i < fresh.n; i++)
		if (!pk_streq(fresh.items[i], member) &&
		    grant_role(admin, fresh.items[i], member, err) < 0)
			return -1;
	return 0;
}

/* The login role and the admin are nobody's stand-in; files that name them mean what is there. */
static void without_ours(const struct pk_server *server, const struct pk_strv *roles,
			 struct pk_strv *ret)
{
	const char *user = server->login, *admin = pk_conninfo_get(&server->admin, "user");

	for (size_t i = 0; i < roles->n; i++)
		if (!pk_streq(roles->items[i], user) && !pk_streq(roles->items[i], admin))
			collect(ret, roles->items[i]);
}

/* What changes the meaning of SQL and needs nothing that an empty database lacks. */
static int take_settings(struct pk_conn *admin, const char *like, const char *db,
			 struct pk_err *err)
{
	static const char *const names[] = { "search_path", "TimeZone", "DateStyle",
					     "IntervalStyle" };
	PK_AUTO(pk_strv) all = PK_STRV_INIT, pairs = PK_STRV_INIT;

	if (!like)
		return 0;
	if (pk_carry_read(admin, like, &all, err) < 0)
		return -1;
	for (size_t i = 0; i + 1 < all.n; i += 2) {
		for (size_t k = 0; k < PK_COUNT(names); k++) {
			if (strcasecmp(all.items[i], names[k]) != 0)
				continue;
			pk_strv_push(&pairs, all.items[i]);
			pk_strv_push(&pairs, all.items[i + 1]);
		}
	}
	return pk_carry_settings(admin, db, &pairs, err);
}

/* From 15 on public is the database owner's from the start; before, nobody else could grant what files may say of it. */
static int give_public(struct pk_conn *admin, const char *owner, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (admin->version >= 150000)
		return 0;
	pk_buf_add(&sql, "ALTER SCHEMA public OWNER TO ");
	pk_buf_add_ident(&sql, owner);
	return pk_exec(admin, sql.ptr, err);
}

/* Both connections to a shadow; the files' and ours. */
static int open_both(struct pk_server *server, const char *db, struct pk_conn *user, struct pk_conn *admin,
		     struct pk_err *err)
{
	PK_AUTO(pk_conninfo) user_info = PK_CONNINFO_INIT, admin_info = PK_CONNINFO_INIT;

	pk_server_user_info(server, db, &user_info);
	pk_server_admin_info(server, db, &admin_info);
	return pk_conn_open_both(user, &user_info, admin, &admin_info, err);
}

/* What a shadow is made of, and how. */
struct desired {
	const struct pk_source *infra, *files; /* infra: NULL: none */
	const struct pk_shadow_options *options;
};

static int load(struct pk_server *server, const char *db, const struct desired *d, struct pk_err *err)
{
	const struct pk_super_trust *trust = &d->options->trust;
	const char *owner = d->options->owner ? d->options->owner : d->options->role;
	const struct pk_source *files = d->files;
	PK_AUTO(pk_conn) user = PK_CONN_INIT, admin = PK_CONN_INIT;
	PK_AUTO(pk_source) supported = PK_SOURCE_INIT;

	if (trust->like && trust->like->n_left_out) {
		for (size_t i = 0; i < files->n; i++)
			pk_source_add(&supported, files->items[i].path, files->items[i].text, files->items[i].len);
		pk_source_add_left_out(&supported, trust->like);
		files = &supported;
	}

	if (open_both(server, db, &user, &admin, err) < 0 || give_public(&admin, owner ? owner : server->login, err) < 0 ||
	    (d->infra && pk_source_load(d->infra, &user, &admin, trust, err) < 0) ||
	    pk_source_load(files, &user, &admin, trust, err) < 0)
		return -1;
	return 0;
}

/* The stand-ins and tablespaces that shadows of the files need. */
static int stand_in(struct pk_server *server, const struct desired *d, struct pk_err *err)
{
	const struct pk_shadow_options *options = d->options;
	PK_AUTO(pk_strv) named = PK_STRV_INIT, roles = PK_STRV_INIT, spaces = PK_STRV_INIT;

	if ((d->infra && pk_source_roles(d->infra, &named, err) < 0) || pk_source_roles(d->files, &named, err) < 0)
		return -1;
	collect(&named, options->role);
	collect(&named, options->owner);
	without_ours(server, &named, &roles);
	if (d->infra)
		pk_source_spaces(d->infra, &spaces);
	pk_source_spaces(d->files, &spaces);
	if (pk_server_ensure_spaces(server, &spaces, err) < 0)
		return -1;
	return ensure_roles(server, &roles, options->role, err);
}

int pk_shadow_make(struct pk_server *server, const struct pk_source *infra,
		   const struct pk_source *files, const struct pk_shadow_options *options,
		   char **ret_db, struct pk_err *err)
{
	PK_FREE char *id = pk_random_hex(6);
	PK_FREE char *db = pk_printf("pk_shadow_%s", id);
	const struct desired desired = { infra, files, options };
	const struct pk_create_db how = { .mark = { .purpose = "shadow", .label = "" },
					  .owner = options->owner ? options->owner : options->role,
					  .like = options->like };
	struct pk_conn *admin;

	if (stand_in(server, &desired, err) < 0 || pk_server_admin(server, &admin, err) < 0 ||
	    pk_server_create_db(server, db, &how, err) < 0)
		return -1;
	if (take_settings(admin, options->like, db, err) < 0 ||
	    pk_act_as(server, db, options->role, err) < 0 ||
	    load(server, db, &desired, err) < 0) {
		pk_scrap_db(admin, db, NULL);
		return -1;
	}
	*ret_db = pk_take(&db);
	return 0;
}

/* As admin, who sees everything; whoever reads, the texts are the same. */
static int read_db(struct pk_server *server, const char *db, const struct pk_managed *managed,
		   struct pk_snapshot *ret, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	pk_server_admin_info(server, db, &info);
	if (pk_conn_open(&conn, &info, err) < 0)
		return -1;
	return pk_snapshot_read(&conn, managed, ret, err);
}

/* What is to be known of a shadow, to keep it or to find it again. */
struct keeping {
	char *terms, *source;
};

static void keeping_release(struct keeping *k)
{
	free(k->terms);
	free(k->source);
}

static int keeping_find(struct pk_conn *admin, const struct desired *d, const char *like, struct keeping *ret,
			struct pk_err *err)
{
	const struct pk_shadow_options *options = d->options;
	const struct pk_kept_terms terms = { .role = options->role,
					     .owner = options->owner,
					     .like = like,
					     .trust_all = options->trust.all,
					     .managed = options->managed };

	ret->source = pk_kept_source(d->infra, d->files);
	return pk_kept_terms(admin, &terms, &ret->terms, err);
}

/* One that was kept, read; *ret_db NULL: there is none, or it is not what it says. */
static int read_kept(struct pk_server *server, struct pk_conn *admin, const struct keeping *k,
		     const struct pk_managed *managed, char **ret_db, struct pk_snapshot *ret, struct pk_err *err)
{
	const struct pk_kept like = { .terms = k->terms, .source = k->source };
	struct pk_oid fingerprint;

	if (pk_kept_take(server, &like, ret_db, &fingerprint, NULL, err) < 0)
		return -1;
	if (!*ret_db || (read_db(server, *ret_db, managed, ret, NULL) == 0 &&
			 pk_streq(fingerprint.hex, ret->fingerprint.hex)))
		return 0;
	pk_scrap_db(admin, *ret_db, NULL);
	pk_snapshot_release(ret);
	free(pk_take(ret_db));
	return 0;
}

/* Those that the files which changed need. */
static int stand_in_for_changes(struct pk_server *server, const struct pk_source *was, const struct desired *d)
{
	struct pk_source come = pk_source_apart(d->files, was);
	int status = stand_in(server, &(struct desired){ NULL, &come, d->options }, NULL);

	free(come.items);
	return status;
}

/* It follows the files to where they lead now. Reads nothing yet. */
static enum pk_reload follow(struct pk_server *server, const char *db, const struct desired *d)
{
	PK_AUTO(pk_conn) user = PK_CONN_INIT, admin = PK_CONN_INIT;
	PK_AUTO(pk_source) was = PK_SOURCE_INIT;
	enum pk_reload how = PK_RELOAD_REFUSED;
	bool known = false;

	if (open_both(server, db, &user, &admin, NULL) == 0 &&
	    pk_loaded_read(&admin, d->infra, &was, &known, NULL) == 0 && known &&
	    stand_in_for_changes(server, &was, d) == 0)
		how = pk_source_reload(&was, d->files, &user, &admin, &d->options->trust);
	if (how == PK_RELOADED && pk_loaded_change(&admin, &was, d->files, NULL) < 0)
		how = PK_RELOAD_SPOILT;
	return how;
}

/* One that was kept of other files, made to follow; *ret_db NULL: there is none that can. */
static int follow_kept(struct pk_server *server, struct pk_conn *admin, const struct keeping *k, const struct desired *d,
		       char **ret_db, struct pk_err *err)
{
	const struct pk_kept like = { .terms = k->terms, .source = "" };
	PK_FREE char *source = NULL;
	struct pk_oid fingerprint;
	enum pk_reload how;

	if (pk_kept_take(server, &like, ret_db, &fingerprint, &source, err) < 0)
		return -1;
	if (!*ret_db)
		return 0;
	how = follow(server, *ret_db, d);
	if (how == PK_RELOADED)
		return 0;
	if (how == PK_RELOAD_SPOILT ||
	    pk_kept_keep(server, *ret_db, &(struct pk_kept){ k->terms, source, fingerprint.hex }, NULL) < 0)
		pk_scrap_db(admin, *ret_db, NULL);
	free(pk_take(ret_db));
	return 0;
}

/* So that it can follow the files when they change; of no use is no error. */
static void note_files(struct pk_server *server, const char *db, const struct desired *d)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_conn) admin = PK_CONN_INIT;

	pk_server_admin_info(server, db, &info);
	if (pk_conn_open(&admin, &info, NULL) == 0)
		pk_loaded_write(&admin, d->infra, d->files, NULL);
}

int pk_shadow_read(struct pk_server *server, const struct pk_source *infra,
		   const struct pk_source *files, const struct pk_shadow_options *options,
		   struct pk_snapshot *ret, struct pk_err *err)
{
	struct keeping k __attribute__((cleanup(keeping_release))) = { NULL, NULL };
	const struct desired desired = { infra, files, options };
	struct pk_conn *admin;
	PK_FREE char *db = NULL;
	/* What is left out is loaded along with the files, and is another one each time. */
	bool keep = options->keep && !(options->trust.like && options->trust.like->n_left_out);
	int result = 0;

	if (pk_server_admin(server, &admin, err) < 0 ||
	    (keep && options->like &&
	     (keeping_find(admin, &desired, options->like, &k, err) < 0 ||
	      read_kept(server, admin, &k, options->managed, &db, ret, err) < 0)))
		return -1;
	bool known = db != NULL;
	if (!known && k.terms && follow_kept(server, admin, &k, &desired, &db, err) < 0)
		return -1;
	if (!db) {
		if (pk_shadow_make(server, infra, files, options, &db, err) < 0)
			return -1;
		if (keep)
			note_files(server, db, &desired);
	}
	if (!known)
		result = read_db(server, db, options->managed, ret, err);
	if (result == 0 && keep && !k.terms)
		result = keeping_find(admin, &desired, db, &k, err);
	if (result == 0 && keep)
		return pk_kept_keep(server, db, &(struct pk_kept){ k.terms, k.source, ret->fingerprint.hex }, err);
	/* What was asked for is known; a shadow that stays is for gc to see. */
	pk_scrap_db(admin, db, NULL);
	return result;
}

/* ---- proving ---- */

/* As the role, and where it may not, as a superuser would for it; who owns a schema need not have a right to it. */
static int run_as_role(struct pk_super *super, const struct pk_action *action, const char *sql, struct pk_err *err)
{
	const struct pk_super_stmt stmt = action ? pk_super_find(action) : (struct pk_super_stmt){ 0 };
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_exec(super->user, sql, &why) == 0 || pk_super_run(super, &stmt, sql, &why) == 0)
		return 0;
	if (strcmp(why.sqlstate, PK_SQLSTATE_INSUFFICIENT_PRIVILEGE) == 0 &&
	    pk_starts_with(why.msg, "permission denied for schema "))
		return pk_super_run_in_schemas(super, sql, err);
	return pk_err_move(err, &why);
}

static int run_one(const struct pk_statement *s, const struct pk_action *action, struct pk_super *super, struct pk_err *err)
{
	bool extension = action && pk_streq(action->object, "extension"), kept;
	struct pk_label_stmt label = pk_label_read(&super->arena, action, s->text);

	if (action && pk_streq(action->object, "role"))
		return 0;
	int result = pk_label_kept(super, &label, &kept, err);
	/* As superuser one statement alone, by the extended protocol: the text is a branch's. */
	if (result == 0)
		result = kept ? pk_label_keep_as(super, &label, err) :
			 extension ? pk_query(super->admin, s->text, 0, NULL, NULL, err) : run_as_role(super, action, s->text, err);

	if (extension && result == 0)
		result = pk_super_sever(super->admin, err);
	if (result == 0)
		return 0;
	pk_err_detail(err, "in: %s", s->text);
	return -1;
}

/* One by one, since some refuse to be in a transaction. */
static int run_sql(struct pk_server *server, const char *db, const char *sql, const struct pk_super_trust *trust,
		   struct pk_err *err)
{
	PK_AUTO(pk_conn) user = PK_CONN_INIT, admin = PK_CONN_INIT;
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
	PK_AUTO(pk_super) super = { .user = &user, .admin = &admin, .trust = trust };
	size_t next = 0;

	if (pk_sql_split(sql, "plan", &statements, err) < 0 || open_both(server, db, &user, &admin, err) < 0 ||
	    /* As it will be run in earnest: search_path counts for bodies of functions. */
	    pk_conn_user_settings(&user, err) < 0)
		return -1;
	pk_sql_actions(&statements, &actions);
	for (size_t i = 0; i < statements.n; i++) {
		const struct pk_action *action = NULL;

		while (next < actions.n && actions.items[next].statement < i)
			next++;
		if (next < actions.n && actions.items[next].statement == i)
			action = &actions.items[next];
		if (run_one(&statements.items[i], action, &super, err) < 0)
			return -1;
	}
	return 0;
}

int pk_shadow_prove(struct pk_server *server, const char *sql, const struct pk_shadow_options *options,
		    struct pk_oid *ret, struct pk_err *err)
{
	PK_AUTO(pk_source) nothing = PK_SOURCE_INIT;
	PK_AUTO(pk_source) named = PK_SOURCE_INIT;
	PK_AUTO(pk_snapshot) snapshot = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_strv) roles = PK_STRV_INIT, wanted = PK_STRV_INIT;
	struct pk_conn *admin;
	PK_FREE char *db = NULL;
	bool left_out = options->trust.like && options->trust.like->n_left_out;
	int result;

	pk_source_add(&named, "plan", sql, strlen(sql));
	if (pk_source_roles(&named, &roles, err) < 0)
		return -1;
	without_ours(server, &roles, &wanted);
	if (ensure_roles(server, &wanted, options->role, err) < 0 ||
	    pk_server_admin(server, &admin, err) < 0 ||
	    pk_shadow_make(server, NULL, left_out ? &named : &nothing, options, &db, err) < 0)
		return -1;
	result = left_out ? 0 : run_sql(server, db, sql, &options->trust, err);
	if (result == 0)
		result = read_db(server, db, options->managed, &snapshot, err);
	pk_scrap_db(admin, db, NULL);
	if (result == 0)
		*ret = snapshot.fingerprint;
	return result;
}

int pk_shadow_copy(struct pk_server *server, const struct pk_snapshot *schema,
		   const struct pk_shadow_options *options, char **ret_db, struct pk_err *err)
{
	PK_AUTO(pk_schema_files) texts = PK_SCHEMA_FILES_INIT;
	PK_AUTO(pk_source) source = PK_SOURCE_INIT;

	pk_snapshot_to_files(schema, options->role, &texts);
	for (size_t i = 0; i < texts.n; i++)
		pk_source_add(&source, texts.items[i].path, texts.items[i].text, strlen(texts.items[i].text));
	return pk_shadow_make(server, NULL, &source, options, ret_db, err);
}

int pk_shadow_after(struct pk_server *server, const struct pk_snapshot *schema, const char *sql,
		    const struct pk_shadow_options *options, struct pk_snapshot *ret_before,
		    struct pk_snapshot *ret_after, struct pk_err *err)
{
	struct pk_conn *admin;
	PK_FREE char *db = NULL;
	int result;

	if (pk_server_admin(server, &admin, err) < 0 || pk_shadow_copy(server, schema, options, &db, err) < 0)
		return pk_err_wrap(err, "the schema cannot be copied to try the renames");
	result = read_db(server, db, options->managed, ret_before, err);
	if (result == 0 && !pk_streq(ret_before->fingerprint.hex, schema->fingerprint.hex))
		result = pk_err_set(err, "the copy of the schema for trying the renames differs from it");
	if (result == 0)
		result = run_sql(server, db, sql, &options->trust, err);
	if (result == 0)
		result = read_db(server, db, options->managed, ret_after, err);
	pk_scrap_db(admin, db, NULL);
	return result;
}
