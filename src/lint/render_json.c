/* Findings as JSON: our own, GitLab's and SARIF. */
#include "base/text.h"
#include "lint/place.h"
#include "lint/render.h"
#include "lint/usage.h"

cJSON *pk_render_json(const struct pk_findings *findings)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < findings->n; i++) {
		const struct pk_finding *f = &findings->items[i];
		struct pk_region region = pk_finding_region(f);
		cJSON *json = pk_json_add_object(array, NULL);

		pk_json_set_str(json, "rule", f->rule);
		pk_json_set_str(json, "level", f->level == PK_LEVEL_ERROR ? "error" : "warning");
		pk_json_set_str(json, "file", f->file);
		pk_json_set_num(json, "line", f->line);
		pk_json_set_num(json, "column", region.col);
		pk_json_set_num(json, "endLine", region.end_line);
		pk_json_set_num(json, "endColumn", region.end_col);
		pk_json_set_str(json, "line_text", f->line_text);
		pk_json_set_str(json, "statement", f->statement);
		pk_json_set_str(json, "fact", f->fact);
		pk_json_set_bool(json, "measured", f->measured);
		pk_json_set_str(json, "why", f->why);
		pk_json_set_str(json, "fix", f->fix);
		pk_json_set_bool(json, "allowed", f->allowed);
		pk_json_set_str(json, "reason", f->reason);
		if (f->usage)
			cJSON_AddItemToObject(json, "usage", pk_usage_json(f->usage));
	}
	return array;
}

/* One that stays the same when lines move: of the file, the rule, the statement, and how many such came before. */
static char *fingerprint(const struct pk_findings *findings, size_t at)
{
	const struct pk_finding *f = &findings->items[at];
	PK_AUTO(pk_buf) key = PK_BUF_INIT;
	int before = 0;

	for (size_t i = 0; i < at; i++) {
		const struct pk_finding *o = &findings->items[i];
		before += pk_streq(o->rule, f->rule) && pk_streq(o->file, f->file) && pk_streq(o->source, f->source);
	}
	pk_buf_addf(&key, "%s\n%s\n%s\n%d", f->file, f->rule, f->source ? f->source : "", before);
	return pk_printf("%016llx", (unsigned long long)pk_hash(key.ptr, key.len, 0));
}

cJSON *pk_render_gitlab(const struct pk_findings *findings)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < findings->n; i++) {
		const struct pk_finding *f = &findings->items[i];
		PK_FREE char *id = fingerprint(findings, i);
		const char *why = f->allowed ? f->reason : f->why;
		PK_FREE char *description = pk_printf("%s%s%s", f->fact, why ? ": " : "", why ? why : "");
		const char *file = pk_starts_with(f->file, "./") ? f->file + 2 : f->file;
		cJSON *json = pk_json_add_object(array, NULL), *location, *lines;

		pk_json_set_str(json, "description", description);
		pk_json_set_str(json, "check_name", f->rule);
		pk_json_set_str(json, "fingerprint", id);
		pk_json_set_str(json, "severity",
				f->allowed ? "info" : f->level == PK_LEVEL_ERROR ? "critical" : "minor");
		location = pk_json_add_object(json, "location");
		pk_json_set_str(location, "path", file);
		lines = pk_json_add_object(location, "lines");
		pk_json_set_num(lines, "begin", f->line);
		pk_json_set_num(lines, "end", pk_finding_region(f).end_line);
	}
	return array;
}

static void add_text(cJSON *object, const char *key, const char *text)
{
	pk_json_set_str(pk_json_add_object(object, key), "text", text);
}

static void add_rules(cJSON *driver)
{
	cJSON *rules = pk_json_add_array(driver, "rules");
	size_t n;
	const struct pk_rule_info *infos = pk_lint_rules(&n);

	for (size_t i = 0; i < n; i++) {
		PK_FREE char *full = pk_printf("%s: %s.", infos[i].summary, infos[i].why);
		cJSON *rule = pk_json_add_object(rules, NULL);

		pk_json_set_str(rule, "id", infos[i].id);
		add_text(rule, "shortDescription", infos[i].summary);
		add_text(rule, "fullDescription", full);
		add_text(rule, "help", full);
		pk_json_set_str(pk_json_add_object(rule, "defaultConfiguration"), "level",
				infos[i].level == PK_LEVEL_ERROR ? "error" : "warning");
	}
}

static int rule_index(const char *id)
{
	size_t n;
	const struct pk_rule_info *infos = pk_lint_rules(&n);

	for (size_t i = 0; i < n; i++)
		if (pk_streq(infos[i].id, id))
			return (int)i;
	return -1;
}

static void add_location(cJSON *result, const struct pk_finding *f)
{
	struct pk_region r = pk_finding_region(f);
	cJSON *physical = pk_json_add_object(pk_json_add_object(pk_json_add_array(result, "locations"), NULL),
					     "physicalLocation");
	PK_FREE char *uri = pk_finding_uri(f);
	cJSON *region;

	pk_json_set_str(pk_json_add_object(physical, "artifactLocation"), "uri", uri);
	region = pk_json_add_object(physical, "region");
	pk_json_set_num(region, "startLine", r.line);
	pk_json_set_num(region, "startColumn", r.col);
	pk_json_set_num(region, "endLine", r.end_line);
	pk_json_set_num(region, "endColumn", r.end_col);
	if (f->source)
		add_text(region, "snippet", f->source);
}

static void add_result(cJSON *results, const struct pk_findings *findings, size_t i)
{
	const struct pk_finding *f = &findings->items[i];
	PK_FREE char *id = fingerprint(findings, i);
	PK_FREE char *message = pk_printf("%s%s%s%s.%s%s", f->measured ? "measured: " : "", f->fact, f->why ? ": " : "",
					  f->why ? f->why : "", f->fix ? "\nSafe way:\n" : "", f->fix ? f->fix : "");
	cJSON *result = pk_json_add_object(results, NULL);

	pk_json_set_str(result, "ruleId", f->rule);
	pk_json_set_num(result, "ruleIndex", rule_index(f->rule));
	pk_json_set_str(result, "level", f->level == PK_LEVEL_ERROR ? "error" : "warning");
	add_text(result, "message", message);
	add_location(result, f);
	pk_json_set_str(pk_json_add_object(result, "partialFingerprints"), "postkitStatement/v1", id);
	if (f->allowed) {
		cJSON *suppression = pk_json_add_object(pk_json_add_array(result, "suppressions"), NULL);
		pk_json_set_str(suppression, "kind", "inSource");
		pk_json_set_str(suppression, "justification", f->reason);
	}
}

cJSON *pk_render_sarif(const struct pk_findings *findings, const char *version)
{
	cJSON *root = cJSON_CreateObject(), *run, *driver, *results;

	pk_json_set_str(root, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	pk_json_set_str(root, "version", "2.1.0");
	run = pk_json_add_object(pk_json_add_array(root, "runs"), NULL);
	driver = pk_json_add_object(pk_json_add_object(run, "tool"), "driver");
	pk_json_set_str(driver, "name", "git-postkit");
	pk_json_set_str(driver, "version", version);
	add_rules(driver);
	pk_json_set_str(run, "columnKind", "unicodeCodePoints");
	results = pk_json_add_array(run, "results");
	for (size_t i = 0; i < findings->n; i++)
		add_result(results, findings, i);
	return root;
}
