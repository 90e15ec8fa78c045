/* A workload as a file: postkit/usage/<remote>.json in the repository's common folder. */
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/text.h"
#include "catalog/workload.h"

#define FORM 2 /* of the file */

static char *path_of(const struct pk_repo *repo, const char *remote)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_path_name(&name, remote);
	return pk_printf("%s/postkit/usage/%s.json", repo->commondir, name.ptr);
}

static void add_strings(cJSON *array, const char *const *strings)
{
	for (; *strings; strings++)
		cJSON_AddItemToArray(array, cJSON_CreateString(*strings));
}

static void put_work(cJSON *list, const struct pk_work *work)
{
	cJSON *item = pk_json_add_object(list, NULL);
	PK_FREE char *calls = pk_printf("%llu", (unsigned long long)work->calls);

	pk_json_set_str(item, "query", work->text);
	pk_json_set_str(item, "calls", calls);
	pk_json_set_num(item, "mean_ms", work->mean_ms);
	pk_json_set_str(item, "role", work->role);
	add_strings(pk_json_add_array(item, "path"), work->path);
}

/* Their names in two parts, then what they hold. */
static void put_name(void *arg, const char *schema, const char *name, const char *const *columns,
		     const struct pk_overload *overload)
{
	cJSON *item = cJSON_CreateArray();

	cJSON_AddItemToArray(item, cJSON_CreateString(schema));
	cJSON_AddItemToArray(item, cJSON_CreateString(name));
	if (columns)
		add_strings(item, columns);
	if (overload) {
		cJSON_AddItemToArray(item, cJSON_CreateString(overload->args));
		cJSON_AddItemToArray(item, cJSON_CreateNumber(overload->least));
		cJSON_AddItemToArray(item, cJSON_CreateNumber(overload->most));
	}
	cJSON_AddItemToArray(arg, item);
}

static void put_link(cJSON *list, const struct pk_link *link)
{
	const char *const names[] = { link->schema, link->name, link->column, link->to_schema, link->to_name, link->to_column };
	cJSON *item = cJSON_CreateArray();

	cJSON_AddItemToArray(item, cJSON_CreateNumber(link->kind));
	for (size_t i = 0; i < PK_COUNT(names); i++)
		cJSON_AddItemToArray(item, names[i] ? cJSON_CreateString(names[i]) : cJSON_CreateNull());
	cJSON_AddItemToArray(list, item);
}

static void keep(const struct pk_workload *workload, const struct pk_repo *repo)
{
	PK_FREE char *path = path_of(repo, workload->remote), *text = NULL;
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	cJSON *root = json.root, *list;

	pk_json_set_num(root, "schema", FORM);
	pk_json_set_num(root, "read", (double)workload->read);
	pk_json_set_str(root, "since", workload->since);
	pk_json_set_num(root, "hidden", (double)workload->hidden);
	pk_json_set_num(root, "unread", (double)workload->unread);
	pk_json_set_num(root, "ours", (double)workload->ours);
	pk_json_set_bool(root, "more", workload->more);
	list = pk_json_add_array(root, "statements");
	for (size_t i = 0; i < workload->n; i++)
		put_work(list, &workload->items[i]);
	pk_workload_each_relation(workload, put_name, pk_json_add_array(root, "relations"));
	pk_workload_each_function(workload, put_name, pk_json_add_array(root, "functions"));
	list = pk_json_add_array(root, "links");
	for (size_t i = 0; i < workload->n_links; i++)
		put_link(list, &workload->links[i]);
	text = pk_json_print(root);
	pk_write_file(path, text, strlen(text), 0600, NULL);
}

static const char *string_at(const cJSON *array, int i)
{
	return cJSON_GetStringValue(cJSON_GetArrayItem(array, i));
}

static bool take_work(struct pk_workload *w, const cJSON *item)
{
	const char *text = pk_json_str(item, "query"), *role = pk_json_str(item, "role");
	const char *calls = pk_json_str(item, "calls");
	PK_AUTO(pk_buf) path = PK_BUF_INIT;
	const cJSON *schema;

	if (!text || !role || !calls)
		return false;
	cJSON_ArrayForEach (schema, pk_json_array(item, "path")) {
		pk_buf_add(&path, path.len ? ", " : "");
		pk_buf_add_ident(&path,
				 cJSON_GetStringValue(schema) ? cJSON_GetStringValue(schema) : "");
	}
	struct pk_work *work = pk_workload_add(w, text, role, path.ptr);
	work->calls = strtoull(calls, NULL, 10);
	work->mean_ms = pk_json_num(item, "mean_ms", 0);
	return true;
}

static bool take_relation(struct pk_workload *w, const cJSON *item)
{
	const char *schema = string_at(item, 0), *name = string_at(item, 1);
	const cJSON *column = schema && name ? cJSON_GetArrayItem(item, 1)->next : NULL;

	if (!schema || !name)
		return false;
	pk_workload_add_column(w, schema, name, NULL);
	for (; column; column = column->next)
		if (cJSON_IsString(column))
			pk_workload_add_column(w, schema, name, column->valuestring);
	return true;
}

static bool take_function(struct pk_workload *w, const cJSON *item)
{
	const char *schema = string_at(item, 0), *name = string_at(item, 1);
	const cJSON *least = cJSON_GetArrayItem(item, 3), *most = cJSON_GetArrayItem(item, 4);
	const struct pk_overload overload = { string_at(item, 2), least ? least->valueint : 0, most ? most->valueint : 0 };
	bool known = overload.args && cJSON_IsNumber(least) && cJSON_IsNumber(most);

	if (!schema || !name)
		return false;
	pk_workload_add_function(w, schema, name, known ? &overload : NULL);
	return true;
}

static bool take_link(struct pk_workload *w, const cJSON *item)
{
	const cJSON *kind = cJSON_GetArrayItem(item, 0);
	const struct pk_link link = { cJSON_IsNumber(kind) ? (enum pk_link_kind)kind->valueint : PK_LINK_HEIR,
				      string_at(item, 1),
				      string_at(item, 2),
				      string_at(item, 3),
				      string_at(item, 4),
				      string_at(item, 5),
				      string_at(item, 6) };

	if (!kind || !link.schema || !link.name || !link.to_schema || !link.to_name ||
	    (link.kind == PK_LINK_ENUM && !link.to_column))
		return false;
	pk_workload_add_link(w, &link);
	return true;
}

static bool take_list(struct pk_workload *w, const cJSON *list,
		      bool (*take)(struct pk_workload *w, const cJSON *item))
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		if (!take(w, item))
			return false;
	}
	return list != NULL;
}

static bool take_all(struct pk_workload *w, const cJSON *root)
{
	w->read = (time_t)pk_json_num(root, "read", 0);
	w->since = pk_arena_strdup(&w->arena, pk_json_str(root, "since"));
	w->hidden = (size_t)pk_json_num(root, "hidden", 0);
	w->unread = (size_t)pk_json_num(root, "unread", 0);
	w->ours = (size_t)pk_json_num(root, "ours", 0);
	w->more = pk_json_bool(root, "more");
	w->kept = true;
	return pk_json_num(root, "schema", 0) == FORM &&
	       take_list(w, pk_json_array(root, "statements"), take_work) &&
	       take_list(w, pk_json_array(root, "relations"), take_relation) &&
	       take_list(w, pk_json_array(root, "functions"), take_function) &&
	       take_list(w, pk_json_array(root, "links"), take_link);
}

void pk_workload_load(const struct pk_repo *repo, const char *remote, struct pk_workload *ret)
{
	PK_FREE char *path = path_of(repo, remote);
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	ret->remote = pk_arena_strdup(&ret->arena, remote);
	if (!pk_path_exists(path)) {
		pk_err_set(&why, "what runs there was never read from here");
	} else if (pk_read_file(path, &text, &why) == 0 &&
		   pk_json_parse(text.ptr, text.len, &json, &why) == 0) {
		if (take_all(ret, json.root))
			return;
		pk_err_set(&why, "'%s' is damaged", path);
	}
	pk_workload_release(ret);
	pk_err_hint(&why, "git postkit plan, lint --remote or deploy --dry-run read it");
	pk_workload_refused(ret, remote, &why);
}

void pk_workload_keep_or_load(struct pk_workload *workload, const struct pk_repo *repo)
{
	PK_AUTO(pk_workload) kept = PK_WORKLOAD_INIT;

	if (!workload->why_not) {
		keep(workload, repo);
		return;
	}
	pk_workload_load(repo, workload->remote, &kept);
	if (kept.why_not)
		return;
	kept.why_now = pk_arena_strdup(&kept.arena, workload->why_not);
	pk_workload_release(workload);
	*workload = kept;
	kept = (struct pk_workload)PK_WORKLOAD_INIT;
}

void pk_workload_forget(const struct pk_repo *repo, const char *remote)
{
	PK_FREE char *path = path_of(repo, remote);

	unlink(path);
}
