/* Words in the files that git tracks: a work tree's, or those of a commit. */
#ifndef PK_GIT_GREP_H
#define PK_GIT_GREP_H

#include "base/arena.h"
#include "git/repo.h"

struct pk_grep {
	const char *word; /* as it stands, with something else than letters, digits and _ around it */
	const char *also; /* a second one in the same line, whatever the case of either; NULL: none */
	const char *rev; /* a commit or tree; NULL: the files of the work tree as they are */
	const char *const *leave_out; /* files and folders from the top, NULL terminated; NULL: none */
};
struct pk_grep_line {
	const char *file, *text; /* fit for a terminal; text without the space around it, cut */
	int line;
};
struct pk_grep_lines {
	struct pk_arena arena;
	struct pk_grep_line *items; /* the first few */
	size_t n, cap;
	size_t found; /* lines in all */
	size_t files; /* that have some */
};
#define PK_GREP_LINES_INIT { 0 }
void pk_grep_lines_release(struct pk_grep_lines *lines);

/*
 * At most `max` lines are kept, all are counted. Files that are binary, or written by package managers and bundlers (locks,
 * *.min.js), are left out. An empty word, one with a line end, a bare repository without rev, and a search of more than 20
 * seconds are errors.
 */
int pk_git_grep(const struct pk_repo *repo, const struct pk_grep *what, size_t max,
		struct pk_grep_lines *ret, struct pk_err *err);

#endif
