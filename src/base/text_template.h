/* Texts below templates/ with placeholders: {name} is a value, or the template of that name. */
#ifndef PK_TEXT_TEMPLATE_H
#define PK_TEXT_TEMPLATE_H

#include "base/buf.h"
#include "base/map.h"

struct pk_text_template {
	const char *own;      /* the folder that is looked into first, with its slash; or NULL */
	const char *shared;   /* then this one */
	struct pk_map values; /* of placeholders: name -> text, borrowed */
};

/*
 * Adds the text: "name.sql" of the folders. A line that begins with {?value} is there when that value is not empty; what
 * is neither a value nor a template is nothing. Values are put as they are, but without line breaks into a comment.
 */
void pk_text_template_add(const struct pk_text_template *t, const char *name, struct pk_buf *out);
/* The same of a text at hand. */
void pk_text_template_expand(const struct pk_text_template *t, const char *text, size_t len,
			struct pk_buf *out);
/* start, a dollar quote such as "$batch$", or a longer one, so that no value ends it. Caller frees. */
char *pk_text_template_quote(const struct pk_text_template *t, const char *start);

#endif
