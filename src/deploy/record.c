#include "deploy/internal.h"

#include "base/clock.h"
#include "base/json.h"

#define TRIES 50

static char *who(const struct pk_deploy *d)
{
	const char *name = pk_config_git(d->config, "user.name");
	const char *mail = pk_config_git(d->config, "user.email");

	if (!name && !mail)
		return pk_strdup(d->facts.role);
	return mail ? pk_printf("%s%s<%s>", name ? name : "", name ? " " : "", mail) : pk_strdup(name);
}

/* last: the newest version on the remote by now; NULL: none. */
static char *record_text(const struct pk_deploy *d, const char *last, const struct pk_oid *to,
			 bool complete)
{
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	PK_FREE char *finished = pk_time_iso(pk_time());
	PK_FREE char *by = who(d);
	cJSON *list;

	pk_json_set_num(json.root, "schema", 1);
	pk_json_set_str(json.root, "remote", d->remote.name);
	pk_json_set_str(json.root, "commit", d->commit.hex);
	if (pk_deploy_is_down(d)) {
		pk_json_set_str(json.root, "kind", "rollback");
		pk_json_set_str(json.root, "back_to", last ? last : "0");
	}
	list = pk_json_add_array(json.root, "migrations");
	for (size_t i = 0; i < d->n_done; i++) {
		const struct pk_migration *m = &d->chain.items[d->done[i].index];
		cJSON *item = pk_json_add_object(list, NULL);

		pk_json_set_str(item, "version", m->version);
		pk_json_set_str(item, "name", m->name);
		pk_json_set_str(item, "checksum", m->checksum);
		pk_json_set_num(item, "seconds", d->done[i].seconds);
		if (d->done[i].adopted)
			pk_json_set_bool(item, "adopted", true);
	}
	pk_json_set_str(json.root, "from", *d->from ? d->from : d->now.fingerprint.hex);
	pk_json_set_str(json.root, "to", to->hex);
	pk_json_set_str(json.root, "started", d->started);
	pk_json_set_str(json.root, "finished", finished);
	pk_json_set_str(json.root, "by", by);
	pk_json_set_bool(json.root, "complete", complete);
	return pk_json_print(json.root);
}

static const char *what(const struct pk_deploy *d)
{
	return pk_deploy_is_down(d) ? "rollback" : "deploy";
}

static char *message(const struct pk_deploy *d)
{
	struct pk_buf text = PK_BUF_INIT;

	pk_buf_addf(&text, "%s %s: %zu migration%s\n\n", what(d), d->remote.name, d->n_done,
		    d->n_done == 1 ? "" : "s");
	for (size_t i = 0; i < d->n_done; i++)
		pk_buf_addf(&text, "%s%s\n", d->chain.items[d->done[i].index].file,
			    d->done[i].adopted ? " (adopted)" : "");
	pk_buf_addf(&text, "\nPostkit-Commit: %s\n", d->commit.hex);
	return pk_buf_take(&text);
}

/* What has come to its end; half way it still is where the direction leads away from. */
static bool is_there(const struct pk_deploy *d, const struct pk_applied *row)
{
	enum pk_applied_stage stage = pk_applied_stage(row);

	return stage == PK_APPLIED_IN || (stage == PK_APPLIED_GOING && pk_deploy_is_down(d));
}

static bool has_run(const struct pk_deploy *d, const struct pk_applied_list *applied,
		    const struct pk_migration *m)
{
	for (size_t i = 0; i < applied->n; i++)
		if (pk_streq(applied->items[i].version, m->version))
			return is_there(d, &applied->items[i]);
	return false;
}

static int write_tree(const struct pk_deploy *d, const struct pk_applied_list *applied,
		      const char *text, const struct pk_oid *snapshot, struct pk_oid *ret,
		      struct pk_err *err)
{
	struct pk_tree_item *items = pk_realloc_array(NULL, d->chain.n + 2, sizeof(*items));
	PK_AUTO(pk_strv) paths = PK_STRV_INIT;
	size_t n = 0;
	int rc;

	items[n] = (struct pk_tree_item){ .path = "record.json" };
	rc = pk_repo_write_blob(d->repo, text, strlen(text), &items[n++].oid, err);
	items[n++] = (struct pk_tree_item){ .path = "snapshot", .oid = *snapshot, .mode = 040000 };
	for (size_t i = 0; i < d->chain.n; i++)
		pk_strv_pushf(&paths, "migrations/%s", d->chain.items[i].file);
	for (size_t i = 0; i < d->chain.n; i++) {
		if (!has_run(d, applied, &d->chain.items[i]))
			continue;
		items[n].path = paths.items[i];
		items[n].mode = 0;
		snprintf(items[n].oid.hex, sizeof(items[n].oid.hex), "%s", d->chain.items[i].checksum);
		n++;
	}
	if (rc == 0)
		rc = pk_repo_write_tree(d->repo, items, n, ret, err);
	free(items);
	return rc;
}

/* The schema and the tracking table as they are now; a connection lost at the end is had again. */
static int read_after(struct pk_deploy *d, struct pk_snapshot *ret,
		      struct pk_applied_list *ret_applied, struct pk_err *err)
{
	bool exists = false;

	if (!pk_conn_alive(&d->conn)) {
		pk_conn_release(&d->conn);
		d->conn = (struct pk_conn)PK_CONN_INIT;
		if (pk_remote_connect(&d->remote, &d->conn, err) < 0)
			return -1;
	}
	if (pk_applied_read(&d->conn, ret_applied, &exists, err) < 0)
		return -1;
	return pk_snapshot_read(&d->conn, &d->project->managed, ret, err);
}

int pk_deploy_record(struct pk_deploy *d, bool complete, struct pk_err *err)
{
	PK_AUTO(pk_snapshot) after = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_applied_list) applied = PK_APPLIED_LIST_INIT;
	PK_FREE char *ref = pk_printf("refs/postkit/deploys/%s", d->remote.name);
	PK_FREE char *why = pk_printf("%s %s", what(d), d->remote.name);
	PK_FREE char *text = NULL, *log = message(d);
	struct pk_oid snapshot = { "" }, tree = { "" };

	if (read_after(d, &after, &applied, err) < 0 ||
	    pk_snapshot_write_tree(&after, d->repo, &snapshot, err) < 0 ||
	    pk_fingerprint_store(d->repo, &snapshot, why, err) < 0)
		return -1;
	snprintf(d->to, sizeof(d->to), "%s", snapshot.hex);
	text = record_text(d, applied.n ? applied.items[applied.n - 1].version : NULL, &snapshot,
			   complete);
	if (write_tree(d, &applied, text, &snapshot, &tree, err) < 0)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		struct pk_oid tip = { "" }, commit = { "" };
		int rc;

		if (pk_ref_read(d->repo, ref, &tip, err) < 0 ||
		    pk_repo_write_commit(d->repo, &tree, &tip, log, &commit, err) < 0)
			return -1;
		rc = pk_ref_swap(d->repo, ref, &tip, &commit, why, err);
		if (rc <= 0)
			return rc;
	}
	return pk_err_set(err, "'%s' is being changed by others without end", ref);
}
