/* Many queries at once, over one connection or over several side by side. */
#include "pg/pipeline.h"
#include "pg/handle.h"
#include <poll.h>

#define LOOK_MS 200 /* an interrupt may come between a look at the flag and the wait */

void pk_pipeline_brief(const char *sql, struct pk_rows *rows, struct pk_pipeline_query ret[PK_PIPELINE_BRIEF])
{
	ret[0] = (struct pk_pipeline_query){ .sql = "SAVEPOINT postkit" };
	ret[1] = (struct pk_pipeline_query){ .sql = sql, .rows = rows };
	ret[2] = (struct pk_pipeline_query){ .sql = "ROLLBACK TO SAVEPOINT postkit" };
	ret[3] = (struct pk_pipeline_query){ .sql = "RELEASE SAVEPOINT postkit" };
}

static bool send_query(PGconn *handle, const struct pk_pipeline_query *q)
{
	if (q->prepare)
		return PQsendPrepare(handle, q->name, q->sql, 0, NULL);
	if (q->name)
		return PQsendQueryPrepared(handle, q->name, 0, NULL, NULL, NULL, q->numbers);
	return PQsendQueryParams(handle, q->sql, 0, NULL, NULL, NULL, NULL, q->numbers);
}

int pk_pipeline_send(struct pk_pipeline *p, struct pk_err *err)
{
	bool sent = true;

	if (!p->conn->handle || !PQenterPipelineMode(p->conn->handle))
		return pk_err_set(err, "cannot send queries: the connection is not idle");
	for (; sent && p->sent < p->n; p->sent++)
		sent = send_query(p->conn->handle, &p->queries[p->sent]);
	if (!sent || !PQpipelineSync(p->conn->handle))
		return pk_result_error(p->conn, NULL, NULL, NULL, err);
	p->syncs++;
	p->open = true;
	return 0;
}

/* Of each query come its result and a NULL, at the end the sync. */
static int take(struct pk_pipeline *p, const struct pk_running *running, PGresult *result, struct pk_err *err)
{
	ExecStatusType kind = PQresultStatus(result);
	int status = 0;

	if (!result) {
		p->at++;
		if (PQstatus(p->conn->handle) != CONNECTION_BAD)
			return 0;
		p->open = false;
		return pk_result_error(p->conn, running, NULL, NULL, err);
	}
	if (kind == PGRES_TUPLES_OK) {
		pk_give_rows(result, p->queries[p->at].rows);
		return 0;
	}
	if (kind == PGRES_PIPELINE_SYNC)
		p->open = --p->syncs > 0;
	else if (kind != PGRES_COMMAND_OK && kind != PGRES_PIPELINE_ABORTED)
		status = pk_result_error(p->conn, running, result, p->queries[p->at].sql, err);
	PQclear(result);
	return status;
}

int pk_pipeline_until(struct pk_pipeline *p, int n, struct pk_err *err)
{
	struct pk_running running;
	PGresult *result;

	pk_running_begin(&running, p->conn);
	while (p->open && p->at < n && !p->failed)
		p->failed = pk_next_result(p->conn, &running, &result, err) < 0 || take(p, &running, result, err) < 0;
	pk_running_end(&running);
	return p->failed ? -1 : 0;
}

/* Until one of them has something to read. */
static void wait_for_any(struct pk_pipeline *ps, int n)
{
	struct pollfd fds[PK_PIPELINES_MAX];

	for (int i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = ps[i].open ? PQsocket(ps[i].conn->handle) : -1, .events = POLLIN };
	if (poll(fds, (nfds_t)n, LOOK_MS) <= 0)
		return;
	for (int i = 0; i < n; i++)
		if (fds[i].revents)
			PQconsumeInput(ps[i].conn->handle);
}

static void cancel_all(struct pk_pipeline *ps, int n)
{
	for (int i = 0; i < n; i++)
		if (ps[i].open)
			pk_cancel_ask(ps[i].conn->cancel);
}

static bool any_open(const struct pk_pipeline *ps, int n)
{
	for (int i = 0; i < n; i++)
		if (ps[i].open)
			return true;
	return false;
}

static bool any_failed(const struct pk_pipeline *ps, int n)
{
	for (int i = 0; i < n; i++)
		if (ps[i].failed)
			return true;
	return false;
}

static int collect(struct pk_pipeline *ps, int n, struct pk_running *running, void (*arrived)(void *arg), void *arg,
		   struct pk_err *err)
{
	bool cancelled = false, singly = n == 1 || running->cleans_up;

	while (any_open(ps, n)) {
		if (!singly && !cancelled)
			wait_for_any(ps, n);
		if (running->interrupts && !cancelled) {
			cancel_all(ps, n);
			cancelled = true;
		}
		for (int i = 0; i < n; i++) {
			/* A single one is waited for here, and so are those that will end soon, or must not fall silent. */
			while (ps[i].open && (singly || cancelled || !PQisBusy(ps[i].conn->handle))) {
				struct pk_err *first = any_failed(ps, n) ? NULL : err;
				PGresult *result;
				int at = ps[i].at;

				running->cancel = ps[i].conn->cancel;
				if (pk_next_result(ps[i].conn, running, &result, first) < 0)
					return -1;
				ps[i].failed |= take(&ps[i], running, result, first) < 0;
				if (arrived && ps[i].at > at && !any_failed(ps, n))
					arrived(arg);
			}
		}
	}
	return any_failed(ps, n) ? -1 : 0;
}

int pk_pipelines_collect(struct pk_pipeline *ps, int n, void (*arrived)(void *arg), void *arg, struct pk_err *err)
{
	struct pk_running running;
	int status;

	pk_running_begin(&running, ps[0].conn);
	status = collect(ps, n, &running, arrived, arg, err);
	pk_running_end(&running);
	for (int i = 0; i < n; i++) {
		PQexitPipelineMode(ps[i].conn->handle);
		for (int k = 0; status < 0 && k < ps[i].n; k++)
			if (ps[i].queries[k].rows)
				pk_rows_release(ps[i].queries[k].rows);
	}
	return status;
}
