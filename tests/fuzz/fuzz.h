/* What the harnesses of this folder share: one reader of what others wrote each, called with any bytes. */
#ifndef PK_FUZZ_FUZZ_H
#define PK_FUZZ_FUZZ_H

#include "base/base.h"
#include "base/err.h"

/* Reads the input once; ends the process by abort() where something does not hold. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_HOLDS(condition)                                                                      \
	((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

static inline _Noreturn void fuzz_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

/* What a refusal says, and where: on a line of the text. */
static inline void fuzz_refused(const struct pk_err *err, const char *text)
{
	int lines = 1;

	for (; *text; text++)
		lines += *text == '\n';
	FUZZ_HOLDS(err->msg && *err->msg);
	FUZZ_HOLDS(err->line >= 1 && err->line <= lines);
}

#endif
