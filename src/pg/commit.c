#include "pg/handle.h"

/* The first result is COMMIT's. Returns 0 when that was done; *ret_then becomes false for a later one that failed. */
static int take(struct pk_conn *conn, const struct pk_running *running, const PGresult *result, bool *committed,
		bool *ret_then, struct pk_err *err)
{
	ExecStatusType kind = PQresultStatus(result);
	bool failed = kind == PGRES_FATAL_ERROR || kind == PGRES_BAD_RESPONSE;

	if (*committed) {
		*ret_then = *ret_then && !failed;
		return 0;
	}
	if (failed)
		return pk_result_error(conn, running, result, NULL, err);
	if (!pk_streq(PQcmdStatus((PGresult *)result), "COMMIT"))
		return pk_err_set(err, "the transaction had failed, and was rolled back instead");
	*committed = true;
	return 0;
}

static int collect(struct pk_conn *conn, struct pk_running *running, bool *ret_then, struct pk_err *err)
{
	bool committed = false;
	PGresult *result = NULL;
	int status = 0;

	*ret_then = true;
	while (status == 0) {
		if (pk_next_result(conn, running, &result, committed ? NULL : err) < 0) {
			*ret_then = false;
			return committed ? 0 : -1;
		}
		if (!result)
			break;
		status = take(conn, running, result, &committed, ret_then, err);
		PQclear(result);
		if (PQstatus(conn->handle) == CONNECTION_BAD)
			break;
	}
	/* What follows a COMMIT that failed is not run: only the end of it is still to come. */
	while (status < 0 && PQstatus(conn->handle) != CONNECTION_BAD && pk_next_result(conn, running, &result, NULL) == 0 &&
	       result)
		PQclear(result);
	if (PQstatus(conn->handle) == CONNECTION_BAD)
		*ret_then = false;
	if (status == 0 && !committed)
		status = pk_result_error(conn, running, NULL, NULL, err);
	return status;
}

int pk_conn_commit(struct pk_conn *conn, const char *then, bool *ret_then, struct pk_err *err)
{
	PK_FREE char *sql = pk_printf("COMMIT; %s", then ? then : "");
	struct pk_running running;
	int status;

	*ret_then = false;
	if (!conn->handle)
		return pk_err_set(err, "not connected");
	pk_running_begin(&running, conn);
	status = PQsendQuery(conn->handle, sql) ? collect(conn, &running, ret_then, err) :
						  pk_result_error(conn, NULL, NULL, NULL, err);
	pk_running_end(&running);
	return status;
}
