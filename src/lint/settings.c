#include "chain/online.h"
#include "lint/rule.h"
#include "lint/usage.h"

#include <errno.h>

static int check_levels(const struct pk_config *config, struct pk_err *err)
{
	static const char section[] = "postkit.rule.", variable[] = ".level";

	for (size_t i = 0; i < config->n; i++) {
		const struct pk_config_item *item = &config->items[i];
		size_t n = strlen(item->key), begin = sizeof(section) - 1, end = sizeof(variable) - 1;
		enum pk_level level;

		if (!pk_starts_with(item->key, section) || n <= begin + end || strcmp(item->key + n - end, variable) != 0)
			continue;
		PK_FREE char *id = pk_strndup(item->key + begin, n - begin - end);
		if (!pk_rule_find(id)) {
			pk_err_set(err, "postkit.rule.%s.level is about a rule that does not exist", id);
			return pk_err_hint(err, "git postkit lint --rules lists them");
		}
		if (!pk_level_parse(item->value, &level))
			return pk_err_set(err, "postkit.rule.%s.level is error, warning or off, not '%s'", id, item->value);
	}
	return 0;
}

static int read_large_rows(const struct pk_config *config, const char *remote, int64_t *ret, struct pk_err *err)
{
	PK_FREE char *own = remote ? pk_printf("remote.%s.largeRows", remote) : NULL;
	const char *key = own && pk_config_get(config, own) ? own : "largeRows", *text = pk_config_get(config, key);
	char *end;

	if (!text)
		return 0;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	if (end == text || *end || errno || *ret < 0)
		return pk_err_set(err, "postkit.%s is a number of rows, not '%s'", key, text);
	return 0;
}

int pk_usage_wanted(const struct pk_config *config, const char *remote, bool *ret, struct pk_err *err)
{
	PK_FREE char *own = remote ? pk_printf("remote.%s.usage", remote) : NULL;
	const char *key = own && pk_config_get_protected(config, own) ? own : "usage";
	const char *text = pk_config_get_protected(config, key);

	if (text && !pk_streq(text, "auto") && !pk_streq(text, "never"))
		return pk_err_set(err, "postkit.%s is auto or never, not '%s'", key, text);
	*ret = !pk_streq(text, "never");
	return 0;
}

int pk_lint_settings(const struct pk_config *config, const char *remote, struct pk_lint_options *ret, struct pk_err *err)
{
	struct pk_online_settings online;

	ret->config = config;
	ret->large_rows = PK_LARGE_ROWS;
	if (check_levels(config, err) < 0 || read_large_rows(config, remote, &ret->large_rows, err) < 0 ||
	    pk_online_settings_read(config, remote, NULL, &online, err) < 0)
		return -1;
	ret->max_lock = online.max_lock;
	return 0;
}
