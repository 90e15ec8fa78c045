/*
 * Settings. One call of `git config -z --show-scope --list` gives everything; the tracked file
 * .postkit (git-config syntax) is read the same way, but only an allow-list of harmless keys counts
 * there. Scopes decide what a setting may do: what runs code or deploys by itself, and where
 * remotes are, comes only from .git/config and above.
 */
#ifndef PK_GIT_CONFIG_H
#define PK_GIT_CONFIG_H

#include "base/err.h"
#include "base/strv.h"
#include "git/repo.h"

enum pk_scope {
	PK_SCOPE_TRACKED,
	PK_SCOPE_SYSTEM,
	PK_SCOPE_GLOBAL,
	PK_SCOPE_LOCAL,
	PK_SCOPE_WORKTREE,
	PK_SCOPE_COMMAND
};

struct pk_config_item {
	char *key;   /* section and variable lower case, subsection as written */
	char *value; /* "true" for a key without "=" */
	enum pk_scope scope;
};
struct pk_config {
	struct pk_config_item *items; /* later ones win */
	size_t n, cap;
	/* Keys of .postkit that are not on the allow-list, or whose value is not safe. */
	struct pk_strv ignored;
};
#define PK_CONFIG_INIT { 0 }

/*
 * repo may be NULL (outside a repository): global and system settings only. .postkit is read
 * from the work tree when it is a regular file (a folder is PostKit's, and left alone); a syntax
 * error in it is an error with its line.
 */
int pk_config_load(struct pk_config *config, const struct pk_repo *repo, struct pk_err *err);
/*
 * As above, but with the .postkit of a revision, for what is about commits and may run where nothing is checked out. What
 * the repository's own settings say wins, as always.
 */
int pk_config_load_at(struct pk_config *config, const struct pk_repo *repo, const char *rev, struct pk_err *err);
void pk_config_release(struct pk_config *config);

/*
 * Keys are given without "postkit.": "schemaPath", "remote.prod.url". Case does not matter but
 * in subsections.
 */
const char *pk_config_get(const struct pk_config *config, const char *key); /* NULL when unset */
/* From .git/config and above only: for what runs code, names hosts or automates. */
const char *pk_config_get_protected(const struct pk_config *config, const char *key);
/* As if `git -c` had said it: what an option of the command line sets. NULL: not set. */
void pk_config_override(struct pk_config *config, const char *key, const char *value);
/* All values of a key that may be given several times, in order. */
void pk_config_all(const struct pk_config *config, const char *key, struct pk_strv *ret);
bool pk_config_truth(const char *value); /* of a value that is there: true, yes, on, a number that is not 0 */
/* As git reads them: true yes on 1, false no off 0 and "", numbers; anything else: fallback. */
bool pk_config_bool(const struct pk_config *config, const char *key, bool fallback);
bool pk_config_bool_protected(const struct pk_config *config, const char *key, bool fallback);
int pk_config_int(const struct pk_config *config, const char *key,
		  int fallback); /* k, m, g as git */
/*
 * Subsection names below "postkit.<section>.": section "remote" -> prod, staging; in order of
 * appearance. The tracked file makes no names.
 */
void pk_config_subsections(const struct pk_config *config, const char *section,
			   struct pk_strv *ret);
/* Any key of git's own, full name: "branch.main.postkitsession". */
const char *pk_config_git(const struct pk_config *config, const char *full_key);
/* The same with the tracked file, where that may set it. */
const char *pk_config_any(const struct pk_config *config, const char *full_key);

/*
 * Writes .git/config through git. value NULL: unset (absent is success). Full key. All values of
 * the key are replaced. A loaded struct pk_config does not see it.
 */
int pk_config_set(const struct pk_repo *repo, const char *full_key, const char *value,
		  struct pk_err *err);
/* section: "postkit.remote.prod". Absent is success. */
int pk_config_remove_section(const struct pk_repo *repo, const char *section, struct pk_err *err);

#endif
