/*
 * The hooks of a repository: put in place, taken away, looked at. What somebody else put there stays
 * and keeps running: it is moved to <hook>.postkit-chained, and our program runs it first. Where a
 * manager of hooks is at work (husky, lefthook, pre-commit, core.hooksPath in the work tree) nothing
 * is written: it would be overwritten or lost, so the line to add is said instead.
 */
#ifndef PK_INSTALL_INSTALL_H
#define PK_INSTALL_INSTALL_H

#include "git/config.h"
#include "git/repo.h"

enum pk_hooks_mode {
	PK_HOOKS_AUTO,  /* chain what is there; say the line where a manager is at work */
	PK_HOOKS_CHAIN, /* chain, also where a manager is at work */
	PK_HOOKS_FORCE, /* overwrite what is there */
};

/* Where the hooks are for: may be joined by |. */
enum pk_hooks_side {
	PK_HOOKS_CLIENT = 1, /* where people work: pre-push, post-merge, post-rewrite, post-checkout */
	PK_HOOKS_SERVER = 2, /* what they push to: pre-receive, post-receive */
};

enum pk_hook_state {
	PK_HOOK_ABSENT,
	PK_HOOK_OURS,    /* as this program would write it */
	PK_HOOK_OLD,     /* ours, of another version or for another place of the program */
	PK_HOOK_CHANGED, /* ours once, then changed by hand */
	PK_HOOK_CALLS,   /* somebody else's that calls git postkit */
	PK_HOOK_FOREIGN,
};

struct pk_hook_item {
	const char *name;         /* "pre-push" */
	enum pk_hooks_side side;
	enum pk_hook_state state;
	char *path;
	bool executable;
	bool chained;             /* <path>.postkit-chained exists */
};
struct pk_hooks_view {
	char *dir;                /* as git says: core.hooksPath and linked worktrees count */
	const char *manager;      /* "husky", ...; NULL: none. Static */
	char *add;                /* with a manager: what to add where, several lines */
	bool added;               /* it is there already */
	struct pk_hook_item items[6];
	size_t n;                 /* of the sides asked for */
};
#define PK_HOOKS_VIEW_INIT { 0 }
void pk_hooks_view_release(struct pk_hooks_view *view);
/* sides: of enum pk_hooks_side, or'ed. Reads only; ret is empty. */
int pk_hooks_look(const struct pk_repo *repo, const struct pk_config *config, unsigned sides,
		  struct pk_hooks_view *ret, struct pk_err *err);

/*
 * Lines for people are added to report. Returns 0; 1 when nothing was written because something is
 * to be added by hand, which the report says; or -1.
 */
int pk_hooks_install(const struct pk_repo *repo, const struct pk_config *config, unsigned sides,
		     enum pk_hooks_mode mode, struct pk_strv *report, struct pk_err *err);
/* Removes ours alone and puts back what was chained. 1: something of ours was changed by hand and stays. */
int pk_hooks_uninstall(const struct pk_repo *repo, const struct pk_config *config, unsigned sides,
		       struct pk_strv *report, struct pk_err *err);

#endif
