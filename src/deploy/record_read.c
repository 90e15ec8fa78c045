#include "base/json.h"
#include "base/map.h"
#include "deploy/record.h"
#include "sql/migration.h"

static const char ref_prefix[] = "refs/postkit/deploys/";

static void record_release(struct pk_record *record)
{
	for (size_t i = 0; i < record->n; i++) {
		free(record->items[i].version);
		free(record->items[i].name);
		free(record->items[i].checksum);
	}
	free(record->items);
	free(record->remote);
	free(record->commit);
	free(record->from);
	free(record->to);
	free(record->started);
	free(record->finished);
	free(record->by);
	free(record->back_to);
}

void pk_records_release(struct pk_records *records)
{
	for (size_t i = 0; i < records->n; i++)
		record_release(&records->items[i]);
	free(records->items);
	*records = (struct pk_records)PK_RECORDS_INIT;
}

const char *pk_record_last(const struct pk_record *record)
{
	if (record->rollback)
		return pk_streq(record->back_to, "0") ? NULL : record->back_to;
	return record->n ? record->items[record->n - 1].version : NULL;
}

const struct pk_record *pk_records_find(const struct pk_records *records, const char *version,
					const struct pk_record_item **ret)
{
	for (size_t i = 0; i < records->n; i++)
		for (size_t k = 0; k < records->items[i].n; k++)
			if (pk_streq(records->items[i].items[k].version, version)) {
				if (ret)
					*ret = &records->items[i].items[k];
				return &records->items[i];
			}
	return NULL;
}

void pk_record_remotes(const struct pk_repo *repo, struct pk_strv *ret)
{
	PK_AUTO(pk_strv) refs = PK_STRV_INIT;

	if (pk_ref_list(repo, ref_prefix, &refs, NULL) < 0)
		return;
	for (size_t i = 0; i < refs.n; i++)
		pk_strv_push(ret, refs.items[i] + strlen(ref_prefix));
}

static void fill(struct pk_record *record, const cJSON *root)
{
	const cJSON *item;

	*record = (struct pk_record){ 0 };
	record->remote = pk_strdup(pk_json_str(root, "remote"));
	record->commit = pk_strdup(pk_json_str(root, "commit"));
	record->from = pk_strdup(pk_json_str(root, "from"));
	record->to = pk_strdup(pk_json_str(root, "to"));
	record->started = pk_strdup(pk_json_str(root, "started"));
	record->finished = pk_strdup(pk_json_str(root, "finished"));
	record->by = pk_strdup(pk_json_str(root, "by"));
	record->back_to = pk_strdup(pk_json_str(root, "back_to"));
	record->complete = pk_json_bool(root, "complete");
	record->rollback = pk_streq(pk_json_str(root, "kind"), "rollback");
	cJSON_ArrayForEach (item, pk_json_array(root, "migrations")) {
		if (!pk_json_str(item, "version"))
			continue;
		if (record->n == record->cap) {
			record->cap = record->cap ? 2 * record->cap : 8;
			record->items = pk_realloc_array(record->items, record->cap, sizeof(*record->items));
		}
		record->items[record->n++] = (struct pk_record_item){
			.version = pk_strdup(pk_json_str(item, "version")),
			.name = pk_strdup(pk_json_str(item, "name")),
			.checksum = pk_strdup(pk_json_str(item, "checksum")),
			.seconds = pk_json_num(item, "seconds", 0),
			.adopted = pk_json_bool(item, "adopted"),
		};
	}
}

bool pk_record_parse(const char *text, size_t len, struct pk_record *ret)
{
	PK_AUTO(pk_json) json = PK_JSON_INIT;

	if (pk_json_parse(text, len, &json, NULL) < 0 || pk_json_num(json.root, "schema", 0) != 1)
		return false;
	fill(ret, json.root);
	return true;
}

struct find_blob {
	struct pk_oid oid;
};

static int is_record(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct find_blob *find = arg;

	(void)err;
	if (!pk_streq(entry->path, "record.json"))
		return 0;
	find->oid = entry->oid;
	return 1;
}

/* seen: texts that were read already. One that joins two histories has that of one of them. */
static int read_one(const struct pk_repo *repo, const struct pk_commit *commit, struct pk_map *seen, bool *ret_joined,
		    struct pk_records *ret)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	struct find_blob find = { 0 };
	struct pk_oid tree = { "" };

	if (pk_repo_tree_at(repo, commit->oid.hex, NULL, &tree, NULL) < 0 ||
	    pk_repo_walk_tree(repo, &tree, is_record, &find, NULL) != 1)
		return -1;
	if (!pk_map_set(seen, find.oid.hex, ret)) {
		*ret_joined = true;
		return 0;
	}
	if (pk_repo_blob(repo, &find.oid, &text, NULL) < 0)
		return -1;
	if (ret->n == ret->cap) {
		ret->cap = ret->cap ? 2 * ret->cap : 16;
		ret->items = pk_realloc_array(ret->items, ret->cap, sizeof(*ret->items));
	}
	if (!pk_record_parse(text.ptr, text.len, &ret->items[ret->n]))
		return -1;
	ret->items[ret->n++].oid = commit->oid;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct pk_record *x = a, *y = b;
	int c = strcmp(y->finished ? y->finished : "", x->finished ? x->finished : "");

	return c ? c : strcmp(y->oid.hex, x->oid.hex);
}

int pk_records_read(const struct pk_repo *repo, const char *remote, size_t max, struct pk_records *ret,
		    struct pk_err *err)
{
	PK_FREE char *ref = pk_printf("%s%s", ref_prefix, remote);
	PK_AUTO(pk_commits) commits = PK_COMMITS_INIT;
	PK_AUTO(pk_map) seen = PK_MAP_INIT;
	struct pk_oid tip = { "" };
	bool joined = false;

	if (pk_ref_read(repo, ref, &tip, err) < 0)
		return -1;
	if (pk_oid_is_null(&tip))
		return 0;
	if (pk_repo_log(repo, ref, NULL, &commits, err) < 0)
		return -1;
	for (size_t i = 0; i < commits.n && (!max || ret->n < max); i++)
		read_one(repo, &commits.items[i], &seen, &joined, ret);
	/* The commits of one history are in order, whatever the clocks said; those of two are not. */
	if (joined && ret->n > 1)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_time);
	return 0;
}

static int add_version(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	(void)err;
	if (pk_migration_valid_file(entry->path))
		pk_strv_push_take(arg, pk_strndup(entry->path, strcspn(entry->path, "_")));
	return 0;
}

int pk_record_versions(const struct pk_repo *repo, const struct pk_record *record, struct pk_strv *ret, struct pk_err *err)
{
	struct pk_oid tree = { "" };

	if (pk_repo_tree_at(repo, record->oid.hex, "migrations", &tree, err) < 0)
		return -1;
	return tree.hex[0] ? pk_repo_list_tree(repo, &tree, add_version, ret, err) : 0;
}
