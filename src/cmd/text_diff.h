/* Two texts line by line, as people read differences. */
#ifndef PK_CMD_TEXT_DIFF_H
#define PK_CMD_TEXT_DIFF_H

#include "base/buf.h"

/* Lines with "-", "+" and " " before them, three lines of context; color for a terminal. NULL: no text. */
void pk_text_diff(struct pk_buf *ret, const char *from, const char *to, bool color);

#endif
