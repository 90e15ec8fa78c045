/* Findings in the forms that forges and other programs read. */
#ifndef PK_CMD_FORMS_H
#define PK_CMD_FORMS_H

#include "lint/lint.h"

#define PK_FORMS "text, json, sarif, github, gitlab or markdown"

/* "text", "json", or a form of others. */
bool pk_form_known(const char *name);
/* Printed on standard output. false: it is "text" or "json", which the command prints itself. */
bool pk_form_print(const char *name, const struct pk_findings *findings);

#endif
