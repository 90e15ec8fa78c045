/* Files that a process left half way when it was killed, known by their names and their age. */
#ifndef PK_LEFTOVER_H
#define PK_LEFTOVER_H

#include "base/strv.h"

/*
 * Regular files in dir, and deep: in the folders below it, whose names begin with prefix, end in suffix, and that nobody
 * has written to for a minute. No symlink is followed; a dir that is not there has none.
 */
void pk_leftovers(const char *dir, const char *prefix, const char *suffix, bool deep,
		  struct pk_strv *ret);

#endif
