#include "base/clock.h"
#include "base/text.h"
#include "lint/usage.h"

static void query_line(const struct pk_usage_query *q, struct pk_buf *ret)
{
	PK_FREE char *calls = pk_count(q->calls), *mean = pk_duration(q->mean_ms / 1000);

	pk_buf_addf(ret, "%s call%s of %s by %s: %s", calls, q->calls == 1 ? "" : "s",
		    q->mean_ms < 0.05 ? "under 0.1 ms" : mean, q->role, q->text);
	if (q->star || q->through)
		pk_buf_addf(ret, "  (%s%s%s%s)", q->star ? "all columns" : "", q->star && q->through ? ", " : "",
			    q->through ? "through " : "", q->through ? q->through : "");
}

void pk_usage_text(const struct pk_usage *usage,
		   void (*line)(void *arg, const char *label, const char *text), void *arg)
{
	static const char used[] = "used by   ", perhaps[] = "may use   ", named[] = "named in  ", looked[] = "looked at ",
			  more[] = "          ";

	for (size_t i = 0; i < usage->n_queries; i++) {
		PK_AUTO(pk_buf) text = PK_BUF_INIT;

		query_line(&usage->queries[i], &text);
		line(arg, i ? more : usage->perhaps ? perhaps : used, text.ptr);
	}
	if (usage->found > usage->n_queries) {
		PK_FREE char *text = pk_printf("and %zu more", usage->found - usage->n_queries);

		line(arg, more, text);
	}
	for (size_t i = 0; i < usage->n_lines; i++) {
		const struct pk_usage_line *l = &usage->lines[i];
		PK_FREE char *text = pk_printf("%s:%d: %s", l->file, l->line, l->text);

		line(arg, i ? more : named, text);
	}
	if (usage->lines_found > usage->n_lines) {
		PK_FREE char *text = pk_printf("and %zu more", usage->lines_found - usage->n_lines);

		line(arg, more, text);
	}
	line(arg, looked, usage->remote);
	line(arg, more, usage->repository);
}

cJSON *pk_usage_json(const struct pk_usage *usage)
{
	cJSON *json = cJSON_CreateObject(), *list = pk_json_add_array(json, "queries");

	for (size_t i = 0; i < usage->n_queries; i++) {
		const struct pk_usage_query *q = &usage->queries[i];
		cJSON *item = pk_json_add_object(list, NULL);

		pk_json_set_str(item, "query", q->text);
		pk_json_set_num(item, "calls", (double)q->calls);
		pk_json_set_num(item, "mean_ms", q->mean_ms);
		pk_json_set_str(item, "role", q->role);
		pk_json_set_bool(item, "all_columns", q->star);
		pk_json_set_str(item, "through", q->through);
	}
	pk_json_set_str(json, "of", usage->thing);
	pk_json_set_num(json, "queries_found", (double)usage->found);
	pk_json_set_bool(json, "perhaps", usage->perhaps);
	pk_json_set_num(json, "calls", (double)usage->calls);
	pk_json_set_num(json, "undecided", (double)usage->undecided);
	list = pk_json_add_array(json, "lines");
	for (size_t i = 0; i < usage->n_lines; i++) {
		cJSON *item = pk_json_add_object(list, NULL);

		pk_json_set_str(item, "file", usage->lines[i].file);
		pk_json_set_num(item, "line", usage->lines[i].line);
		pk_json_set_str(item, "text", usage->lines[i].text);
	}
	pk_json_set_num(json, "lines_found", (double)usage->lines_found);
	pk_json_set_bool(json, "remote_asked", usage->remote_asked);
	pk_json_set_str(json, "remote", usage->remote);
	pk_json_set_bool(json, "repository_asked", usage->repository_asked);
	pk_json_set_str(json, "repository", usage->repository);
	return json;
}

cJSON *pk_usages_json(const struct pk_findings *findings)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < findings->n; i++) {
		const struct pk_finding *f = &findings->items[i];

		if (!f->usage)
			continue;
		cJSON *item = pk_usage_json(f->usage);
		pk_json_set_str(item, "rule", f->rule);
		pk_json_set_str(item, "statement", f->statement);
		cJSON_AddItemToArray(array, item);
	}
	return array;
}
