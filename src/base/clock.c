#include "base/clock.h"
#include <errno.h>
#include <sys/random.h>

double pk_now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

time_t pk_time(void)
{
	const char *held = getenv("POSTKIT_TEST_NOW");
	if (held && *held) {
		char *end;
		long long seconds = strtoll(held, &end, 10);
		if (!*end)
			return (time_t)seconds;
	}
	return time(NULL);
}

static struct tm utc(time_t t)
{
	struct tm tm;
	if (!gmtime_r(&t, &tm))
		tm = (struct tm){ .tm_year = 70, .tm_mday = 1 };
	return tm;
}

char *pk_time_compact(time_t t)
{
	struct tm tm = utc(t);
	char text[64];
	return pk_strndup(text, strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm));
}

char *pk_time_iso(time_t t)
{
	struct tm tm = utc(t);
	char text[64];
	return pk_strndup(text, strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm));
}

char *pk_time_ago(time_t t)
{
	static const struct {
		long long seconds;
		const char *unit;
	} units[] = {
		{ 365LL * 86400, "year" }, { 30LL * 86400, "month" }, { 7LL * 86400, "week" },
		{ 86400, "day" },	   { 3600, "hour" },	      { 60, "minute" },
		{ 1, "second" },
	};
	long long age = (long long)pk_time() - (long long)t;
	if (age < 0)
		return pk_strdup("in the future");
	for (size_t i = 0; i < PK_COUNT(units); i++) {
		long long n = age / units[i].seconds;
		if (n > 0)
			return pk_printf("%lld %s%s ago", n, units[i].unit, n == 1 ? "" : "s");
	}
	return pk_strdup("just now");
}

bool pk_parse_duration(const char *text, double *ret_seconds)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = { { "ms", 0.001 }, { "s", 1 }, { "min", 60 }, { "h", 3600 } };
	size_t digits = strspn(text, "0123456789");
	double number = strtod(text, NULL);

	if (!digits || digits > 9)
		return false;
	if (!text[digits] && number == 0) {
		*ret_seconds = 0;
		return true;
	}
	for (size_t i = 0; i < PK_COUNT(units); i++) {
		if (strcmp(text + digits, units[i].unit) == 0) {
			*ret_seconds = number * units[i].seconds;
			return true;
		}
	}
	return false;
}

char *pk_duration(double seconds)
{
	if (seconds < 0)
		seconds = 0;
	if (seconds < 0.00995)
		return pk_printf("%.1f ms", seconds * 1e3);
	if (seconds < 0.9995)
		return pk_printf("%.0f ms", seconds * 1e3);
	if (seconds < 59.95)
		return pk_printf("%.1f s", seconds);
	long long whole = (long long)(seconds + 0.5);
	if (whole < 3600)
		return pk_printf("%lld min %lld s", whole / 60, whole % 60);
	return pk_printf("%lld h %lld min", whole / 3600, whole % 3600 / 60);
}

void pk_random(void *bytes, size_t n)
{
	unsigned char *p = bytes;
	while (n) {
		ssize_t got = getrandom(p, n, 0);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			abort(); /* no such call: Linux has it since 3.17 */
		}
		p += got;
		n -= (size_t)got;
	}
}

char *pk_random_hex(size_t bytes)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char *raw = pk_alloc(bytes);
	char *hex = pk_alloc(2 * bytes + 1);
	pk_random(raw, bytes);
	for (size_t i = 0; i < bytes; i++) {
		hex[2 * i] = digits[raw[i] >> 4];
		hex[2 * i + 1] = digits[raw[i] & 15];
	}
	explicit_bzero(raw, bytes);
	free(raw);
	return hex;
}
