/*
 * How a template is copied: its rows, or the files of its whole cluster (clone/physical.h). When nobody said which, files
 * are taken only where they are proved to be quicker and to hold nobody else's data.
 */
#ifndef PK_CLONE_METHOD_H
#define PK_CLONE_METHOD_H

#include "clone/fits.h"
#include "clone/hold.h"
#include "clone/remote.h"

/* What came of it. */
struct pk_method {
	bool files;
	char *why; /* of what nobody chose, to follow "its files, " or "its rows, "; else NULL */
	char *refused; /* files were the setting's choice: why rows had to do; else NULL */
	char *failed; /* files were our choice and the backup had begun: the error that it ended with; else NULL */
	char *offer; /* what --physical would copy, and what makes that for the user to say; else NULL */
	struct pk_strv others; /* databases that came along, and are dropped */
};
#define PK_METHOD_INIT { 0 }
void pk_method_release(struct pk_method *method);

struct pk_method_figures {
	int64_t database; /* bytes */
	int64_t rows;	  /* of these, bytes beside indexes */
	int64_t cluster;  /* bytes that a backup brings */
	double rate;	  /* bytes a second that the way from there lets through; 0: any */
	double wait;	  /* seconds until the backup begins */
};
/*
 * Whether files are there clearly sooner, by rates that were measured with 600 MB of pgbench's tables on two processors
 * (2026): rows with their indexes built anew 110 MB/s of the database, pg_basebackup 480 MB/s, a second to make the
 * files ours. Never below 200 MB, where either is over at once.
 */
bool pk_method_pays(const struct pk_method_figures *figures);

/* postkit.remote.<name>.maxRate, bytes a second of a backup or of rows; 0: any. */
int pk_method_max_rate(const struct pk_config *config, const char *remote, double *ret,
		       struct pk_err *err);

/* Before anything is asked of the source: *ret_why says why rows, caller frees, or stays NULL. */
void pk_method_may_pay(const struct pk_remote *remote, const struct pk_source_facts *facts,
		       char **ret_why);
struct pk_template_want;
/*
 * At the source, of files that fit: as above; beside that ret->offer. hold: connected to the database, and again after
 * a look into the maintenance database postgres when it is the only other one, to see that it is empty.
 */
int pk_method_look(struct pk_hold *hold, const struct pk_template_want *want, const struct pk_fits *fits,
		   struct pk_method *ret, char **ret_why, struct pk_err *err);

#endif
