/* What nobody needs any more: databases, sessions and servers of branches that are gone. */
#ifndef PK_SESSION_GC_H
#define PK_SESSION_GC_H

#include "git/config.h"
#include "git/repo.h"

struct pk_gc_options {
	bool all;     /* every session and every cluster of this repository */
	bool dry_run; /* only tell */
	/*
	 * Also clusters of other repositories that are not where they were. Never without being
	 * asked for: a repository on a disk that is not mounted looks just like one that was
	 * removed.
	 */
	bool orphans;
	/* what: "session", "clone", "template", "leftover", "server", ...; size -1: not known. */
	void (*did)(void *arg, const char *what, const char *name, const char *why, int64_t size);
	/* A cluster of another repository that seems to be gone, when orphans is not set. */
	void (*orphan)(void *arg, const char *dir);
	/* Could not be removed; the work goes on. */
	void (*failed)(void *arg, const char *what, const char *name, const char *msg);
	void *arg;
};
/* A stopped server is started to look into it, and stopped again. */
int pk_gc(const struct pk_repo *repo, const struct pk_config *config,
	  const struct pk_gc_options *options, struct pk_err *err);

#endif
