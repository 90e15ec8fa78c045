#include "deploy/setting.h"

#include <errno.h>

#include "base/clock.h"

static const char *find_setting(const struct pk_config *config, const char *remote,
				const char *name, char **ret_key)
{
	char *own = pk_printf("remote.%s.%s", remote, name);
	const char *text = pk_config_get_protected(config, own);

	*ret_key = own;
	if (text)
		return text;
	free(own);
	*ret_key = pk_strdup(name);
	return pk_config_get_protected(config, name);
}

int pk_setting_time(const struct pk_config *config, const char *remote, const char *name,
		    double *ret, struct pk_err *err)
{
	PK_FREE char *key = NULL;
	const char *text = find_setting(config, remote, name, &key);

	if (!text || pk_parse_duration(text, ret))
		return 0;
	pk_err_set(err, "postkit.%s is not a time: '%s'", key, text);
	return pk_err_hint(err, "500ms, 5s, 2min or 1h; 0 is no limit");
}

int pk_setting_count(const struct pk_config *config, const char *remote, const char *name, int *ret,
		     struct pk_err *err)
{
	PK_FREE char *key = NULL;
	const char *text = find_setting(config, remote, name, &key);
	char *end = NULL;
	long n;

	if (!text)
		return 0;
	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || *end || errno || n < 0 || n > INT32_MAX) {
		pk_err_set(err, "postkit.%s is not a number: '%s'", key, text);
		return pk_err_hint(err, "0 is no limit");
	}
	*ret = (int)n;
	return 0;
}
