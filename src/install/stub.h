/* The text of a hook that we write, and whether a text is one. */
#ifndef PK_INSTALL_STUB_H
#define PK_INSTALL_STUB_H

#include "base/buf.h"
#include "install/install.h"

/* The hooks that we install; ends with a NULL name. */
struct pk_hook_kind {
	const char *name;
	enum pk_hooks_side side;
	bool input; /* git writes something on its standard input */
};
extern const struct pk_hook_kind pk_hook_kinds[];

/* The stub of a hook for a program at an absolute path. */
int pk_stub_text(const char *hook, const char *program, struct pk_buf *ret, struct pk_err *err);
/*
 * What a text is. Ours carries a sum of itself in its second line, so stubs of any version are known
 * as untouched without a list of what they once were. expect: what would be written now.
 */
enum pk_hook_state pk_stub_classify(const char *hook, const char *text, const char *expect);

#endif
