/*
 * The one document of a command: built while it runs, and finished however it ends, so that a failure is told in it
 * as well.
 */
#ifndef PK_CMD_DOCUMENT_H
#define PK_CMD_DOCUMENT_H

#include "cmd/cmd.h"

struct pk_document {
	bool json;   /* asked for: --json */
	cJSON *root; /* an object */
};
#define PK_DOCUMENT_INIT                                                                           \
	{                                                                                          \
		0                                                                                  \
	}
void pk_document_release(struct pk_document *document);

void pk_document_begin(struct pk_document *document, bool json);
/*
 * Adds "ok", where the command has not said it itself (status 0 is ok), and of an error "error", "detail", "hint", "file",
 * "line", "column". Prints it where that was asked for. Returns status; err is left as it is.
 */
int pk_document_end(struct pk_document *document, int status, const struct pk_err *err);

#endif
