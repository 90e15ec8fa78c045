/* A process of the server in words, for those who want to know what it is doing there. */
#ifndef PK_DEPLOY_BACKEND_H
#define PK_DEPLOY_BACKEND_H

#include "pg/conn.h"

/* The columns that it takes, of pg_stat_activity as a. */
#define PK_BACKEND_SQL                                                                             \
	"a.pid, coalesce(nullif(a.application_name, ''), 'no application name'), a.usename, "      \
	"a.state,"                                                                                 \
	" extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start),"                       \
	" extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change), a.query, "            \
	"a.backend_type"
#define PK_BACKEND_COLUMNS 8
/*
 * "pid 4711 (psql, user ada), idle in a transaction for 3 min: SELECT ..."; less where the role may not see more, and of
 * statements that may hold a password. One line, fit for a terminal.
 */
void pk_backend_add(struct pk_buf *ret, const struct pk_rows *rows, int row);

#endif
