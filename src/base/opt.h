/*
 * Options of a command, described once: parsing, -h, completion and the test of the man page come
 * from this table. Long options, --no- for flags, --name value and --name=value, clustered short
 * flags, -- and --end-of-options.
 */
#ifndef PK_OPT_H
#define PK_OPT_H

#include "base/err.h"
#include "base/strv.h"

enum pk_opt_type { PK_OPT_FLAG, PK_OPT_STRING, PK_OPT_INT, PK_OPT_LIST };

struct pk_opt {
	enum pk_opt_type type;
	char short_name;       /* 0: none */
	const char *name;      /* without the dashes */
	const char *arg;       /* name of the argument in help; NULL for flags */
	const char *help;      /* one line */
	void *value;           /* bool *, const char **, int *, struct pk_strv * */
};

/*
 * opts ends with an entry whose name is NULL; operands (borrowed from argv) go to ret_operands,
 * which must have room for argc pointers. argv[0] is skipped. Returns 0, 1 when -h was asked for,
 * or -1 with PK_EXIT_USAGE.
 */
int pk_opt_parse(const struct pk_opt *opts, int argc, char **argv, const char **ret_operands,
		 int *ret_n, struct pk_err *err);
/* The usage lines and the options, as -h shows them. */
void pk_opt_help(FILE *out, const char *command, const char *synopsis, const char *summary,
		 const struct pk_opt *opts);

#endif
