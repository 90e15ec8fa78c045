#include "pg/handle.h"

/* The first result that is not one of those before it is COMMIT's. Returns -1 when it is not committed. */
static int take(struct pk_conn *conn, const struct pk_running *running, const PGresult *result, struct pk_conn_commit *commit,
		int *done, bool *committed, struct pk_err *err)
{
	ExecStatusType kind = PQresultStatus(result);
	bool failed = kind == PGRES_FATAL_ERROR || kind == PGRES_BAD_RESPONSE;

	if (*committed) {
		commit->all = commit->all && !failed;
		return 0;
	}
	commit->reached = *done == commit->n_first;
	if (failed)
		return pk_result_error(conn, running, result, NULL, err);
	if (!commit->reached) {
		(*done)++;
		return 0;
	}
	if (!pk_streq(PQcmdStatus((PGresult *)result), "COMMIT"))
		return pk_err_set(err, "the transaction had failed, and was rolled back instead");
	*committed = true;
	return 0;
}

static int collect(struct pk_conn *conn, struct pk_running *running, struct pk_conn_commit *commit, struct pk_err *err)
{
	bool committed = false;
	PGresult *result = NULL;
	int status = 0, done = 0;

	commit->all = true;
	while (status == 0) {
		if (pk_next_result(conn, running, &result, committed ? NULL : err) < 0) {
			commit->all = false;
			return committed ? 0 : -1;
		}
		if (!result)
			break;
		status = take(conn, running, result, commit, &done, &committed, err);
		PQclear(result);
		if (PQstatus(conn->handle) == CONNECTION_BAD)
			break;
	}
	/* What follows a statement that failed is not run: only the end of it is still to come. */
	while (status < 0 && PQstatus(conn->handle) != CONNECTION_BAD && pk_next_result(conn, running, &result, NULL) == 0 &&
	       result)
		PQclear(result);
	if (PQstatus(conn->handle) == CONNECTION_BAD)
		commit->all = false;
	if (status == 0 && !committed)
		status = pk_result_error(conn, running, NULL, NULL, err);
	return status;
}

int pk_conn_commit(struct pk_conn *conn, struct pk_conn_commit *commit, struct pk_err *err)
{
	PK_FREE char *sql = pk_printf("%sCOMMIT; %s", commit->first ? commit->first : "", commit->then ? commit->then : "");
	struct pk_running running;
	int status;

	commit->reached = commit->all = false;
	if (!conn->handle)
		return pk_err_set(err, "not connected");
	pk_running_begin(&running, conn);
	status = PQsendQuery(conn->handle, sql) ? collect(conn, &running, commit, err) :
						  pk_result_error(conn, NULL, NULL, NULL, err);
	pk_running_end(&running);
	return status;
}
