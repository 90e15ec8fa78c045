#include "base/json.h"
#include "deploy/exchange.h"
#include "sql/migration.h"

#include <math.h>

#define MAX_JSON (4u << 20)
#define MAX_TEXT 1000

/* The entries of a record's tree. */
struct parts {
	struct pk_oid json, snapshot, migrations;
	bool other;
};

static int note_part(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct parts *parts = arg;
	bool folder = entry->mode == 040000, file = entry->mode == 0100644;

	(void)err;
	if (file && pk_streq(entry->path, "record.json"))
		parts->json = entry->oid;
	else if (folder && pk_streq(entry->path, "snapshot"))
		parts->snapshot = entry->oid;
	else if (folder && pk_streq(entry->path, "migrations"))
		parts->migrations = entry->oid;
	else
		parts->other = true;
	return 0;
}

static int check_migration_entry(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	(void)arg;
	if (entry->mode == 0100644 && pk_migration_valid_file(entry->path))
		return 0;
	return pk_err_set(err, "'%s' is no migration", entry->path);
}

static int check_snapshot_entry(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	(void)arg;
	return entry->mode == 0100644 ? 0
				      : pk_err_set(err, "'%s' is no text of a schema", entry->path);
}

static bool is_id(const char *text)
{
	return text && strlen(text) == PK_OID_HEX && strspn(text, "0123456789abcdef") == PK_OID_HEX;
}

static bool is_version(const char *text)
{
	return text && *text && strlen(text) <= 40 && strspn(text, "0123456789") == strlen(text);
}

/* "2026-01-31T12:00:00Z" */
static bool is_time(const char *text)
{
	static const char form[] = "0000-00-00T00:00:00Z";

	if (!text || strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? !(text[i] >= '0' && text[i] <= '9') : text[i] != form[i])
			return false;
	return true;
}

static bool is_text(const char *text)
{
	return !text || strlen(text) <= MAX_TEXT;
}

static int check_items(const cJSON *root, struct pk_err *err)
{
	const cJSON *list = pk_json_array(root, "migrations"), *item;

	if (!list)
		return pk_err_set(err, "it does not say what has run");
	cJSON_ArrayForEach (item, list) {
		const char *name = pk_json_str(item, "name");
		double seconds = pk_json_num(item, "seconds", 0);

		if (!is_version(pk_json_str(item, "version")) ||
		    !is_id(pk_json_str(item, "checksum")) || !is_text(name) || !isfinite(seconds) ||
		    seconds < 0 || seconds > 1e9)
			return pk_err_set(err, "one of its migrations is malformed");
	}
	return 0;
}

static int check_fields(const cJSON *root, const char *remote, const struct parts *parts,
			struct pk_err *err)
{
	const char *kind = pk_json_str(root, "kind"), *back_to = pk_json_str(root, "back_to");

	if (pk_json_num(root, "schema", 0) != 1)
		return pk_err_set(err, "it is of another version of git postkit");
	if (!pk_streq(pk_json_str(root, "remote"), remote))
		return pk_err_set(err, "it is of another remote");
	if (!is_id(pk_json_str(root, "commit")) || !is_id(pk_json_str(root, "from")) ||
	    !pk_streq(pk_json_str(root, "to"), parts->snapshot.hex))
		return pk_err_set(err, "its ids are not those of what it holds");
	if (!is_time(pk_json_str(root, "started")) || !is_time(pk_json_str(root, "finished")))
		return pk_err_set(err, "its times cannot be read");
	if ((kind && !pk_streq(kind, "rollback")) || (kind && !is_version(back_to)) ||
	    !is_text(pk_json_str(root, "by")))
		return pk_err_set(err, "it does not say what was done");
	return check_items(root, err);
}

static int read_json(const struct pk_repo *repo, const struct pk_oid *commit, struct parts *parts,
		     struct pk_json *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	struct pk_oid tree = { "" };

	if (pk_repo_tree_at(repo, commit->hex, NULL, &tree, err) < 0 ||
	    pk_repo_list_tree(repo, &tree, note_part, parts, err) < 0)
		return -1;
	if (!parts->json.hex[0] || !parts->snapshot.hex[0] || parts->other)
		return pk_err_set(err, "its tree is not that of a record");
	if (pk_repo_blob(repo, &parts->json, &text, err) < 0)
		return -1;
	return text.len > MAX_JSON ? pk_err_set(err, "its text is too long")
				   : pk_json_parse(text.ptr, text.len, ret, err);
}

int pk_record_check(const struct pk_repo *repo, const struct pk_oid *commit, const char *remote,
		    struct pk_err *err)
{
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	struct parts parts = { .other = false };

	if (read_json(repo, commit, &parts, &json, err) < 0 ||
	    check_fields(json.root, remote, &parts, err) < 0 ||
	    pk_repo_walk_tree(repo, &parts.snapshot, check_snapshot_entry, NULL, err) < 0 ||
	    (parts.migrations.hex[0] &&
	     pk_repo_list_tree(repo, &parts.migrations, check_migration_entry, NULL, err) < 0))
		return pk_err_wrap(err, "commit %.12s is no deploy record", commit->hex);
	return 0;
}

const struct pk_oid *pk_record_later(const struct pk_repo *repo, const struct pk_oid *a,
				     const struct pk_oid *b)
{
	PK_AUTO(pk_json) json_a = PK_JSON_INIT, json_b = PK_JSON_INIT;
	struct parts parts_a = { .other = false }, parts_b = { .other = false };
	const char *time_a = read_json(repo, a, &parts_a, &json_a, NULL) < 0
				     ? NULL
				     : pk_json_str(json_a.root, "finished");
	const char *time_b = read_json(repo, b, &parts_b, &json_b, NULL) < 0
				     ? NULL
				     : pk_json_str(json_b.root, "finished");

	if (!time_a || !time_b)
		return time_a ? a : time_b ? b : NULL;
	int c = strcmp(time_a, time_b);
	return (c ? c : strcmp(a->hex, b->hex)) > 0 ? a : b;
}
