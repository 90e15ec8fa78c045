/*
 * The one document of a command: built while it runs, and finished however it ends, so that a failure is told in it
 * as well.
 */
#ifndef PK_CMD_DOCUMENT_H
#define PK_CMD_DOCUMENT_H

#include "cmd/cmd.h"

struct pk_document {
	const char *command; /* whose it is */
	bool json;	     /* asked for: --json */
	const char *html; /* the page's file, "-" is standard output: --html; NULL: not asked for */
	cJSON *root;	  /* an object */
};
#define PK_DOCUMENT_INIT { 0 }
void pk_document_release(struct pk_document *document);

#define PK_HTML_OPT(variable)                                                                      \
	{                                                                                          \
		PK_OPT_STRING, 0, "html", "FILE",                                                  \
			"write a page for people there; - is standard output", &(variable)         \
	}

/*
 * command is static, html borrowed. Two documents for standard output are an error of usage, and a page that could not be
 * written an error before anything is done.
 */
int pk_document_begin(struct pk_document *document, const char *command, bool json,
		      const char *html, struct pk_err *err);
bool pk_document_is_wanted(const struct pk_document *document); /* somebody will read it */
/* Standard output is its own: nothing for people goes there. */
bool pk_document_owns_output(const struct pk_document *document);
/*
 * Adds "ok", where the command has not said it itself (status 0 is ok), and of an error "error", "detail", "hint", "file",
 * "line", "column". Prints it, and writes the page, where that was asked for. Returns status, or -1 where the page could not
 * be written and there was no other error; err is left as it is otherwise.
 */
int pk_document_end(struct pk_document *document, int status, struct pk_err *err);

#endif
