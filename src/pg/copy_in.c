#include "pg/copy_in.h"
#include "base/sig.h"
#include "pg/handle.h"

#define PIECE 65536 /* bytes that libpq holds at once */

/* The next result, that an interrupt need not wait for. */
static int take(struct pk_conn *conn, PGresult **ret, struct pk_err *err)
{
	struct pk_running running;
	int status;

	pk_running_begin(&running, conn);
	status = pk_next_result(conn, &running, ret, err);
	pk_running_end(&running);
	return status;
}

int pk_copy_in_begin(struct pk_conn *conn, const char *sql, struct pk_err *err)
{
	PGresult *result = NULL;
	int status = 0;

	if (!PQsendQuery(conn->handle, sql))
		return pk_result_error(conn, NULL, NULL, sql, err);
	if (take(conn, &result, err) < 0)
		return -1;
	if (PQresultStatus(result) != PGRES_COPY_IN)
		status = pk_result_error(conn, NULL, result, sql, err);
	PQclear(result);
	while (status < 0 && take(conn, &result, NULL) == 0 && result)
		PQclear(result);
	return status;
}

int pk_copy_in_put(struct pk_conn *conn, const void *data, size_t len, struct pk_err *err)
{
	const char *at = data;

	while (len) {
		size_t n = len < PIECE ? len : PIECE;

		if (pk_interrupted())
			return pk_err_interrupted(err, "interrupted");
		if (PQputCopyData(conn->handle, at, (int)n) < 0)
			return pk_result_error(conn, NULL, NULL, NULL, err);
		at += n;
		len -= n;
	}
	return 0;
}

int pk_copy_in_end(struct pk_conn *conn, const char *why, struct pk_err *err)
{
	int status = 0;

	if (PQputCopyEnd(conn->handle, why) < 0)
		return pk_result_error(conn, NULL, NULL, NULL, err);
	for (;;) {
		PGresult *result = NULL;

		if (take(conn, &result, status < 0 ? NULL : err) < 0)
			return -1;
		if (!result)
			return status;
		if (status == 0 && PQresultStatus(result) != PGRES_COMMAND_OK)
			status = pk_result_error(conn, NULL, result, NULL, err);
		PQclear(result);
	}
}
