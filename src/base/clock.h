/* Time and randomness; tests hold them through POSTKIT_TEST_NOW (seconds since 1970). */
#ifndef PK_CLOCK_H
#define PK_CLOCK_H

#include "base/base.h"
#include <time.h>

double pk_now(void);                      /* monotonic seconds */
time_t pk_time(void);                     /* wall clock */
char *pk_time_compact(time_t t);          /* UTC yyyymmddhhmmss, caller frees */
char *pk_time_iso(time_t t);              /* UTC 2026-01-31T12:00:00Z, caller frees */
char *pk_time_ago(time_t t);              /* "3 hours ago", caller frees */
char *pk_duration(double seconds);        /* "0.4 ms", "12 ms", "3.2 s", "4 min 10 s"; caller frees */
/* "500ms", "5s", "2min", "1h", "0" (alone without a unit); false: none of these. */
bool pk_parse_duration(const char *text, double *ret_seconds);
void pk_random(void *bytes, size_t n);    /* getrandom(2) */
char *pk_random_hex(size_t bytes);        /* 2 * bytes characters, caller frees */

#endif
