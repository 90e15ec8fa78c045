#include "pg/pump.h"
#include "base/sig.h"
#include "pg/handle.h"
#include <errno.h>
#include <poll.h>

#define PIECE	65536 /* bytes sent at once */
#define LOOK_MS 200   /* an interrupt may come between a look at the flag and the wait */

enum state { WAITS, COPIES, ENDED };

struct side {
	struct pk_conn *conn;
	const char *sql;
	enum state state;
	int64_t *rows; /* of the next COPY */
	bool unsent; /* libpq holds bytes that the socket did not take */
};
struct lane {
	struct side from, into;
	struct pk_buf rows;
	char *row; /* one that is larger than a piece, of which so much has gone; or NULL */
	size_t row_len, row_at;
	struct pk_pump_task task;
	int number;
	bool busy;
	bool closing; /* all rows are here; whether the source means it is not yet known */
};

void pk_pump_task_release(struct pk_pump_task *task)
{
	free(task->what);
	free(task->from);
	free(task->into);
	*task = (struct pk_pump_task){ 0 };
}

static int side_error(const struct side *side, const PGresult *result, struct pk_err *err)
{
	return pk_result_error(side->conn, NULL, result, side->sql, err);
}

static int flush(struct side *side, struct pk_err *err)
{
	int left = PQflush(side->conn->handle);

	side->unsent = left > 0;
	return left < 0 ? side_error(side, NULL, err) : 0;
}

static int side_begin(struct side *side, struct pk_conn *conn, const char *sql, struct pk_err *err)
{
	*side = (struct side){ .conn = conn, .sql = sql, .state = sql ? WAITS : ENDED };
	if (!sql)
		return 0;
	if (!conn->handle || PQsetnonblocking(conn->handle, 1) < 0 || !PQsendQuery(conn->handle, sql))
		return side_error(side, NULL, err);
	return flush(side, err);
}

/* The end of what it copies; why is NULL when all is well. */
static int end_copy(struct side *into, const char *why, struct pk_err *err)
{
	if (PQputCopyEnd(into->conn->handle, why) < 0)
		return side_error(into, NULL, err);
	into->state = WAITS;
	return flush(into, err);
}

/* Takes a result when there is one: 1. */
static int look(struct side *side, ExecStatusType copy, struct pk_err *err)
{
	PGresult *result;
	int status = 1;

	if (side->state != WAITS || PQisBusy(side->conn->handle))
		return 0;
	result = PQgetResult(side->conn->handle);
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
		if (side->rows && *PQcmdTuples(result))
			*side->rows++ = strtoll(PQcmdTuples(result), NULL, 10);
		break;
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		break;
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
		side->state = COPIES;
		if (PQresultStatus(result) != copy)
			status = pk_err_set(err, "COPY goes the wrong way");
		break;
	default:
		if (!result && PQstatus(side->conn->handle) == CONNECTION_OK)
			side->state = ENDED;
		else
			status = side_error(side, result, err);
	}
	PQclear(result);
	return status;
}

static int put(struct lane *l, const char *data, size_t len, struct pk_err *err)
{
	if (len && PQputCopyData(l->into.conn->handle, data, (int)len) < 0)
		return side_error(&l->into, NULL, err);
	return flush(&l->into, err);
}

static int put_rows(struct lane *l, struct pk_err *err)
{
	int status = put(l, l->rows.ptr, l->rows.len, err);

	pk_buf_clear(&l->rows);
	return status;
}

static void forget_row(struct lane *l)
{
	PQfreemem(l->row);
	l->row = NULL;
}

/* Piece by piece: what the socket does not take, libpq moves to the front again with each that it takes. */
static int put_row(struct lane *l, struct pk_err *err)
{
	while (l->row && !l->into.unsent) {
		size_t left = l->row_len - l->row_at, n = left < PIECE ? left : PIECE;

		if (put(l, l->row + l->row_at, n, err) < 0)
			return -1;
		l->row_at += n;
		if (l->row_at == l->row_len)
			forget_row(l);
	}
	return 0;
}

static int add_row(struct lane *l, char *row, size_t n, struct pk_err *err)
{
	if (n < PIECE) {
		pk_buf_addn(&l->rows, row, n);
		PQfreemem(row);
		return l->rows.len >= PIECE ? put_rows(l, err) : 0;
	}
	l->row = row;
	l->row_len = n;
	l->row_at = 0;
	return put_rows(l, err) < 0 ? -1 : put_row(l, err);
}

/* Rows from one side to the other, as long as there are any here and the other takes them: 1 when any went. */
static int carry(const struct pk_pump *pump, struct lane *l, struct pk_err *err)
{
	size_t bytes = 0;
	int n = 0, status = put_row(l, err);

	while (status == 0 && !l->into.unsent) {
		char *row = NULL;

		n = PQgetCopyData(l->from.conn->handle, &row, 1);
		if (n <= 0)
			break;
		bytes += (size_t)n;
		status = add_row(l, row, (size_t)n, err);
	}
	if (status == 0 && n == -2)
		return side_error(&l->from, NULL, err);
	if (status == 0 && n == -1) {
		l->closing = true;
		l->from.state = WAITS;
		status = put_rows(l, err);
	}
	if (status == 0 && bytes)
		status = pump->moved(pump->arg, l->number, bytes, err);
	return status < 0 ? -1 : bytes > 0 || n == -1;
}

/* 1 when anything went on. */
static int step(const struct pk_pump *pump, struct lane *l, struct pk_err *err)
{
	int from = look(&l->from, PGRES_COPY_OUT, err), into, rows = 0;

	if (from < 0)
		return -1;
	if (from && l->closing) {
		l->closing = false;
		if (end_copy(&l->into, NULL, err) < 0)
			return -1;
	}
	into = look(&l->into, PGRES_COPY_IN, err);
	if (into < 0)
		return -1;
	if (l->from.state == COPIES && l->into.state == COPIES)
		rows = carry(pump, l, err);
	else if (l->from.state == ENDED && l->into.state == COPIES)
		return pk_err_set(err, "'%s' waits for rows that nobody sends", l->into.conn->where);
	return rows < 0 ? -1 : from || into || rows;
}

static int advance(const struct pk_pump *pump, struct lane *l, struct pk_err *err)
{
	int status = 1;

	while (status > 0)
		status = step(pump, l, err);
	return status;
}

/* Events to wait for. What is not to be read must not wake us. */
static struct pollfd watch(const struct lane *l, const struct side *side)
{
	struct pollfd fd = { .fd = -1 };
	bool reads = side == &l->into || side->state == WAITS || (l->into.state == COPIES && !l->into.unsent);

	if (!l->busy || side->state == ENDED)
		return fd;
	fd.events = (short)((reads ? POLLIN : 0) | (side->unsent ? POLLOUT : 0));
	if (fd.events)
		fd.fd = PQsocket(side->conn->handle);
	return fd;
}

/* The target speaks while it is to listen: that is an error, which libpq shows once the copy has ended. */
static int hear(struct side *side, bool target, short events, struct pk_err *err)
{
	if (events && side->unsent && flush(side, err) < 0)
		return -1;
	if (!(events & (POLLIN | POLLHUP | POLLERR)))
		return 0;
	if (!PQconsumeInput(side->conn->handle))
		return side_error(side, NULL, err);
	return target && side->state == COPIES ? end_copy(side, "stopped by the server", err) : 0;
}

static int wait_for_any(struct lane *lanes, int n, int *ret_lane, struct pk_err *err)
{
	struct pollfd fds[2 * PK_PUMP_LANES_MAX];

	for (int i = 0; i < n; i++) {
		fds[2 * i] = watch(&lanes[i], &lanes[i].from);
		fds[2 * i + 1] = watch(&lanes[i], &lanes[i].into);
	}
	if (poll(fds, 2 * (nfds_t)n, LOOK_MS) < 0 && errno != EINTR)
		return pk_err_errno(err, "cannot wait for the servers");
	if (pk_interrupted())
		return pk_err_interrupted(err, "interrupted");
	for (int i = 0; i < n; i++) {
		*ret_lane = i;
		if (fds[2 * i].fd >= 0 && hear(&lanes[i].from, false, fds[2 * i].revents, err) < 0)
			return -1;
		if (fds[2 * i + 1].fd >= 0 && hear(&lanes[i].into, true, fds[2 * i + 1].revents, err) < 0)
			return -1;
	}
	*ret_lane = -1;
	return 0;
}

static int begin(const struct pk_pump *pump, int i, struct lane *l, struct pk_err *err)
{
	int status = pump->next(pump->arg, i, &l->task, err);

	if (status <= 0)
		return status;
	l->busy = true;
	if (side_begin(&l->from, pump->lanes[i].source, l->task.from, err) < 0)
		return -1;
	l->from.rows = l->task.rows;
	return side_begin(&l->into, pump->lanes[i].target, l->task.into, err) < 0 ? -1 : 1;
}

static int finish(const struct pk_pump *pump, int i, struct lane *l, struct pk_err *err)
{
	int status;

	if (l->task.from)
		PQsetnonblocking(l->from.conn->handle, 0);
	if (l->task.into)
		PQsetnonblocking(l->into.conn->handle, 0);
	l->busy = false;
	status = pump->done(pump->arg, i, &l->task, err);
	pk_pump_task_release(&l->task);
	return status;
}

/* Begins, moves and ends what it can without waiting. *ret_busy: how many lanes have something to wait for. */
static int turn(const struct pk_pump *pump, struct lane *lanes, int *ret_busy, int *ret_lane, struct pk_err *err)
{
	bool again = true;

	while (again) {
		*ret_busy = 0;
		again = false;
		for (int i = 0; i < pump->n; i++) {
			struct lane *l = &lanes[i];

			*ret_lane = i;
			if (!l->busy && begin(pump, i, l, err) < 0)
				return -1;
			if (!l->busy)
				continue;
			if (advance(pump, l, err) < 0)
				return -1;
			if (l->from.state == ENDED && l->into.state == ENDED) {
				again = true;
				if (finish(pump, i, l, err) < 0)
					return -1;
			}
			*ret_busy += l->busy;
		}
	}
	*ret_lane = -1;
	return 0;
}

static void cancel_side(const struct side *side)
{
	if (side->sql && side->state != ENDED && side->conn->cancel && PQstatus(side->conn->handle) == CONNECTION_OK)
		pk_cancel_ask(side->conn->cancel);
}

int pk_pump_run(const struct pk_pump *pump, struct pk_err *err)
{
	PK_FREE struct lane *lanes = pk_alloc((size_t)pump->n * sizeof(*lanes));
	int busy = 0, at = -1, status = 0;

	for (int i = 0; i < pump->n; i++)
		lanes[i] = (struct lane){ .rows = PK_BUF_INIT, .number = i };
	for (;;) {
		status = turn(pump, lanes, &busy, &at, err);
		if (status < 0 || busy == 0)
			break;
		status = wait_for_any(lanes, pump->n, &at, err);
		if (status == 0)
			status = pump->moved(pump->arg, -1, 0, err);
		if (status < 0)
			break;
	}
	if (status < 0 && at >= 0 && lanes[at].task.what)
		pk_err_wrap(err, "cannot %s", lanes[at].task.what);
	for (int i = 0; i < pump->n; i++) {
		if (lanes[i].busy) {
			cancel_side(&lanes[i].from);
			cancel_side(&lanes[i].into);
		}
		pk_pump_task_release(&lanes[i].task);
		pk_buf_release(&lanes[i].rows);
		forget_row(&lanes[i]);
	}
	return status;
}
