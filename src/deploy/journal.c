/*
 * What a deploy is about to do, kept beside the repository until its record is written: a deploy that
 * was killed after a commit on the remote is recorded by the next one.
 */
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/text.h"
#include "deploy/internal.h"
#include "deploy/lock.h"
#include "deploy/record.h"

static char *journal_path(const struct pk_deploy *d)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_path_name(&name, d->remote.name);
	return pk_printf("%s/postkit/deploys/%s.json", d->repo->commondir, name.ptr);
}

int pk_deploy_intend(const struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	PK_FREE char *path = journal_path(d), *text = NULL;
	cJSON *list;

	pk_json_set_num(json.root, "schema", 1);
	pk_json_set_str(json.root, "started", d->started);
	pk_json_set_str(json.root, "from", d->now.fingerprint.hex);
	if (d->adopt)
		pk_json_set_str(json.root, "adopt", d->chain.items[0].version);
	list = pk_json_add_array(json.root, "versions");
	for (size_t i = 0; i < d->n_pending; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(d->chain.items[d->pending[i]].version));
	text = pk_json_print(json.root);
	return pk_write_file(path, text, strlen(text), 0600, err);
}

void pk_deploy_forget(const struct pk_deploy *d)
{
	PK_FREE char *path = journal_path(d);

	unlink(path);
}

static bool is_recorded(const struct pk_records *records, const char *version)
{
	for (size_t i = 0; i < records->n; i++)
		for (size_t k = 0; k < records->items[i].n; k++)
			if (pk_streq(records->items[i].items[k].version, version))
				return true;
	return false;
}

static void add_if_done(struct pk_deploy *d, const struct pk_records *records, const char *version, bool adopted)
{
	for (size_t i = 0; i < d->chain.n && version; i++) {
		if (!pk_streq(d->chain.items[i].version, version) || is_recorded(records, version))
			continue;
		for (size_t k = 0; k < d->applied.n; k++)
			if (pk_streq(d->applied.items[k].version, version) &&
			    pk_streq(d->applied.items[k].state, "applied"))
				pk_deploy_add_done(d, i, 0, adopted);
	}
}

static int read_journal(const char *path, struct pk_json *ret)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (!pk_path_exists(path) || pk_read_file(path, &text, NULL) < 0)
		return -1;
	return pk_json_parse(text.ptr, text.len, ret, NULL);
}

int pk_deploy_catch_up(struct pk_deploy *d, struct pk_err *err)
{
	PK_FREE char *path = journal_path(d);
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	PK_AUTO(pk_records) records = PK_RECORDS_INIT;
	PK_FREE char *holder = NULL;
	const cJSON *item;
	int rc = 0;

	if (read_journal(path, &json) < 0)
		return 0;
	/* It may be at work still; then it writes its record itself. */
	if (pk_deploy_lock_holder(&d->conn, &holder, err) < 0)
		return -1;
	if (*holder)
		return 0;
	if (pk_records_read(d->repo, d->remote.name, 0, &records, err) < 0)
		return -1;
	add_if_done(d, &records, pk_json_str(json.root, "adopt"), true);
	cJSON_ArrayForEach(item, pk_json_array(json.root, "versions"))
		add_if_done(d, &records, cJSON_GetStringValue(item), false);
	if (d->n_done) {
		free(d->started);
		d->started = pk_strdup(pk_json_str(json.root, "started"));
		snprintf(d->from, sizeof(d->from), "%s", pk_json_str(json.root, "from"));
		rc = pk_deploy_record(d, d->n_pending == 0, err);
		if (rc == 0)
			pk_deploy_phase(d, "an earlier deploy to '%s' ended before its record was written; it is "
					"recorded now", d->remote.name);
		d->from[0] = '\0';
		d->n_done = 0;
	}
	if (rc == 0)
		pk_deploy_forget(d);
	return rc;
}
