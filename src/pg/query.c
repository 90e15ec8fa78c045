#include "pg/handle.h"
#include "base/clock.h"
#include "base/sig.h"
#include "base/text.h"
#include "pg/hints.h"
#include "pg/sqlstate.h"
#include "pg/way.h"
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <sys/socket.h>

#define CANCEL_AGAIN_MS 1000
#define CANCEL_SECONDS	10 /* since the interrupt; then it is given up */
#define CANCEL_LEAST	2  /* for each connection */
#define CANCEL_TRIES	3  /* that nobody takes at the other end of a network; then it is given up, too */
#define SILENT_SECONDS	10 /* in what begins after an interrupt */

static double first_interrupt; /* pk_now() when one was first seen; 0: none */

static void ask_to_cancel(struct pk_running *running)
{
	double began = pk_now();

	running->unheard = pk_cancel_ask(running->cancel) ? 0 : running->unheard + 1;
	running->asked_ms = (int)((pk_now() - began) * 1e3);
}

/* In the signal handler. */
static void on_interrupt(void *arg)
{
	struct pk_running *running = arg;
	int saved = errno;

	running->interrupts = running->interrupts + 1;
	ask_to_cancel(running);
	errno = saved;
}

void pk_running_begin(struct pk_running *running, struct pk_conn *conn)
{
	running->cancel = conn->cancel;
	running->interrupts = 0;
	running->unheard = running->asked_ms = 0;
	running->cleans_up = pk_interrupted();
	pk_sig_set_hook(on_interrupt, running);
}

void pk_running_end(struct pk_running *running)
{
	pk_sig_set_hook(NULL, NULL);
	running->cancel = NULL;
}

/* The looker's own queries take the hook, and an interrupt that comes then. */
static void look(struct pk_running *running, struct pk_watch *watch)
{
	bool before = pk_interrupted();
	int wait = watch->look(watch->arg);

	pk_sig_set_hook(on_interrupt, running);
	if (!before && pk_interrupted())
		on_interrupt(running);
	if (wait == PK_WATCH_CANCEL)
		pk_cancel_ask(running->cancel);
	watch->due = wait == PK_WATCH_NO_MORE ? HUGE_VAL :
		     wait == PK_WATCH_CANCEL  ? pk_now() + CANCEL_AGAIN_MS / 1e3 :
						pk_now() + wait / 1e3;
}

/* Looks keep their time through statements that are shorter. */
static void begin_watch(struct pk_watch *watch)
{
	double first = pk_now() + watch->first_ms / 1e3;

	watch->begins = true;
	if (watch->due <= 0 || watch->due > first)
		watch->due = first;
}

/* When a request to cancel is given up: several connections to where nothing answers do not take the whole time each. */
static double cancel_deadline(void)
{
	double now = pk_now();

	if (!first_interrupt)
		first_interrupt = now;
	return first_interrupt + CANCEL_SECONDS > now + CANCEL_LEAST ? first_interrupt + CANCEL_SECONDS : now + CANCEL_LEAST;
}

/* A socket of this machine falls silent only when its server works. */
static bool is_local(const struct pk_conn *conn)
{
	return !conn->way && *PQhost(conn->handle) == '/';
}

/* When silence is no longer waited out. */
static double silence_deadline(const struct pk_conn *conn, const struct pk_running *running)
{
	return running->cleans_up && !is_local(conn) ? pk_now() + SILENT_SECONDS : HUGE_VAL;
}

static bool may_ask_again(const struct pk_conn *conn, const struct pk_running *running, double until)
{
	return pk_now() < until && (running->unheard < CANCEL_TRIES || is_local(conn));
}

/* For poll(): up to the next request to cancel, which begins a second after the one before, the next look, or the end of patience. */
static int wait_ms(const struct pk_running *running, const struct pk_watch *watch, double silent)
{
	double due = watch && watch->due < silent ? watch->due : silent, left;

	if (running->interrupts)
		return running->asked_ms < CANCEL_AGAIN_MS ? CANCEL_AGAIN_MS - running->asked_ms : 0;
	if (isinf(due))
		return -1;
	left = due - pk_now();
	return left > 0 ? (int)(left * 1e3) + 1 : 0;
}

static int give_up(struct pk_conn *conn, const char *to_what, struct pk_err *err)
{
	shutdown(PQsocket(conn->handle), SHUT_RDWR);
	return pk_err_interrupted(err, "interrupted; '%s' does not answer%s", conn->where, to_what);
}

int pk_next_result(struct pk_conn *conn, struct pk_running *running, PGresult **ret,
		   struct pk_err *err)
{
	struct pollfd fd = { .fd = PQsocket(conn->handle), .events = POLLIN };
	struct pk_watch *watch = pk_conn_watched(conn);
	double until = HUGE_VAL, silent = silence_deadline(conn, running);

	if (watch)
		begin_watch(watch);
	while (fd.fd >= 0 && PQisBusy(conn->handle)) {
		/* an interrupt before the server had the query cancelled nothing: ask again */
		int n = poll(&fd, 1, wait_ms(running, watch, silent));
		if (n > 0) {
			if (!PQconsumeInput(conn->handle))
				break; /* PQgetResult() knows */
			silent = silence_deadline(conn, running);
		}
		if (running->interrupts && isinf(until))
			until = cancel_deadline();
		if (n != 0)
			continue;
		if (!running->interrupts && pk_now() >= silent)
			return give_up(conn, "", err);
		if (!running->interrupts && watch)
			look(running, watch);
		else if (running->interrupts && may_ask_again(conn, running, until))
			ask_to_cancel(running);
		else if (running->interrupts)
			return give_up(conn, " the request to cancel", err);
	}
	*ret = PQgetResult(conn->handle);
	return 0;
}

static size_t byte_offset(const char *sql, long chars)
{
	size_t i = 0;

	while (sql[i] && chars > 1) {
		i++;
		while (((unsigned char)sql[i] & 0xC0) == 0x80)
			i++;
		chars--;
	}
	return i;
}

static void add_field(struct pk_buf *detail, const PGresult *result, int field, const char *label)
{
	const char *value = PQresultErrorField(result, field);

	if (!value)
		return;
	if (detail->len)
		pk_buf_addc(detail, '\n');
	pk_buf_add(detail, label);
	pk_buf_add(detail, value);
}

/* The connection broke, or libpq itself objects: there are no fields. */
static int plain_error(struct pk_conn *conn, const PGresult *result, struct pk_err *err)
{
	const char *text = result ? PQresultErrorMessage(result) : "";
	bool broken = PQstatus(conn->handle) != CONNECTION_OK;

	if (!*text)
		text = PQerrorMessage(conn->handle);
	if (broken && pk_way_trouble(conn->way, err)) {
		if (err)
			snprintf(err->sqlstate, sizeof(err->sqlstate), PK_SQLSTATE_CONNECTION_FAILURE);
		return pk_err_wrap(err, "'%s'", conn->where);
	}
	pk_err_set(err, "'%s': %.*s", conn->where, (int)strcspn(text, "\n"),
		   *text ? text : "no answer from the server");
	if (broken && err)
		snprintf(err->sqlstate, sizeof(err->sqlstate), PK_SQLSTATE_CONNECTION_FAILURE);
	return broken ? pk_err_hint(err, "%s", pk_pg_hint(PK_SQLSTATE_CONNECTION_FAILURE, text)) : -1;
}

int pk_result_error(struct pk_conn *conn, const struct pk_running *running, const PGresult *result,
		    const char *sql, struct pk_err *err)
{
	PK_AUTO(pk_buf) detail = PK_BUF_INIT;
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	bool cancelled = running && running->interrupts && pk_streq(sqlstate, PK_SQLSTATE_QUERY_CANCELED);

	if (!message)
		return plain_error(conn, result, err);
	pk_err_set(err, "%s", cancelled ? "interrupted" : message);
	add_field(&detail, result, PG_DIAG_MESSAGE_DETAIL, "");
	const char *hint = pk_pg_hint(sqlstate, message);
	if (cancelled)
		hint = NULL;
	else if (hint)
		add_field(&detail, result, PG_DIAG_MESSAGE_HINT, "");
	else
		hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	add_field(&detail, result, PG_DIAG_INTERNAL_QUERY, "in: ");
	add_field(&detail, result, PG_DIAG_CONTEXT, "");
	if (detail.len)
		pk_err_detail(err, "%s", detail.ptr);
	if (hint)
		pk_err_hint(err, "%s", hint);
	if (err) {
		snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", sqlstate ? sqlstate : "");
		if (position && sql)
			pk_line_col(sql, byte_offset(sql, atol(position)), &err->line, &err->col);
	}
	if (cancelled)
		pk_err_exit(err, PK_EXIT_INTERRUPTED);
	return -1;
}

static int copy_refused(PGresult *result, struct pk_conn *conn, struct pk_err *err)
{
	ExecStatusType status = PQresultStatus(result);
	char *data = NULL;

	if (status == PGRES_COPY_IN) {
		PQputCopyEnd(conn->handle, "not possible here");
		pk_err_set(err, "COPY FROM STDIN is not possible here: there is no input");
		return pk_err_hint(err, "write the rows as INSERT statements");
	}
	/* the table may be large: tell the server to stop, and read what is on its way */
	pk_cancel_ask(conn->cancel);
	while (PQgetCopyData(conn->handle, &data, 0) > 0)
		PQfreemem(data);
	return pk_err_set(err, "COPY TO STDOUT is not possible here: nobody reads it");
}

static bool is_copy(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

/* Reads until the server is done. The last result goes to *ret, the first error to err. */
static int collect(struct pk_conn *conn, struct pk_running *running, const char *sql,
		   PGresult **ret, struct pk_err *err)
{
	PGresult *result = NULL;
	int status = 0;

	for (;;) {
		struct pk_err later = PK_ERR_INIT;
		struct pk_err *into = status < 0 ? &later : err;

		if (pk_next_result(conn, running, &result, into) < 0) {
			pk_err_release(&later);
			return -1;
		}
		if (!result)
			return status;
		ExecStatusType kind = PQresultStatus(result);
		if (is_copy(result))
			status = copy_refused(result, conn, into);
		else if (kind == PGRES_FATAL_ERROR || kind == PGRES_BAD_RESPONSE)
			status = pk_result_error(conn, running, result, sql, into);
		pk_err_release(&later);
		PQclear(*ret);
		*ret = result;
		if (PQstatus(conn->handle) == CONNECTION_BAD)
			return status < 0 ? -1 : plain_error(conn, result, err);
	}
}

/* A row, or the end of them. The caller clears the result. */
static int hand_over(PGresult *result, int (*row)(void *arg, const struct pk_rows *rows, struct pk_err *err),
		     void *arg, struct pk_err *err)
{
	const struct pk_rows rows = { .handle = result, .n = PQntuples(result), .columns = PQnfields(result) };

	return row(arg, &rows, err);
}

int pk_query_each(struct pk_conn *conn, const char *sql,
		  int (*row)(void *arg, const struct pk_rows *rows, struct pk_err *err), void *arg, struct pk_err *err)
{
	struct pk_running running;
	PGresult *result = NULL;
	int status;

	if (!conn->handle)
		return pk_err_set(err, "not connected");
	pk_running_begin(&running, conn);
	status = PQsendQueryParams(conn->handle, sql, 0, NULL, NULL, NULL, NULL, 0) &&
				 PQsetSingleRowMode(conn->handle)
			 ? 0
			 : plain_error(conn, NULL, err);
	while (pk_next_result(conn, &running, &result, status < 0 ? NULL : err) == 0 && result) {
		ExecStatusType kind = PQresultStatus(result);
		bool failed = kind == PGRES_FATAL_ERROR || kind == PGRES_BAD_RESPONSE;

		if (status == 0 && is_copy(result))
			status = copy_refused(result, conn, err);
		else if (status == 0 && failed)
			status = pk_result_error(conn, &running, result, sql, err);
		else if (status == 0 && (status = hand_over(result, row, arg, err)) < 0)
			pk_cancel_ask(conn->cancel);
		PQclear(result);
		result = NULL;
		if (PQstatus(conn->handle) == CONNECTION_BAD)
			break;
	}
	pk_running_end(&running);
	if (status == 0 && PQstatus(conn->handle) == CONNECTION_BAD)
		return plain_error(conn, NULL, err);
	return status;
}

/* params NULL and n_params < 0: simple protocol. */
static int run(struct pk_conn *conn, const char *sql, int n_params, const char *const *params,
	       PGresult **ret, struct pk_err *err)
{
	struct pk_running running;
	int sent, status;

	*ret = NULL;
	if (!conn->handle)
		return pk_err_set(err, "not connected");
	pk_running_begin(&running, conn);
	if (n_params < 0)
		sent = PQsendQuery(conn->handle, sql);
	else
		sent = PQsendQueryParams(conn->handle, sql, n_params, NULL, params, NULL, NULL, 0);
	status = sent ? collect(conn, &running, sql, ret, err) : plain_error(conn, NULL, err);
	pk_running_end(&running);
	if (status < 0) {
		PQclear(*ret);
		*ret = NULL;
	}
	return status;
}

static int collect_sent(struct pk_conn *conn, PGresult **ret, struct pk_err *err)
{
	struct pk_running running;
	int status;

	*ret = NULL;
	pk_running_begin(&running, conn);
	status = collect(conn, &running, NULL, ret, err);
	pk_running_end(&running);
	return status;
}

int pk_query_sent(struct pk_conn *conn, struct pk_rows *rows, struct pk_err *err)
{
	PGresult *last;

	if (collect_sent(conn, &last, err) < 0) {
		PQclear(last);
		return -1;
	}
	pk_give_rows(last, rows);
	return 0;
}

static char *first_value(const PGresult *result)
{
	return PQntuples(result) && PQnfields(result) && !PQgetisnull(result, 0, 0) ? pk_strdup(PQgetvalue(result, 0, 0)) :
										      NULL;
}

int pk_query_value_meanwhile(struct pk_conn *conn, const char *sql, int (*meanwhile)(void *arg, struct pk_err *err),
			     void *arg, char **ret, struct pk_err *err)
{
	PGresult *last;
	int status;

	if (!conn->handle)
		return pk_err_set(err, "not connected");
	if (!PQsendQuery(conn->handle, sql))
		return plain_error(conn, NULL, err);
	status = meanwhile(arg, err);
	if (collect_sent(conn, &last, status < 0 ? NULL : err) < 0)
		status = -1;
	if (status == 0)
		*ret = first_value(last);
	PQclear(last);
	return status;
}

void pk_give_rows(PGresult *result, struct pk_rows *rows)
{
	if (!rows) {
		PQclear(result);
		return;
	}
	pk_rows_release(rows);
	rows->handle = result;
	rows->n = PQntuples(result);
	rows->columns = PQnfields(result);
}

int pk_query(struct pk_conn *conn, const char *sql, int n_params, const char *const *params,
	     struct pk_rows *rows, struct pk_err *err)
{
	PGresult *result;

	if (run(conn, sql, n_params, params, &result, err) < 0)
		return -1;
	pk_give_rows(result, rows);
	return 0;
}

int pk_exec_count(struct pk_conn *conn, const char *sql, int64_t *ret_rows, struct pk_err *err)
{
	PGresult *result;

	if (run(conn, sql, -1, NULL, &result, err) < 0)
		return -1;
	const char *touched = result ? PQcmdTuples(result) : "";
	*ret_rows = *touched ? strtoll(touched, NULL, 10) : -1;
	PQclear(result);
	return 0;
}

int pk_exec(struct pk_conn *conn, const char *sql, struct pk_err *err)
{
	int64_t ignored;

	return pk_exec_count(conn, sql, &ignored, err);
}

int pk_query_value(struct pk_conn *conn, const char *sql, int n_params, const char *const *params,
		   char **ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, sql, n_params, params, &rows, err) < 0)
		return -1;
	*ret = rows.n && rows.columns ? pk_strdup(pk_rows_get(&rows, 0, 0)) : NULL;
	return 0;
}
