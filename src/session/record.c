/* A session as a tree of blobs, there and back. */
#include "session/session.h"

#include "base/buf.h"
#include "base/json.h"

#define RECORD_SCHEMA 1

static const struct {
	const char *key;
	size_t offset;
} strings[] = {
	{ "id", offsetof(struct pk_session, id) },
	{ "branch", offsetof(struct pk_session, branch) },
	{ "remote", offsetof(struct pk_session, remote) },
	{ "role", offsetof(struct pk_session, role) },
	{ "owner", offsetof(struct pk_session, owner) },
	{ "db", offsetof(struct pk_session, db) },
	{ "source", offsetof(struct pk_session, source) },
};

static char **field(struct pk_session *session, size_t i)
{
	return (char **)(void *)((char *)session + strings[i].offset);
}

static void get_oid(const cJSON *object, const char *key, struct pk_oid *ret)
{
	const char *hex = pk_json_str(object, key);
	ret->hex[0] = '\0';
	if (hex && strlen(hex) == PK_OID_HEX)
		memcpy(ret->hex, hex, PK_OID_HEX + 1);
}

static void set_oid(cJSON *object, const char *key, const struct pk_oid *oid)
{
	if (oid->hex[0])
		pk_json_set_str(object, key, oid->hex);
}

static void get_list(const cJSON *root, const char *key, struct pk_strv *ret)
{
	const cJSON *item;
	cJSON_ArrayForEach (item, pk_json_array(root, key))
		if (cJSON_IsString(item))
			pk_strv_push(ret, item->valuestring);
}

static void set_list(cJSON *root, const char *key, const struct pk_strv *list)
{
	cJSON *array = pk_json_add_array(root, key);
	for (size_t i = 0; i < list->n; i++)
		cJSON_AddItemToArray(array, cJSON_CreateString(list->items[i]));
}

static int parse_state(const char *name, enum pk_session_state *ret)
{
	for (int i = PK_SESSION_STARTED; i <= PK_SESSION_COMMITTED; i++)
		if (pk_streq(name, pk_session_state_name((enum pk_session_state)i))) {
			*ret = (enum pk_session_state)i;
			return 0;
		}
	return -1;
}

static void parse_part(const cJSON *item, struct pk_part *part)
{
	part->id = (int)pk_json_num(item, "id", 0);
	part->name = pk_strdup(pk_json_str(item, "name"));
	part->irreversible = pk_strdup(pk_json_str(item, "irreversible"));
	part->stage = pk_strdup(pk_json_str(item, "stage"));
	part->applied = pk_json_bool(item, "applied");
	part->first = pk_json_bool(item, "first");
	part->up_transaction = pk_json_bool(item, "up_transaction");
	part->down_transaction = pk_json_bool(item, "down_transaction");
	get_oid(item, "from", &part->from);
	get_oid(item, "to", &part->to);
}

/* ret_first: hand-written migrations that run before the plan. */
static int parse_record(struct pk_session *session, const struct pk_buf *text,
			struct pk_strv *ret_first, struct pk_err *err)
{
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	if (pk_json_parse(text->ptr, text->len, &json, err) < 0)
		return pk_err_wrap(err, "session.json");
	int schema = (int)pk_json_num(json.root, "schema", 0);
	if (schema != RECORD_SCHEMA) {
		pk_err_set(err,
			   "the session was written by another version of git postkit (schema %d)",
			   schema);
		return pk_err_hint(err,
				   "use that version, or end the session with git postkit abort");
	}
	for (size_t i = 0; i < PK_COUNT(strings); i++)
		*field(session, i) = pk_strdup(pk_json_str(json.root, strings[i].key));
	if (!session->id || !session->branch || !session->db || !session->remote ||
	    !session->role || parse_state(pk_json_str(json.root, "state"), &session->state) < 0)
		return pk_err_set(err, "session.json lacks a field or has an unknown state");
	session->major = (int)pk_json_num(json.root, "server_major", 0);
	session->started = (int64_t)pk_json_num(json.root, "started", 0);
	session->template_created = (int64_t)pk_json_num(json.root, "template_created", 0);
	session->next_part = (int)pk_json_num(json.root, "next_part", 0);
	session->agree = pk_json_bool(json.root, "agree");
	get_oid(json.root, "base", &session->base);
	get_oid(json.root, "target", &session->target);
	get_list(json.root, "committing", &session->committing);
	get_list(json.root, "trees", &session->trees);
	get_list(json.root, "first", ret_first);
	int next = session->next_part; /* pk_session_add_part() counts it up */
	const cJSON *item;
	cJSON_ArrayForEach (item, pk_json_array(json.root, "parts"))
		parse_part(item, pk_session_add_part(session));
	session->next_part = next;
	return 0;
}

static char *print_record(struct pk_session *session)
{
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	cJSON *root = json.root;
	pk_json_set_num(root, "schema", RECORD_SCHEMA);
	for (size_t i = 0; i < PK_COUNT(strings); i++)
		pk_json_set_str(root, strings[i].key, *field(session, i));
	pk_json_set_str(root, "state", pk_session_state_name(session->state));
	pk_json_set_num(root, "server_major", session->major);
	pk_json_set_num(root, "started", (double)session->started);
	pk_json_set_num(root, "template_created", (double)session->template_created);
	pk_json_set_num(root, "next_part", session->next_part);
	pk_json_set_bool(root, "agree", session->agree);
	set_oid(root, "base", &session->base);
	set_oid(root, "target", &session->target);
	cJSON *parts = pk_json_add_array(root, "parts");
	for (size_t i = 0; i < session->n_parts; i++) {
		const struct pk_part *part = &session->parts[i];
		cJSON *item = pk_json_add_object(parts, NULL);
		pk_json_set_num(item, "id", part->id);
		pk_json_set_str(item, "name", part->name);
		pk_json_set_str(item, "irreversible", part->irreversible);
		pk_json_set_str(item, "stage", part->stage);
		pk_json_set_bool(item, "applied", part->applied);
		if (part->first)
			pk_json_set_bool(item, "first", true);
		pk_json_set_bool(item, "up_transaction", part->up_transaction);
		pk_json_set_bool(item, "down_transaction", part->down_transaction);
		set_oid(item, "from", &part->from);
		set_oid(item, "to", &part->to);
	}
	set_list(root, "committing", &session->committing);
	set_list(root, "trees", &session->trees);
	cJSON *first = pk_json_add_array(root, "first");
	for (size_t i = 0; i < session->n_manual; i++)
		if (session->manual[i].first)
			cJSON_AddItemToArray(first, cJSON_CreateString(session->manual[i].file));
	return pk_json_print(root);
}

/* Loading: the blobs of the tree but those below trees/, which come last. */
struct loading {
	const struct pk_repo *repo;
	struct pk_strv paths;
	struct pk_oid *oids;
};

static int collect_blob(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	(void)err;
	struct loading *loading = arg;
	if (pk_starts_with(entry->path, "trees/"))
		return 1;
	pk_strv_push(&loading->paths, entry->path);
	loading->oids = pk_realloc_array(loading->oids, loading->paths.n, sizeof(*loading->oids));
	loading->oids[loading->paths.n - 1] = entry->oid;
	return 0;
}

static struct pk_part *part_by_id(struct pk_session *session, int id)
{
	for (size_t i = 0; i < session->n_parts; i++)
		if (session->parts[i].id == id)
			return &session->parts[i];
	return NULL;
}

static void take_text(struct pk_session *session, const char *path, struct pk_buf *text)
{
	const struct {
		const char *path;
		char **to;
	} tops[] = {
		{ "plan.json", &session->plan_json },
		{ "plan.sql", &session->plan_sql },
		{ "down.sql", &session->down_sql },
	};
	for (size_t i = 0; i < PK_COUNT(tops); i++)
		if (pk_streq(path, tops[i].path)) {
			*tops[i].to = pk_buf_take(text);
			return;
		}
	if (pk_starts_with(path, "manual/")) {
		pk_session_add_manual(session, path + strlen("manual/"), text->ptr);
		return;
	}
	int id = 0, used = 0;
	if (sscanf(path, "parts/%d/%n", &id, &used) != 1 || !used)
		return;
	struct pk_part *part = part_by_id(session, id);
	if (!part)
		return;
	char **to = pk_streq(path + used, "up.sql")	  ? &part->up
		    : pk_streq(path + used, "down.sql")	  ? &part->down
		    : pk_streq(path + used, "trace.json") ? &part->trace
							  : NULL;
	if (to) {
		free(*to);
		*to = pk_buf_take(text);
	}
}

static int load_blobs(struct loading *loading, struct pk_session *session, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_strv) first = PK_STRV_INIT;
	bool record = false;
	for (size_t i = 0; i < loading->paths.n && !record; i++) {
		if (!pk_streq(loading->paths.items[i], "session.json"))
			continue;
		if (pk_repo_blob(loading->repo, &loading->oids[i], &text, err) < 0 ||
		    parse_record(session, &text, &first, err) < 0)
			return -1;
		record = true;
	}
	if (!record)
		return pk_err_set(err, "session.json is missing");
	for (size_t i = 0; i < loading->paths.n; i++) {
		pk_buf_clear(&text);
		if (pk_repo_blob(loading->repo, &loading->oids[i], &text, err) < 0)
			return -1;
		take_text(session, loading->paths.items[i], &text);
	}
	for (size_t i = 0; i < session->n_manual; i++)
		session->manual[i].first = pk_strv_has(&first, session->manual[i].file);
	for (size_t i = 0; i < session->n_parts; i++) {
		struct pk_part *part = &session->parts[i];
		if (!part->up)
			return pk_err_set(err, "the statements of part %d are missing", part->id);
		if (!part->down)
			part->down = pk_strdup("");
	}
	return 0;
}

int pk_session_load(const struct pk_repo *repo, const char *id, struct pk_session *ret,
		    struct pk_err *err)
{
	PK_FREE char *ref = pk_printf("refs/postkit/sessions/%s", id);
	struct pk_oid commit, tree;
	if (pk_ref_read(repo, ref, &commit, err) < 0)
		return -1;
	if (pk_oid_is_null(&commit))
		return pk_err_set(err, "there is no session '%s'", id);
	if (pk_repo_tree_at(repo, commit.hex, NULL, &tree, err) < 0)
		return pk_err_wrap(err, "session '%s' cannot be read", id);
	struct loading loading = { .repo = repo };
	PK_AUTO(pk_session) session = PK_SESSION_INIT;
	int rc = pk_repo_walk_tree(repo, &tree, collect_blob, &loading, err);
	if (rc >= 0)
		rc = load_blobs(&loading, &session, err);
	pk_strv_release(&loading.paths);
	free(loading.oids);
	if (rc < 0)
		return pk_err_wrap(err, "session '%s' cannot be read", id);
	session.commit = commit;
	*ret = session;
	session = (struct pk_session)PK_SESSION_INIT;
	return 0;
}

/* Saving. */
struct saving {
	const struct pk_repo *repo;
	struct pk_strv paths;
	struct pk_tree_item *items;
};

static void add_item(struct saving *saving, char *path, const struct pk_oid *oid, unsigned mode)
{
	pk_strv_push_take(&saving->paths, path);
	saving->items = pk_realloc_array(saving->items, saving->paths.n, sizeof(*saving->items));
	saving->items[saving->paths.n - 1] = (struct pk_tree_item){ .oid = *oid, .mode = mode };
}

/* text NULL: nothing. path is taken. */
static int add_text(struct saving *saving, char *path, const char *text, struct pk_err *err)
{
	struct pk_oid oid;
	if (!text) {
		free(path);
		return 0;
	}
	if (pk_repo_write_blob(saving->repo, text, strlen(text), &oid, err) < 0) {
		free(path);
		return -1;
	}
	add_item(saving, path, &oid, 0100644);
	return 0;
}

static int add_all(struct saving *saving, struct pk_session *session, struct pk_err *err)
{
	PK_FREE char *record = print_record(session);
	if (add_text(saving, pk_strdup("session.json"), record, err) < 0 ||
	    add_text(saving, pk_strdup("plan.json"), session->plan_json, err) < 0 ||
	    add_text(saving, pk_strdup("plan.sql"), session->plan_sql, err) < 0 ||
	    add_text(saving, pk_strdup("down.sql"), session->down_sql, err) < 0)
		return -1;
	for (size_t i = 0; i < session->n_parts; i++) {
		const struct pk_part *part = &session->parts[i];
		if (add_text(saving, pk_printf("parts/%d/up.sql", part->id), part->up, err) < 0 ||
		    add_text(saving, pk_printf("parts/%d/down.sql", part->id), part->down, err) <
			    0 ||
		    add_text(saving, pk_printf("parts/%d/trace.json", part->id), part->trace, err) <
			    0)
			return -1;
	}
	for (size_t i = 0; i < session->n_manual; i++)
		if (add_text(saving, pk_printf("manual/%s", session->manual[i].file),
			     session->manual[i].text, err) < 0)
			return -1;
	for (size_t i = 0; i < session->trees.n; i++) {
		struct pk_oid tree = { "" };
		memcpy(tree.hex, session->trees.items[i], PK_OID_HEX);
		add_item(saving, pk_printf("trees/%s", tree.hex), &tree, 040000);
	}
	return 0;
}

int pk_session_save(const struct pk_repo *repo, struct pk_session *session, const char *step,
		    struct pk_err *err)
{
	struct saving saving = { .repo = repo };
	struct pk_oid tree, commit;
	int rc = add_all(&saving, session, err);
	for (size_t i = 0; i < saving.paths.n; i++)
		saving.items[i].path = saving.paths.items[i];
	if (rc == 0)
		rc = pk_repo_write_tree(repo, saving.items, saving.paths.n, &tree, err);
	pk_strv_release(&saving.paths);
	free(saving.items);
	if (rc < 0 || pk_repo_write_commit(repo, &tree, &session->commit, step, &commit, err) < 0)
		return pk_err_wrap(err, "the session cannot be stored");
	PK_FREE char *ref = pk_printf("refs/postkit/sessions/%s", session->id);
	int swapped = pk_ref_swap(repo, ref, &session->commit, &commit, step, err);
	if (swapped < 0)
		return pk_err_wrap(err, "the session cannot be stored");
	if (swapped > 0) {
		pk_err_set(err, "another command changed the session of branch '%s' meanwhile",
			   session->branch);
		return pk_err_hint(err, "git postkit status shows where it stands now");
	}
	session->commit = commit;
	return 0;
}

int pk_session_delete(const struct pk_repo *repo, const struct pk_session *session,
		      struct pk_err *err)
{
	static const struct pk_oid none = { "" };
	PK_FREE char *ref = pk_printf("refs/postkit/sessions/%s", session->id);
	int swapped = pk_ref_swap(repo, ref, &session->commit, &none, "abort", err);
	if (swapped > 0)
		return pk_err_set(err,
				  "another command changed the session of branch '%s' meanwhile",
				  session->branch);
	return swapped;
}
