/*
 * Less than everything: what of a source a copy holds. Settings say it for the team, options of a command for
 * once; rows are masked, left out or sampled where they are read, in the snapshot of the copy.
 *
 *   postkit.excludeData = audit.*		no rows of these tables
 *   postkit.schemaOnly = true			no rows at all
 *   [postkit "table.public.events"]
 *           where = kind <> 'noise'		these rows alone
 *   postkit.sample = 5%			a share that holds together (clone/sample.h)
 *
 * Tables are patterns as the shell has them: over schema.table with a dot in them, else over the name, and a
 * partition goes by the names of what it is a part of, too. Conditions are closed (sql/closed.h). A foreign
 * key whose rows lack what they refer to is there, unchecked.
 */
#ifndef PK_CLONE_LESS_H
#define PK_CLONE_LESS_H

#include "clone/copy.h"
#include "clone/mask.h"
#include "clone/sample.h"

struct pk_less_where {
	char *pattern, *condition;
};
/* Of the command line; all may be empty. */
struct pk_less_options {
	struct pk_strv exclude; /* patterns */
	struct pk_strv where;	/* "table=condition" */
	bool schema_only;
	struct pk_sample_options sample;
};

struct pk_less {
	struct pk_masks masks;
	struct pk_strv exclude;
	struct pk_less_where *wheres; /* the last that matches counts */
	size_t n_wheres;
	bool schema_only;
	struct pk_sample sample;
	struct pk_buf settings, options; /* all that counts, as text */
	char *moment; /* what conditions take for now, on all connections of a copy */
	/* What came of it, once a copy was made. */
	struct pk_strv unproven; /* schema.table.constraint of foreign keys that do not hold in the copy */
	struct pk_strv notes;	 /* for people, a line each */
};
#define PK_LESS_INIT { .sample = PK_SAMPLE_INIT, .settings = PK_BUF_INIT, .options = PK_BUF_INIT }
void pk_less_release(struct pk_less *less);
/* repo: of the key of fakes (clone/mask.h), may be NULL; options may be NULL. */
int pk_less_read(const struct pk_config *config, const struct pk_repo *repo, const struct pk_less_options *options,
		 struct pk_less *ret, struct pk_err *err);
/* Rows of some tables stay away. */
bool pk_less_leaves_out(const struct pk_less *less);
/* That, or values come otherwise, or are to be looked at. */
bool pk_less_narrows(const struct pk_less *less);
/* Puts it into what a copy is made with; less is to live as long. */
void pk_less_apply(struct pk_less *less, struct pk_copy_options *options);
/*
 * As a word, "" for everything, to be kept with a copy; and whether a copy of those terms will do for these. Without
 * options of its own a command takes any that was made by the same settings. Caller frees.
 */
char *pk_less_terms(const struct pk_less *less);
bool pk_less_fits(const struct pk_less *less, const char *terms);
/*
 * Clones that the cloneCommand of a remote makes are no copies of ours: nothing is masked or left out on the way. An
 * error where that is asked for, unless postkit.remote.<name>.cloneAsMade says that the command sees to it; then a note.
 * less may be NULL.
 */
int pk_less_by_command(struct pk_less *less, const struct pk_config *config, const char *remote, struct pk_err *err);
/* An error of a copy, without what a source says of values; says that a mask may be the cause. Returns -1. */
int pk_less_explain(const struct pk_less *less, struct pk_err *err);

#endif
