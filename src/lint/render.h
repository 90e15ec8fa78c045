/*
 * Findings as text for people and programs: from findings alone, nothing is read or printed. Files are named as
 * they were given.
 */
#ifndef PK_LINT_RENDER_H
#define PK_LINT_RENDER_H

#include "base/buf.h"
#include "lint/lint.h"

/*
 * As compilers do: "file:line:column: error: fact [rule]", the line with a mark under the statement, why, and the safe
 * way. colors: the stream that it is for, whose colours are used; NULL: none.
 */
void pk_render_text(const struct pk_findings *findings, FILE *colors, struct pk_buf *ret);
/* "2 errors, 1 warning, 1 allowed", "nothing found"; one line without its end. */
void pk_render_summary(const struct pk_findings *findings, struct pk_buf *ret);
/* An array of objects, one a finding. */
cJSON *pk_render_json(const struct pk_findings *findings);
/* SARIF 2.1.0 (OASIS), columns in Unicode code points; what is allowed is a result with a suppression in its source. */
cJSON *pk_render_sarif(const struct pk_findings *findings, const char *version);
/* GitLab's Code Quality report, a subset of Code Climate's: an array. What is allowed has severity "info". */
cJSON *pk_render_gitlab(const struct pk_findings *findings);
/* GitHub's workflow commands: "::error file=...,line=...::...", a line each. What is allowed is a notice. */
void pk_render_github(const struct pk_findings *findings, struct pk_buf *ret);
/* For a comment on a pull request. */
void pk_render_markdown(const struct pk_findings *findings, struct pk_buf *ret);

#endif
