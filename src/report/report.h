/*
 * A page for people from the document of a command: what --json prints is all that it knows, so that both say the same.
 * The page needs nothing but itself: no script, no network, one style sheet, which its own policy lets pass by a nonce.
 */
#ifndef PK_REPORT_REPORT_H
#define PK_REPORT_REPORT_H

#include "base/buf.h"
#include "base/json.h"

struct pk_report_about {
	const char *command; /* whose document it is: "plan", "apply", "deploy", "rollback", "lint", "check" */
	const char *version; /* of this program */
	const char *when;    /* ISO time */
	const char *nonce;   /* letters and digits that nobody could know before */
};
/* Appends the page. */
void pk_report_html(const cJSON *document, const struct pk_report_about *about, struct pk_buf *ret);

#endif
