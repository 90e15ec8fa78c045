/*
 * What a deploy or a rollback is about to do, kept beside the repository until its record is written: one that
 * was killed after a commit on the remote is recorded by the next one.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/text.h"
#include "deploy/internal.h"
#include "deploy/lock.h"
#include "deploy/record.h"

static char *path_of(const struct pk_repo *repo, const char *remote)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_path_name(&name, remote);
	return pk_printf("%s/postkit/deploys/%s.json", repo->commondir, name.ptr);
}

static char *journal_path(const struct pk_deploy *d)
{
	return path_of(d->repo, d->remote.name);
}

bool pk_record_due(const struct pk_repo *repo, const char *remote)
{
	PK_FREE char *path = path_of(repo, remote);

	return pk_path_exists(path);
}

int pk_deploy_intend(const struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	PK_FREE char *path = journal_path(d), *text = NULL;
	cJSON *list;

	pk_json_set_num(json.root, "schema", 1);
	pk_json_set_str(json.root, "started", d->started);
	pk_json_set_str(json.root, "from", d->now.fingerprint.hex);
	list = pk_json_add_array(json.root, "adopt");
	for (size_t i = 0; d->adopt && i <= d->adopt_at; i++)
		if (!pk_deploy_find_applied(d, d->chain.items[i].version))
			cJSON_AddItemToArray(list, cJSON_CreateString(d->chain.items[i].version));
	if (pk_deploy_is_down(d))
		pk_json_set_str(json.root, "back_to", d->back_to);
	list = pk_json_add_array(json.root, "versions");
	for (size_t i = 0; i < d->n_pending; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(d->chain.items[d->pending[i]].version));
	text = pk_json_print(json.root);
	return pk_write_file(path, text, strlen(text), 0600, err);
}

void pk_deploy_forget(const struct pk_deploy *d)
{
	PK_FREE char *path = journal_path(d);

	/* As long as it is there, status waits for a record. */
	if (unlink(path) < 0 && errno != ENOENT)
		pk_deploy_phase(d, "'%s' cannot be removed: %s; the next deploy to '%s' tries again", path, strerror(errno),
				d->remote.name);
}

/* A record of the very run: its versions may have come and gone before, and since. */
static bool is_recorded(const struct pk_records *records, const cJSON *run, bool down,
			const char *version)
{
	const struct pk_record *record = pk_records_find(records, version, NULL);
	const char *started = pk_json_str(run, "started");

	return record && record->rollback == down && record->started && started &&
	       strcmp(record->started, started) >= 0;
}

static bool is_done(const struct pk_deploy *d, const char *version, bool down)
{
	const struct pk_applied *row = pk_deploy_find_applied(d, version);

	return down ? !row : row && pk_applied_stage(row) == PK_APPLIED_IN;
}

/* Returns whether it is done. */
static bool add_if_done(struct pk_deploy *d, const struct pk_records *records, const cJSON *run,
			bool down, const char *version, bool adopted)
{
	const struct pk_migration *m = version ? pk_chain_find(&d->chain, version) : NULL;

	if (!m || !is_done(d, version, down))
		return false;
	if (!is_recorded(records, run, down, version))
		pk_deploy_add_done(d, (size_t)(m - d->chain.items), 0, adopted);
	return true;
}

static int read_journal(const struct pk_deploy *d, struct pk_json *ret)
{
	PK_FREE char *path = journal_path(d);
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (!pk_path_exists(path) || pk_read_file(path, &text, NULL) < 0)
		return -1;
	return pk_json_parse(text.ptr, text.len, ret, NULL);
}

char *pk_deploy_intended_back(const struct pk_deploy *d)
{
	PK_AUTO(pk_json) json = PK_JSON_INIT;

	return read_journal(d, &json) < 0 ? NULL : pk_strdup(pk_json_str(json.root, "back_to"));
}

/* The direction is that of the run that was killed. */
static int record_late(struct pk_deploy *d, const cJSON *run, bool complete, bool down,
		       struct pk_err *err)
{
	enum pk_direction direction = d->options.direction;
	char *started = d->started;
	int rc;

	d->started = pk_strdup(pk_json_str(run, "started"));
	snprintf(d->from, sizeof(d->from), "%s", pk_json_str(run, "from"));
	d->options.direction = down ? PK_DOWN : PK_UP;
	rc = pk_deploy_record(d, complete, err);
	d->options.direction = direction;
	free(d->started);
	d->started = started;
	if (rc == 0)
		pk_deploy_phase(d,
				"an earlier %s '%s' ended before its record was written; it is "
				"recorded now",
				down ? "rollback of" : "deploy to", d->remote.name);
	d->from[0] = '\0';
	d->n_done = 0;
	return rc;
}

int pk_deploy_catch_up(struct pk_deploy *d, struct pk_err *err)
{
	PK_FREE char *holder = NULL;

	if (!pk_record_due(d->repo, d->remote.name))
		return 0;
	/* It may be at work still; then it writes its record itself. */
	if (pk_deploy_lock_holder(&d->conn, &holder, err) < 0)
		return -1;
	return *holder ? 0 : pk_deploy_catch_up_locked(d, err);
}

int pk_deploy_catch_up_locked(struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	PK_AUTO(pk_records) records = PK_RECORDS_INIT;
	const cJSON *item;
	bool complete = true, down;
	int rc = 0;

	if (read_journal(d, &json) < 0)
		return 0;
	if (pk_records_read(d->repo, d->remote.name, 0, &records, err) < 0)
		return -1;
	down = pk_json_str(json.root, "back_to") != NULL;
	cJSON_ArrayForEach (item, pk_json_array(json.root, "adopt"))
		add_if_done(d, &records, json.root, down, cJSON_GetStringValue(item), true);
	cJSON_ArrayForEach (item, pk_json_array(json.root, "versions"))
		complete &= add_if_done(d, &records, json.root, down, cJSON_GetStringValue(item),
					false);
	if (d->n_done)
		rc = record_late(d, json.root, complete, down, err);
	if (rc == 0)
		pk_deploy_forget(d);
	return rc;
}
