#include "chain/online.h"

#include <errno.h>

#include "base/clock.h"

#define SMALL_ROWS 1000
#define MAX_LOCK   5.0

static const char *const names[] = {
	[PK_ONLINE_AUTO] = "auto",
	[PK_ONLINE_ALWAYS] = "always",
	[PK_ONLINE_NEVER] = "never",
};

bool pk_online_parse(const char *text, enum pk_online *ret)
{
	for (size_t i = 0; i < PK_COUNT(names); i++) {
		if (pk_streq(text, names[i])) {
			*ret = (enum pk_online)i;
			return true;
		}
	}
	return false;
}

const char *pk_online_name(enum pk_online when)
{
	return names[when];
}

static int read_rows(const char *text, int64_t *ret, struct pk_err *err)
{
	char *end;
	long long rows;

	errno = 0;
	rows = strtoll(text, &end, 10);
	if (end == text || *end || errno || rows < 0)
		return pk_err_set(err, "postkit.smallRows is a number of rows, not '%s'", text);
	*ret = rows;
	return 0;
}

static int read_max_lock(const struct pk_config *config, const char *remote, double *ret, struct pk_err *err)
{
	PK_FREE char *own = remote ? pk_printf("remote.%s.maxLock", remote) : NULL;
	const char *key = own && pk_config_get(config, own) ? own : "maxLock", *text = pk_config_get(config, key);

	if (text && !pk_parse_duration(text, ret)) {
		pk_err_set(err, "postkit.%s is not a time: '%s'", key, text);
		return pk_err_hint(err, "500ms, 5s, 2min or 1h; 0 is no limit");
	}
	return 0;
}

int pk_online_settings_read(const struct pk_config *config, const char *remote, const char *option,
			    struct pk_online_settings *ret, struct pk_err *err)
{
	const char *when = option ? option : pk_config_get(config, "online"), *rows = pk_config_get(config, "smallRows");

	*ret = (struct pk_online_settings){ .small_rows = SMALL_ROWS, .max_lock = MAX_LOCK };
	if (when && !pk_online_parse(when, &ret->when))
		return pk_err_set(err, "postkit.online is auto, always or never, not '%s'", when);
	if (rows && read_rows(rows, &ret->small_rows, err) < 0)
		return -1;
	return read_max_lock(config, remote, &ret->max_lock, err);
}
