/* HTML, with every text from outside escaped. */
#ifndef PK_REPORT_HTML_H
#define PK_REPORT_HTML_H

#include "base/buf.h"

/*
 * Markup, in which each of these stands for the next argument (const char *; NULL is ""):
 *   $  text on a line: line ends and tabs are shown as well
 *   ^  text of several lines, for where white space is kept
 *   ~  text without any markup, for attributes and pictures
 * What cannot be seen, or changes how other text is seen (control characters, bidirectional and zero-width ones, bytes
 * that are no UTF-8), is shown by its number.
 */
void pk_html(struct pk_buf *buf, const char *markup, ...);

#endif
