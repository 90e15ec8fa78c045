#include "pg/handle.h"

/* The results of one message, as they come. */
struct results {
	struct pk_conn *conn;
	struct pk_running *running;
	struct pk_conn_commit *commit;
	int done; /* of the statements before COMMIT */
	bool committed;
};

/* The first result that is not one of those before it is COMMIT's. Returns -1 when it is not committed. */
static int take(struct results *r, const PGresult *result, struct pk_err *err)
{
	ExecStatusType kind = PQresultStatus(result);
	bool failed = kind == PGRES_FATAL_ERROR || kind == PGRES_BAD_RESPONSE;

	if (r->committed) {
		r->commit->all = r->commit->all && !failed;
		return 0;
	}
	r->commit->reached = r->done == r->commit->n_first;
	if (failed)
		return pk_result_error(r->conn, r->running, result, NULL, err);
	if (!r->commit->reached) {
		r->done++;
		return 0;
	}
	if (!pk_streq(PQcmdStatus((PGresult *)result), "COMMIT"))
		return pk_err_set(err, "the transaction had failed, and was rolled back instead");
	r->committed = true;
	return 0;
}

static int collect(struct results *r, struct pk_err *err)
{
	struct pk_conn *conn = r->conn;
	PGresult *result = NULL;
	int status = 0;

	r->commit->all = true;
	while (status == 0) {
		if (pk_next_result(conn, r->running, &result, r->committed ? NULL : err) < 0) {
			r->commit->all = false;
			return r->committed ? 0 : -1;
		}
		if (!result)
			break;
		status = take(r, result, err);
		PQclear(result);
		if (PQstatus(conn->handle) == CONNECTION_BAD)
			break;
	}
	/* What follows a statement that failed is not run: only the end of it is still to come. */
	while (status < 0 && PQstatus(conn->handle) != CONNECTION_BAD &&
	       pk_next_result(conn, r->running, &result, NULL) == 0 && result)
		PQclear(result);
	if (PQstatus(conn->handle) == CONNECTION_BAD)
		r->commit->all = false;
	if (status == 0 && !r->committed)
		status = pk_result_error(conn, r->running, NULL, NULL, err);
	return status;
}

int pk_conn_commit(struct pk_conn *conn, struct pk_conn_commit *commit, struct pk_err *err)
{
	PK_FREE char *sql = pk_printf("%sCOMMIT; %s", commit->first ? commit->first : "", commit->then ? commit->then : "");
	struct pk_running running;
	struct results results = { .conn = conn, .running = &running, .commit = commit };
	int status;

	commit->reached = commit->all = false;
	if (!conn->handle)
		return pk_err_set(err, "not connected");
	pk_running_begin(&running, conn);
	status = PQsendQuery(conn->handle, sql) ? collect(&results, err) : pk_result_error(conn, NULL, NULL, NULL, err);
	pk_running_end(&running);
	return status;
}
