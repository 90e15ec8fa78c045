#include "clone/template.h"
#include "base/clock.h"
#include "base/text.h"
#include "catalog/super.h"
#include "clone/carry.h"
#include "clone/files_record.h"
#include "clone/less.h"
#include "clone/method.h"
#include "clone/physical.h"
#include "clone/scrap.h"

#include <strings.h>

/*
 * A copy under way has a name of its own, and the rename that ends it is what makes it a template: one
 * step for the server, so no moment at which half a copy could be taken for a whole one.
 */
#define NEW_PREFIX	"pk_new_"
#define TEMPLATE_PREFIX "pk_template_"

void pk_template_release(struct pk_template *t)
{
	free(t->db);
	free(t->source);
	free(t->record);
	pk_refreshed_release(&t->refreshed);
	*t = (struct pk_template)PK_TEMPLATE_INIT;
}

static char *template_name(const char *remote)
{
	PK_FREE char *slug = pk_slug(remote);

	if (strlen(slug) > 30)
		slug[30] = '\0';
	return pk_printf(TEMPLATE_PREFIX "%s_%08x", slug,
			 (unsigned)pk_hash(remote, strlen(remote), 0));
}

static bool is_of(const struct pk_database *d, const char *remote, const char *prefix)
{
	return pk_streq(d->purpose, "template") && pk_streq(d->label, remote) &&
	       pk_starts_with(d->name, prefix);
}

bool pk_template_is(const struct pk_database *d, const char *remote_name)
{
	return is_of(d, remote_name, TEMPLATE_PREFIX);
}

int pk_template_find(struct pk_server *server, const char *remote_name, struct pk_template *ret,
		     struct pk_err *err)
{
	PK_AUTO(pk_databases) all = PK_DATABASES_INIT;

	if (pk_server_databases_for(server, "template", &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		if (!pk_template_is(&all.items[i], remote_name))
			continue;
		pk_template_release(ret);
		ret->db = pk_strdup(all.items[i].name);
		ret->source = pk_strdup(all.items[i].source);
		ret->record = pk_strdup(all.items[i].record);
		ret->created = all.items[i].created;
		break;
	}
	return 0;
}

/* Called with the lock held, so whoever made them is gone. */
static int drop_leftovers(struct pk_server *server, const char *remote, struct pk_err *err)
{
	PK_AUTO(pk_databases) all = PK_DATABASES_INIT;

	if (pk_server_databases_for(server, "template", &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (is_of(&all.items[i], remote, NEW_PREFIX) &&
		    pk_server_drop_db(server, all.items[i].name, err) < 0)
			return -1;
	return 0;
}

static int lock_call(struct pk_conn *admin, const struct pk_server *server, const char *call, const char *template_db,
		     struct pk_err *err)
{
	uint64_t hash = pk_hash(template_db, strlen(template_db), 0);
	PK_FREE char *key = NULL, *sql = pk_printf("SELECT pg_catalog.%s($1::bigint)", call);
	const char *params[1];

	if (server->owner_id)
		hash = pk_hash(server->owner_id, strlen(server->owner_id), hash);
	key = pk_printf("%lld", (long long)hash);
	params[0] = key;
	return pk_query(admin, sql, 1, params, NULL, err);
}

/* A lock of the server's: it is let go when we die, and holds for a server that others use too. */
static int lock_template(struct pk_conn *admin, const struct pk_server *server, const char *remote,
			 struct pk_err *err)
{
	PK_FREE char *db = template_name(remote);

	if (lock_call(admin, server, "pg_advisory_lock", db, err) < 0)
		return pk_err_wrap(err, "cannot wait for the template of remote '%s'", remote);
	return 0;
}

/* Several cut at once, but not while somebody changes it from inside (clone/refresh.h). */
static int cut_locked(struct pk_server *server, struct pk_conn *admin, const char *template_db, const char *db,
		      const struct pk_mark *mark, struct pk_err *err)
{
	int status;

	if (lock_call(admin, server, "pg_advisory_lock_shared", template_db, err) < 0)
		return pk_err_wrap(err, "cannot wait for the template '%s'", template_db);
	status = pk_server_clear_db(server, template_db, err);
	if (status == 0)
		status = pk_server_cut_db(server, template_db, db, mark, err);
	if (pk_conn_alive(admin))
		lock_call(admin, server, "pg_advisory_unlock_shared", template_db, NULL);
	return status;
}

/* What makes it another database: who connects does not. Caller frees. */
static char *source_of(const struct pk_remote *remote)
{
	static const char *const keys[] = { "service", "host", "hostaddr", "port", "dbname" };
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	for (size_t i = 0; i < PK_COUNT(keys); i++) {
		const char *value = pk_conninfo_get(&remote->info, keys[i]);

		pk_buf_addf(&text, "%s%s", i ? "|" : "", value ? value : "");
	}
	return pk_buf_take(&text);
}

/* From the same database, and no less of it than is wanted. */
static bool is_from(const struct pk_template *t, const char *source, const struct pk_less *less)
{
	return t->source && pk_starts_with(t->source, source) && pk_less_fits(less, t->source + strlen(source));
}

static int seal(struct pk_server *server, struct pk_conn *admin, const char *db, const struct pk_mark *mark,
		struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "ALTER DATABASE ");
	pk_buf_add_ident(&sql, db);
	pk_buf_add(&sql, " ALLOW_CONNECTIONS false");
	if (pk_server_mark_db(server, db, mark, err) < 0)
		return -1;
	return pk_exec(admin, sql.ptr, err);
}

/* Complete, under a name of its own; from now on it is the template. */
static int enthrone(struct pk_server *server, const char *name, const char *old, const char *remote, struct pk_err *err)
{
	PK_FREE char *id = pk_random_hex(6), *final = template_name(remote);
	PK_FREE char *aside = pk_printf(NEW_PREFIX "%s", id);

	return old ? pk_server_replace_db(server, name, old, aside, err) : pk_server_rename_db(server, name, final, err);
}

/* Seals the copy `name`, which is complete, and makes it the template in the place of old (NULL: none). On failure it is gone. */
static int put_in_place(struct pk_server *server, struct pk_conn *admin, const char *name, const char *old,
			const struct pk_mark *mark, struct pk_err *err)
{
	if (seal(server, admin, name, mark, err) == 0 && enthrone(server, name, old, mark->label, err) == 0)
		return 0;
	pk_scrap_db(admin, name, NULL);
	return -1;
}

/* Beside the old one, if there is any, until it is complete. */
static int copy_new(struct pk_server *server, struct pk_conn *admin, const struct pk_template_want *want, const char *old,
		    struct pk_template *ret, struct pk_err *err)
{
	const struct pk_copy_options *options = &want->options;
	const struct pk_remote *remote = want->remote;
	PK_AUTO(pk_copied) record = PK_COPIED_INIT;
	PK_FREE char *id = pk_random_hex(6), *from = source_of(remote), *final = template_name(remote->name);
	PK_FREE char *name = pk_printf(NEW_PREFIX "%s", id), *terms = pk_less_terms(options->less);
	PK_FREE char *source = pk_printf("%s%s", from, terms), *text = NULL;
	struct pk_mark mark = { .purpose = "template", .label = remote->name, .source = source };
	const struct pk_copy_target files = { server, final, mark };
	const struct pk_copy_target rows = { server, name, { .purpose = "template", .label = remote->name } };
	struct pk_copy_options narrowed = *options;

	if (options->physical) {
		if (pk_physical_copy(want, &files, &ret->stats, err) < 0)
			return -1;
		if (options->physical->method.files)
			return 0;
	}
	pk_less_apply(options->less, &narrowed);
	narrowed.record = &record;
	if (pk_copy_database(&remote->info, want->facts, &rows, &narrowed, &ret->stats, err) < 0)
		return pk_less_explain(options->less, err);
	text = pk_copied_text(&record);
	mark.record = text;
	return put_in_place(server, admin, name, old, &mark, err);
}

/* Why all has to be copied, as far as that is known without the remote; NULL: nothing says so. */
static const char *why_all(bool known, const struct pk_server *server, const struct pk_less *less)
{
	if (!known)
		return "nothing is known of what it was copied from";
	if (server->limited)
		return "the role of the local server may not change copies in place";
	return less && less->sample.asked ? "a sample is chosen anew" : NULL;
}

/* ret: the template; its refreshed says whether all has to be copied. */
static int refresh(struct pk_server *server, struct pk_conn *admin, const struct pk_template_want *want,
		   struct pk_template *t, struct pk_err *err)
{
	const struct pk_copy_options *options = &want->options;
	const struct pk_remote *remote = want->remote;
	PK_AUTO(pk_copied) was = PK_COPIED_INIT, is = PK_COPIED_INIT;
	PK_FREE char *id = pk_random_hex(6), *terms = pk_less_terms(options->less), *from = source_of(remote);
	PK_FREE char *name = pk_printf(NEW_PREFIX "%s", id), *source = pk_printf("%s%s", from, terms), *text = NULL;
	struct pk_copy_options narrowed = *options;
	const struct pk_refresh_how how = { .source = &remote->info, .server = server, .facts = want->facts, .from = t->db,
					    .mark = t->source, .name = name, .label = remote->name, .was = &was,
					    .options = &narrowed };
	struct pk_mark mark = { .purpose = "template", .label = remote->name, .source = t->source };
	bool known = pk_copied_parse(t->record, &was);
	const char *doubt = why_all(known, server, options->less);

	t->since = known ? was.taken : t->created;
	/* What start was told to leave out, once and for this, is not copied unasked. */
	t->own_options = strcmp(t->source, source) != 0;
	t->kept = want->age == PK_TEMPLATE_NEAR && !t->own_options && options->less && options->less->sample.asked;
	if (t->own_options || t->kept)
		return 0;
	if (doubt) {
		t->refreshed.doubt = pk_strdup(doubt);
		return 0;
	}
	pk_less_apply(options->less, &narrowed);
	if (pk_files_record_count(server, t->db, &was, err) < 0)
		return pk_err_wrap(err, "cannot see how much the template of remote '%s' holds", remote->name);
	if (pk_refresh_run(&how, &t->refreshed, &is, err) < 0) {
		pk_less_explain(options->less, err);
		if (!err->hint)
			pk_err_hint(err, "--fresh copies all of it");
		return pk_err_wrap(err, "cannot bring the template of remote '%s' up to date", remote->name);
	}
	if (t->refreshed.doubt)
		return 0;
	t->created = is.taken;
	if (t->refreshed.inside)
		return 0;
	text = pk_copied_text(&is);
	mark.record = text;
	return t->refreshed.made ? put_in_place(server, admin, name, t->db, &mark, err) :
				   seal(server, admin, t->db, &mark, err);
}

char *pk_template_told(const struct pk_template *t)
{
	const struct pk_refreshed *r = &t->refreshed;
	PK_FREE char *since = t->since ? pk_time_ago((time_t)t->since) : NULL, *bytes = pk_size(r->bytes),
		     *took = pk_duration(r->seconds);

	if (!t->since)
		return NULL;
	if (t->own_options)
		return pk_printf("it was copied %s with options of its own, so it stays as it is (--fresh copies again)", since);
	if (t->kept)
		return pk_printf("it is a sample of %s, so it stays as it is (--fresh takes another)", since);
	if (r->doubt)
		return pk_printf("all was copied, though there was a copy of %s: %s", since, r->doubt);
	if (r->followed)
		return pk_printf("its schema was brought to the remote's, and %zu of %zu tables%s changed since %s (row versions): "
				 "%s copied in %s",
				 r->changed, r->tables, r->large ? " and large objects" : "", since, bytes, took);
	if (!r->changed && !r->large && (r->made || r->inside))
		return pk_printf("sequences, and none of %zu tables, changed since %s", r->tables, since);
	if (!r->changed && !r->large)
		return pk_printf("nothing has changed since %s (%s)", since,
				 r->scanned ? "row versions" : "no transaction came to its end");
	if (!r->changed)
		return pk_printf("large objects, and none of %zu tables, changed since %s (row versions): %s copied in %s", r->tables,
				 since, bytes, took);
	return pk_printf("%zu of %zu tables%s changed since %s (row versions): %s copied in %s", r->changed, r->tables,
			 r->large ? " and large objects" : "", since, bytes, took);
}

int pk_template_wanted(const struct pk_config *config, enum pk_template_age by_itself, enum pk_template_age *ret,
		       struct pk_err *err)
{
	const char *text = pk_config_get(config, "refresh");

	*ret = by_itself;
	if (!text || strcasecmp(text, "dryRun") == 0)
		return 0;
	*ret = strcasecmp(text, "always") == 0 ? PK_TEMPLATE_CURRENT : PK_TEMPLATE_AS_IS;
	if (*ret == PK_TEMPLATE_CURRENT || strcasecmp(text, "never") == 0)
		return 0;
	return pk_err_set(err, "postkit.refresh is dryRun, always or never, not '%s'", text);
}

/* After it was made: what was found out meanwhile stays. */
static int find_again(struct pk_server *server, const char *remote, struct pk_template *t, struct pk_err *err)
{
	PK_AUTO(pk_template) now = PK_TEMPLATE_INIT;

	if (pk_template_find(server, remote, &now, err) < 0)
		return -1;
	if (!now.db)
		return pk_err_set(err, "the template of remote '%s' was dropped meanwhile", remote);
	now.copied = t->copied;
	now.stats = t->stats;
	now.since = t->since;
	now.own_options = t->own_options;
	now.refreshed = t->refreshed;
	t->refreshed = (struct pk_refreshed)PK_REFRESHED_INIT;
	pk_template_release(t);
	*t = now;
	now = (struct pk_template)PK_TEMPLATE_INIT;
	return 0;
}

static int read_size(struct pk_server *server, struct pk_template *t, struct pk_err *err)
{
	const char *params[] = { t->db };
	PK_FREE char *size = NULL;
	struct pk_conn *admin;

	if (pk_server_admin(server, &admin, err) < 0 ||
	    pk_query_value(admin, "SELECT pg_catalog.pg_database_size($1::name)", 1, params, &size, err) < 0)
		return -1;
	t->size = size ? strtoll(size, NULL, 10) : 0;
	return 0;
}

int pk_template_ensure(struct pk_server *server, const struct pk_template_want *want, struct pk_template *ret,
		       struct pk_err *err)
{
	const struct pk_remote *remote = want->remote;
	const struct pk_config *config = want->options.config;
	struct pk_template_want limited = *want;
	PK_AUTO(pk_conn) admin = PK_CONN_INIT;
	PK_AUTO(pk_template) found = PK_TEMPLATE_INIT;
	PK_FREE char *source = source_of(remote);
	double started;
	bool same;

	if (server->kind == PK_SERVER_COMMAND) {
		if (pk_less_by_command(want->options.less, config, remote->name, err) < 0)
			return -1;
		pk_template_release(ret);
		ret->none = true;
		return 0;
	}
	if (pk_method_max_rate(config, remote->name, &limited.options.max_rate, err) < 0 ||
	    pk_conn_open(&admin, &server->admin, err) < 0 ||
	    lock_template(&admin, server, remote->name, err) < 0 ||
	    drop_leftovers(server, remote->name, err) < 0 ||
	    pk_template_find(server, remote->name, &found, err) < 0)
		return -1;
	same = found.db && want->age != PK_TEMPLATE_FRESH && is_from(&found, source, want->options.less);
	/* Roles that appeared there since, and the one that deploys. */
	if (same && pk_source_facts_roles(want->facts, server, err) < 0)
		return -1;
	started = pk_now();
	if (same && want->age != PK_TEMPLATE_AS_IS && refresh(server, &admin, &limited, &found, err) < 0)
		return -1;
	found.refreshed.seconds = pk_now() - started;
	found.copied = !same || found.refreshed.doubt;
	if (found.copied && copy_new(server, &admin, &limited, found.db, &found, err) < 0)
		return -1;
	if (((found.copied || found.refreshed.made) && find_again(server, remote->name, &found, err) < 0) ||
	    read_size(server, &found, err) < 0)
		return -1;
	pk_template_release(ret);
	*ret = found;
	found = (struct pk_template)PK_TEMPLATE_INIT;
	return 0;
}

static int act_as(const struct pk_server *server, struct pk_conn *admin, const char *db,
		  const char *role, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (pk_server_acts(server))
		return 0;
	/* The role can set things for itself, here and for all databases: what another branch did. */
	pk_buf_add(&sql, "ALTER ROLE ");
	pk_buf_add_ident(&sql, server->login);
	pk_buf_add(&sql, " RESET ALL; ALTER ROLE ");
	pk_buf_add_ident(&sql, server->login);
	pk_buf_add(&sql, " IN DATABASE ");
	pk_buf_add_ident(&sql, db);
	pk_buf_add(&sql, " RESET ALL; ALTER ROLE ");
	pk_buf_add_ident(&sql, server->login);
	pk_buf_add(&sql, " IN DATABASE ");
	pk_buf_add_ident(&sql, db);
	if (role && !pk_streq(role, server->login)) {
		pk_buf_add(&sql, " SET role TO ");
		pk_buf_add_literal(&sql, role);
	} else {
		pk_buf_add(&sql, " RESET role");
	}
	if (pk_exec(admin, sql.ptr, err) < 0)
		return pk_err_wrap(err, "cannot let '%s' act as role '%s'", db,
				   role ? role : server->login);
	return 0;
}

int pk_act_as(struct pk_server *server, const char *db, const char *role, struct pk_err *err)
{
	struct pk_conn *admin;

	if (pk_server_admin(server, &admin, err) < 0)
		return -1;
	return act_as(server, admin, db, role, err);
}

/* CREATE DATABASE ... TEMPLATE takes the contents, but not the privileges. */
static int dress(struct pk_server *server, struct pk_conn *admin, const char *from, const char *db,
		 const char *role, struct pk_err *err)
{
	PK_AUTO(pk_strv) pairs = PK_STRV_INIT;
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_conn) inside = PK_CONN_INIT;
	const char *const params[] = { role, from };
	PK_FREE char *may_create = NULL;

	pk_server_admin_info(server, db, &info);
	if (pk_carry_read(admin, db, &pairs, err) < 0 ||
	    pk_conn_open(&inside, &info, err) < 0 || pk_super_sever(&inside, err) < 0 ||
	    pk_carried_wake(&inside, db, &pairs, err) < 0)
		return -1;
	if (role &&
	    pk_query_value(admin,
			   "SELECT pg_catalog.has_database_privilege($1::name, $2::text, 'CREATE')",
			   2, params, &may_create, err) < 0)
		return -1;
	if (pk_streq(may_create, "t") && pk_carry_create_privilege(admin, db, role, err) < 0)
		return -1;
	return act_as(server, admin, db, role, err);
}

/* It is as the remote is, with what that can reach. */
static int make_by_command(struct pk_server *server, char **db, const struct pk_mark *mark, const char *role,
			   struct pk_err *err)
{
	struct pk_conn *admin;
	char *made = NULL;

	if (pk_server_make(server, mark, role, &made, err) < 0)
		return -1;
	free(*db);
	*db = made;
	if (pk_server_admin(server, &admin, err) == 0 && pk_super_sever(admin, err) == 0 &&
	    act_as(server, admin, made, role, err) == 0)
		return 0;
	pk_server_drop_db(server, made, NULL);
	return -1;
}

int pk_template_cut(struct pk_server *server, const struct pk_template *t, char **db, const struct pk_mark *mark,
		    const char *role, struct pk_err *err)
{
	struct pk_conn *admin;

	if (server->kind == PK_SERVER_COMMAND)
		return make_by_command(server, db, mark, role, err);
	if (pk_server_admin(server, &admin, err) < 0 || cut_locked(server, admin, t->db, *db, mark, err) < 0)
		return -1;
	if (dress(server, admin, t->db, *db, role, err) < 0) {
		pk_scrap_db(admin, *db, NULL);
		return -1;
	}
	return 0;
}
