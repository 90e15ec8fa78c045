/*
 * Renames that somebody said: in schema files ("-- postkit:renamed-from old", sql/renamed.h) or by hand
 * (--rename kind:old=new). They come before everything else and keep data and dependents; a diff goes on
 * from what they leave. A mark stays in its file for good: what was carried out, or concerns nothing that is
 * there, says nothing any more.
 */
#ifndef PK_DIFF_RENAMING_H
#define PK_DIFF_RENAMING_H

#include "catalog/load.h"
#include "diff/plan.h"

struct pk_rename_step {
	const char *kind, *object; /* as it is before */
	const char *within_kind, *within, *name; /* as in struct pk_step */
	const char *up, *down;	   /* a statement each, without semicolon; NULL: nothing is done that way */
	const char *note;
	struct pk_step_lock lock;  /* for a moment; relation NULL: none */
};
struct pk_renaming {
	struct pk_arena arena;
	struct pk_rename_step *steps; /* in the order in which they have to run */
	size_t n, cap;
};
#define PK_RENAMING_INIT { 0 }
void pk_renaming_release(struct pk_renaming *renaming);

/*
 * files: schema files, with marks; NULL: none. asked: --rename, which name what there is in `from`, and for
 * something in a table that is renamed too, the table by either name; what is not there, on either side, is
 * an error.
 */
int pk_renaming_find(const struct pk_source *files, const struct pk_strv *asked, const struct pk_snapshot *from,
		     const struct pk_snapshot *to, struct pk_renaming *ret, struct pk_err *err);
/* All statements with their semicolons. back: the way back. */
void pk_renaming_sql(const struct pk_renaming *renaming, bool back, struct pk_buf *ret);
void pk_renaming_plan(const struct pk_renaming *renaming, bool back, struct pk_plan *ret);
/*
 * What was read of a copy gets the sizes, and other state that is not copied, of what it is a copy of, full. before: the
 * copy as it was read before renames ran there; NULL: none did.
 */
void pk_renaming_sizes(const struct pk_snapshot *full, const struct pk_snapshot *before, struct pk_snapshot *after);

/* What goes and what comes, and might be the same under a new name. Nothing is done about it here. */
struct pk_rename_guess {
	const char *kind, *from, *to; /* as SQL names them */
	const char *option;	      /* "column:public.users.name=full_name", for --rename */
	const char *mark;	      /* "-- postkit:renamed-from name" */
	const char *why;	      /* "the same type", "5 of 6 columns the same" */
};
struct pk_rename_guesses {
	struct pk_arena arena;
	struct pk_rename_guess *items;
	size_t n, cap;
};
#define PK_RENAME_GUESSES_INIT { 0 }
void pk_rename_guesses_release(struct pk_rename_guesses *guesses);
/* By likeness; each thing is in one guess at the most, the schemas' first. ret: initialised. */
void pk_rename_guess(const struct pk_snapshot *from, const struct pk_snapshot *to, struct pk_rename_guesses *ret);

/* How alike two of a kind are, but for their names: 0 to 100. ret_why: static or in the arena; may be NULL. */
int pk_rename_likeness(struct pk_arena *arena, const struct pk_object *from, const struct pk_object *to,
		       const char **ret_why);

#endif
