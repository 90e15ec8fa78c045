/*
 * What the dry run saw of each statement, and how long the same one may take on the remote: who blocks others is to
 * be quick, who does not may wait.
 */
#ifndef PK_DEPLOY_FORESEEN_H
#define PK_DEPLOY_FORESEEN_H

#include "git/config.h"
#include "sql/migration.h"
#include "trace/run.h"

struct pk_foreseen {
	const struct pk_migration *migration; /* borrowed */
	int line;
	char *sql;
	double seconds;
	int blocking; /* relations whose lock keeps reads or writes waiting, of the statement's own */
	bool others_wait; /* the transaction holds such a lock by then */
};
struct pk_foreseen_list {
	struct pk_foreseen *items;
	size_t n;
	struct pk_strv locked;	/* tables that were locked so that other changes of them wait, or more */
	bool less;		/* the copy held less than the remote: its times say little */
	double lock, statement; /* seconds, 0: no limit; statement below 0: by what it took */
	char lock_text[24];	/* lock for the server */
};
#define PK_FORESEEN_LIST_INIT { 0 }
void pk_foreseen_list_release(struct pk_foreseen_list *list);
/* lockTimeout and statementTimeout, of the remote or of all. A value that means nothing is an error. */
int pk_foreseen_settings(struct pk_foreseen_list *list, const struct pk_config *config,
			 const char *remote, struct pk_err *err);
void pk_foreseen_add(struct pk_foreseen_list *list, const struct pk_migration *m,
		     const struct pk_traced *traced);
/* NULL: it was not seen. */
const struct pk_foreseen *pk_foreseen_find(const struct pk_foreseen_list *list,
					   const struct pk_migration *m, const char *sql, int line);
/*
 * patience: seconds that are left to wait for locks that nobody else waits behind. waited: those for which others wait for
 * the transaction by now, without what its statements take by themselves. f NULL: as the run has them.
 */
struct pk_run_limits pk_foreseen_limits(const struct pk_foreseen_list *list,
					const struct pk_foreseen *f, double patience, double waited);

#endif
