/* PostgreSQL's programs on this machine: distribution folders, pg_config, PATH, the setting
 * postkit.pgBin. */
#ifndef PK_SERVER_PROGRAMS_H
#define PK_SERVER_PROGRAMS_H

#include "base/err.h"
#include "git/config.h"

struct pk_pg_programs {
	char *bindir;
	int major;
	bool server; /* initdb, postgres, pg_ctl */
	bool client; /* pg_dump, pg_restore, psql */
};
struct pk_pg_list {
	struct pk_pg_programs *items; /* newest major first */
	size_t n, cap;
};
#define PK_PG_LIST_INIT { 0 }
void pk_pg_list_release(struct pk_pg_list *list);
/* Those of all folders, each once; config NULL: without its setting. What ret had is released. Runs pg_config. */
void pk_pg_list_find(const struct pk_config *config, struct pk_pg_list *ret);
/*
 * Where npm's package of server programs lies in a work tree; NULL: nowhere. To be told, not to be run: what is in
 * a work tree may have come with a branch. Caller frees.
 */
char *pk_pg_of_project(const char *workdir);
/*
 * The server programs of a major (0: the newest), borrowed from ret; NULL: none, and ret has all
 * there is. Cheaper than the whole list where the distribution's folders have them.
 */
const struct pk_pg_programs *pk_pg_find_server(const struct pk_config *config, int major,
					       struct pk_pg_list *ret);

/* As pk_server_client_bindir(), of this machine alone. */
char *pk_pg_client_bindir(const struct pk_config *config, int major, int target);

#endif
