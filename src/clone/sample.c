#include "clone/sample.h"

#include "base/text.h"
#include "clone/sample_reference.h"

#include <strings.h>

#define SECTION "postkit.table."

void pk_sample_release(struct pk_sample *sample)
{
	for (size_t i = 0; i < sample->n; i++) {
		free(sample->rules[i].pattern);
		free(sample->rules[i].share);
		free(sample->rules[i].keep);
		free(sample->rules[i].column);
		free(sample->rules[i].age);
	}
	free(sample->rules);
	free(sample->age);
	pk_strv_release(&sample->columns);
	pk_strv_release(&sample->references);
	*sample = (struct pk_sample)PK_SAMPLE_INIT;
}

/* "5%", "0.25%" */
static int parse_share(const char *text, const char *what, double *ret, struct pk_err *err)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || strcmp(end, "%") != 0 || !(percent > 0) || percent > 100) {
		pk_err_set(err, "%s: '%s' is not a share", what, text);
		pk_err_hint(err, "more than 0%%, and 100%% at most: 5%%, 0.25%%");
		return pk_err_exit(err, PK_EXIT_USAGE);
	}
	*ret = percent / 100;
	return 0;
}

/* "10GB", "500 MB" */
static int parse_size(const char *text, const char *what, int64_t *ret, struct pk_err *err)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	char *end;
	double bytes = strtod(text, &end);

	end += strspn(end, " ");
	for (size_t i = 0; i < PK_COUNT(units) && bytes > 0; i++) {
		bytes *= 1024;
		if (strcasecmp(end, units[i]) == 0 && bytes < 9e18) {
			*ret = (int64_t)bytes;
			return 0;
		}
	}
	pk_err_set(err, "%s: '%s' is not a size", what, text);
	pk_err_hint(err, "a number with kB, MB, GB or TB: 10GB");
	return pk_err_exit(err, PK_EXIT_USAGE);
}

/* "90d", "2024-01-31" */
static bool is_age(const char *text)
{
	static const char *const units[] = { "h", "d", "w", "mon", "y" };
	size_t digits = strspn(text, "0123456789");

	for (size_t i = 0; i < PK_COUNT(units) && digits && digits < 7; i++)
		if (strcmp(text + digits, units[i]) == 0)
			return true;
	return digits == 4 && pk_glob("[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]", text);
}

/* "seen_at 30d", or one of both. */
static void parse_since(const char *text, char **column, char **age)
{
	const char *last = strrchr(text, ' ');
	const char *when = is_age(text) ? text : last && is_age(last + 1) ? last + 1 : text + strlen(text);
	size_t n = (size_t)(when - text);

	while (n && text[n - 1] == ' ')
		n--;
	if (n) {
		free(*column);
		*column = pk_strndup(text, n);
	}
	if (*when) {
		free(*age);
		*age = pk_strdup(when);
	}
}

/* Of [postkit "table.<pattern>"] key = ..., the pattern; else NULL. Caller frees. */
static char *pattern_of(const char *key, const char *name)
{
	PK_FREE char *end = pk_printf(".%s", name);

	if (!pk_starts_with(key, SECTION) || !pk_ends_with(key, end) || strlen(key) <= strlen(SECTION) + strlen(end))
		return NULL;
	return pk_strndup(key + strlen(SECTION), strlen(key) - strlen(SECTION) - strlen(end));
}

static struct pk_sample_rule *rule_of(struct pk_sample *sample, const char *pattern)
{
	for (size_t i = 0; i < sample->n; i++)
		if (strcmp(sample->rules[i].pattern, pattern) == 0)
			return &sample->rules[i];
	sample->rules = pk_realloc_array(sample->rules, sample->n + 1, sizeof(*sample->rules));
	sample->rules[sample->n] = (struct pk_sample_rule){ .pattern = pk_strdup(pattern) };
	return &sample->rules[sample->n++];
}

static int read_share(struct pk_sample_rule *rule, const char *value, struct pk_err *err)
{
	PK_FREE char *what = pk_printf("sample of table '%s'", rule->pattern);
	double share;

	free(rule->share);
	rule->share = pk_strdup(value);
	return parse_share(value, what, &share, err);
}

static int read_keep(struct pk_sample_rule *rule, const char *value, struct pk_err *err)
{
	free(rule->keep);
	rule->keep = pk_strdup(value);
	if (strcmp(value, "all") == 0 || strcmp(value, "sample") == 0)
		return 0;
	pk_err_set(err, "keep of table '%s': '%s' is neither all nor sample", rule->pattern, value);
	return pk_err_exit(err, PK_EXIT_USAGE);
}

static int read_since(struct pk_sample_rule *rule, const char *value, struct pk_err *err)
{
	parse_since(value, &rule->column, &rule->age);
	if (rule->column || rule->age)
		return 0;
	pk_err_set(err, "since of table '%s': names neither a column nor a length of time", rule->pattern);
	return pk_err_exit(err, PK_EXIT_USAGE);
}

static int read_reference(struct pk_sample *sample, const char *pattern, const char *value, struct pk_err *err)
{
	PK_AUTO(pk_reference) parsed = PK_REFERENCE_INIT;

	if (pk_reference_parse(value, &parsed, err) < 0)
		return pk_err_wrap(err, "reference of table '%s'", pattern);
	pk_strv_push(&sample->references, pattern);
	pk_strv_push(&sample->references, value);
	return 0;
}

static int read_rules(const struct pk_config *config, struct pk_sample *ret, struct pk_buf *settings, struct pk_err *err)
{
	static const struct {
		const char *name;
		int (*read)(struct pk_sample_rule *rule, const char *value, struct pk_err *err);
	} keys[] = { { "sample", read_share }, { "keep", read_keep }, { "since", read_since }, { "reference", NULL } };

	for (size_t i = 0; i < config->n; i++)
		for (size_t k = 0; k < PK_COUNT(keys); k++) {
			PK_FREE char *pattern = pattern_of(config->items[i].key, keys[k].name);

			if (!pattern)
				continue;
			if ((keys[k].read ? keys[k].read(rule_of(ret, pattern), config->items[i].value, err) :
					    read_reference(ret, pattern, config->items[i].value, err)) < 0)
				return -1;
			pk_buf_addf(settings, "%s %s\n%s\n", keys[k].name, pattern, config->items[i].value);
		}
	return 0;
}

/* The option, or else the setting. */
static const char *value_of(const struct pk_config *config, const char *key, const char *option, struct pk_buf *settings,
			    struct pk_buf *given)
{
	const char *value = pk_config_get(config, key);

	if (value)
		pk_buf_addf(settings, "%s %s\n", key, value);
	if (option)
		pk_buf_addf(given, "%s %s\n", key, option);
	return option ? option : value;
}

static int read_since_all(const char *value, const char *what, struct pk_sample *ret, struct pk_err *err)
{
	PK_FREE char *column = NULL;

	parse_since(value, &column, &ret->age);
	if (!ret->age) {
		pk_err_set(err, "%s: '%s' is no length of time and no day", what, value);
		pk_err_hint(err, "a number with h, d, w, mon or y, or a day: 90d, 2024-01-31; a column may stand before it: 'seen_at 90d'");
		return pk_err_exit(err, PK_EXIT_USAGE);
	}
	if (column)
		pk_strv_push(&ret->columns, column);
	return 0;
}

int pk_sample_read(const struct pk_config *config, const struct pk_sample_options *options, struct pk_sample *ret,
		   struct pk_buf *settings, struct pk_buf *given, struct pk_err *err)
{
	static const struct pk_sample_options none;
	static const char *const fallback[] = { "created_at", NULL };
	PK_AUTO(pk_strv) columns = PK_STRV_INIT;
	const char *share, *seed, *size, *since;

	options = options ? options : &none;
	share = value_of(config, "sample", options->share, settings, given);
	seed = value_of(config, "sampleSeed", options->seed, settings, given);
	size = value_of(config, "maxSize", options->max_size, settings, given);
	since = value_of(config, "since", options->since, settings, given);
	ret->edges = pk_config_bool(config, "sampleEdges", true);
	if (!ret->edges)
		pk_buf_add(settings, "no edges\n");
	ret->seed = seed ? pk_hash(seed, strlen(seed), 0) : 0;
	if ((share && parse_share(share, options->share ? "--sample" : "postkit.sample", &ret->share, err) < 0) ||
	    (size && parse_size(size, options->max_size ? "--max-size" : "postkit.maxSize", &ret->max_bytes, err) < 0) ||
	    (since && read_since_all(since, options->since ? "--since" : "postkit.since", ret, err) < 0) ||
	    read_rules(config, ret, settings, err) < 0)
		return -1;
	pk_config_all(config, "sinceColumn", &columns);
	for (size_t i = 0; i < columns.n; i++)
		pk_buf_addf(settings, "since by %s\n", columns.items[i]);
	if (!ret->columns.n)
		pk_strv_extend(&ret->columns, columns.n ? (const char *const *)columns.items : fallback);
	ret->asked = ret->share < 1 || ret->max_bytes || ret->age;
	for (size_t i = 0; i < ret->n; i++)
		ret->asked = ret->asked || ret->rules[i].share || ret->rules[i].age;
	if (!options->seed || ret->asked)
		return 0;
	pk_err_set(err, "--seed is for samples, and none is asked for: --sample, --max-size, --since");
	return pk_err_exit(err, PK_EXIT_USAGE);
}
