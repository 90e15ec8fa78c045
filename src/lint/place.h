/* Where a finding's statement stands, for renderers. */
#ifndef PK_LINT_PLACE_H
#define PK_LINT_PLACE_H

#include "lint/lint.h"

/* 1-based, in Unicode code points; the end is behind the last one. */
struct pk_region {
	int line, col, end_line, end_col;
};
struct pk_region pk_finding_region(const struct pk_finding *finding);
/* "error", "warning", or "allowed". */
const char *pk_finding_word(const struct pk_finding *finding);
/* Its file as a URI reference: percent-encoded, "./" left out; an absolute one as file:///. Caller frees. */
char *pk_finding_uri(const struct pk_finding *finding);

#endif
