#include "clone/sample.h"

#include "base/text.h"

#define SECTION "postkit.table."

void pk_sample_release(struct pk_sample *sample)
{
	for (size_t i = 0; i < sample->n; i++) {
		free(sample->rules[i].pattern);
		free(sample->rules[i].share);
	}
	free(sample->rules);
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
	rule->keep = strcmp(value, "all") == 0;
	if (rule->keep || strcmp(value, "sample") == 0)
		return 0;
	pk_err_set(err, "keep of table '%s': '%s' is neither all nor sample", rule->pattern, value);
	return pk_err_exit(err, PK_EXIT_USAGE);
}

static int read_rules(const struct pk_config *config, struct pk_sample *ret, struct pk_buf *settings, struct pk_err *err)
{
	static const struct {
		const char *name;
		int (*read)(struct pk_sample_rule *rule, const char *value, struct pk_err *err);
	} keys[] = { { "sample", read_share }, { "keep", read_keep } };

	for (size_t i = 0; i < config->n; i++)
		for (size_t k = 0; k < PK_COUNT(keys); k++) {
			PK_FREE char *pattern = pattern_of(config->items[i].key, keys[k].name);

			if (!pattern)
				continue;
			if (keys[k].read(rule_of(ret, pattern), config->items[i].value, err) < 0)
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

int pk_sample_read(const struct pk_config *config, const struct pk_sample_options *options, struct pk_sample *ret,
		   struct pk_buf *settings, struct pk_buf *given, struct pk_err *err)
{
	static const struct pk_sample_options none;
	const char *share, *seed;

	options = options ? options : &none;
	share = value_of(config, "sample", options->share, settings, given);
	seed = value_of(config, "sampleSeed", options->seed, settings, given);
	ret->edges = pk_config_bool(config, "sampleEdges", true);
	if (!ret->edges)
		pk_buf_add(settings, "no edges\n");
	ret->seed = seed ? pk_hash(seed, strlen(seed), 0) : 0;
	if ((share && parse_share(share, options->share ? "--sample" : "postkit.sample", &ret->share, err) < 0) ||
	    read_rules(config, ret, settings, err) < 0)
		return -1;
	ret->asked = ret->share < 1;
	for (size_t i = 0; i < ret->n; i++)
		ret->asked = ret->asked || ret->rules[i].share;
	return 0;
}
