#include "base/clock.h"
#include "base/sig.h"
#include "pg/connect.h"
#include "pg/handle.h"
#include "pg/way.h"
#include <poll.h>
#include <unistd.h>

#define NOTICES_MAX   65536 /* bytes */
#define BEGIN_SECONDS 1
#define BEGIN_MAX     4 /* connections at once */

/* A line each; the sender of a flood must not fill our memory. */
static void keep_notice(void *arg, const PGresult *result)
{
	struct pk_conn *conn = arg;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (!message || conn->notices.len >= NOTICES_MAX)
		return;
	size_t start = conn->notices.len;
	pk_buf_addf(&conn->notices, "%s: %s", severity ? severity : "NOTICE", message);
	if (conn->notices.len > NOTICES_MAX - 1)
		pk_buf_truncate(&conn->notices, NOTICES_MAX - 1);
	for (size_t i = start; i < conn->notices.len; i++)
		if (conn->notices.ptr[i] == '\n' || conn->notices.ptr[i] == '\r')
			conn->notices.ptr[i] = ' ';
	pk_buf_addc(&conn->notices, '\n');
}

/* Waits for any of the handshakes and takes them a step further. False: all have ended, or it is time. until: of pk_now(). */
static bool go_on(struct pk_conn *const *conns, PostgresPollingStatusType *wants, size_t n, double until)
{
	struct pollfd fds[BEGIN_MAX];
	double left = until - pk_now();
	bool more = false;

	for (size_t i = 0; i < n; i++) {
		bool waits = conns[i]->handle && (wants[i] == PGRES_POLLING_READING || wants[i] == PGRES_POLLING_WRITING);

		fds[i] = (struct pollfd){ .fd = waits ? PQsocket(conns[i]->handle) : -1,
					  .events = wants[i] == PGRES_POLLING_READING ? POLLIN : POLLOUT };
		more |= fds[i].fd >= 0;
	}
	if (!more || left <= 0 || pk_interrupted() || poll(fds, (nfds_t)n, (int)(left * 1000) + 1) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (fds[i].revents)
			wants[i] = PQconnectPoll(conns[i]->handle);
	return true;
}

void pk_conns_begin(struct pk_conn *const *conns, const struct pk_conninfo *const *infos, size_t n)
{
	PostgresPollingStatusType wants[BEGIN_MAX] = { PGRES_POLLING_FAILED };
	double until = pk_now() + BEGIN_SECONDS;

	n = n < BEGIN_MAX ? n : BEGIN_MAX;
	for (size_t i = 0; i < n; i++) {
		pk_conn_release(conns[i]);
		wants[i] = PGRES_POLLING_WRITING;
		conns[i]->handle = pk_connect_start(infos[i]);
		conns[i]->way = pk_way_share(infos[i]->way);
	}
	while (go_on(conns, wants, n, until))
		;
	for (size_t i = 0; i < n; i++) {
		conns[i]->begun = pk_settings_send(conns[i]);
		if (!conns[i]->begun)
			pk_conn_release(conns[i]);
	}
}

/* What every connection of ours has, once it stands. begun: our settings were asked for already. where is taken. */
static int finish_open(struct pk_conn *conn, bool begun, char *where, struct pk_err *err)
{
	PQsetNoticeReceiver(conn->handle, keep_notice, conn);
	conn->cancel = PQgetCancel(conn->handle);
	conn->version = PQserverVersion(conn->handle);
	conn->where = where;
	if (pk_settings_begin(conn, begun, err) < 0)
		return pk_err_wrap(err, "cannot use '%s'", conn->where);
	return 0;
}

int pk_conn_open(struct pk_conn *conn, const struct pk_conninfo *info, struct pk_err *err)
{
	bool begun = conn->begun && conn->way == info->way; /* never past a tunnel */

	if (!begun)
		pk_conn_release(conn);
	conn->begun = false;
	pk_way_drop(conn->way);
	conn->way = pk_way_share(info->way);
	if ((!begun && pk_connect(conn, info, err) < 0) ||
	    finish_open(conn, begun, pk_connect_where(conn->handle, info), err) < 0) {
		bool needs_password = conn->needs_password;
		pk_conn_release(conn);
		conn->needs_password = needs_password;
		return -1;
	}
	return 0;
}

int pk_conn_try(const struct pk_conninfo *info, struct pk_err *err)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	conn.way = pk_way_share(info->way);
	return pk_connect(&conn, info, err);
}

int pk_conn_open_both(struct pk_conn *a, const struct pk_conninfo *a_info, struct pk_conn *b,
		      const struct pk_conninfo *b_info, struct pk_err *err)
{
	pk_conns_begin((struct pk_conn *[]){ a, b }, (const struct pk_conninfo *[]){ a_info, b_info }, 2);
	return pk_conn_open(a, a_info, err) < 0 ? -1 : pk_conn_open(b, b_info, err);
}

/* Begins to connect with what the first one was opened with at last, services and variables included. Returns the seconds to wait for it. */
static int begin_beside(struct pk_conn *conn, const struct pk_conn *first)
{
	PK_AUTO(pk_strv) keys = PK_STRV_INIT, values = PK_STRV_INIT;
	PQconninfoOption *options = first->handle ? PQconninfo(first->handle) : NULL;
	int seconds = pk_connect_timeout(NULL);

	for (const PQconninfoOption *o = options; o && o->keyword; o++) {
		const char *value = o->val;

		/* of several hosts the one that answered; a list of addresses would go with the list of hosts */
		if (strcmp(o->keyword, "host") == 0)
			value = PQhost(first->handle);
		else if (strcmp(o->keyword, "hostaddr") == 0)
			value = value && strchr(value, ',') ? NULL : value;
		else if (strcmp(o->keyword, "port") == 0)
			value = PQport(first->handle);
		else if (strcmp(o->keyword, "connect_timeout") == 0 && value)
			seconds = pk_connect_timeout(value);
		if (value && *value) {
			pk_strv_push(&keys, o->keyword);
			pk_strv_push(&values, value);
		}
	}
	PQconninfoFree(options);
	conn->handle = pk_connect_start_with(&keys, &values);
	conn->way = pk_way_share(first->way);
	return seconds;
}

/* On failure conn is closed. */
static int open_beside(struct pk_conn *conn, const struct pk_conn *first, struct pk_err *err)
{
	bool cleaning_up = pk_interrupted();
	int seconds = begin_beside(conn, first), late = 0;

	if (conn->handle && PQstatus(conn->handle) != CONNECTION_BAD)
		late = pk_connect_wait(conn->handle, seconds, cleaning_up, err);
	if (late >= 0 && PQstatus(conn->handle) != CONNECTION_OK) {
		struct pk_conninfo none = PK_CONNINFO_INIT;
		PK_FREE char *reason = pk_connect_reason(conn->handle, &none, late);

		pk_conn_release(conn);
		return pk_err_set(err, "cannot open a second connection to '%s': %s", first->where, reason);
	}
	if (late < 0 || finish_open(conn, false, pk_strdup(first->where), err) < 0) {
		pk_conn_release(conn);
		return pk_err_wrap(err, "a second connection");
	}
	return 0;
}

struct pk_conn *pk_conn_second(struct pk_conn *first, struct pk_err *err)
{
	if (first->alone) {
		pk_err_set(err, "'%s' may have no second connection", first->where);
		return NULL;
	}
	if (first->second && pk_conn_alive(first->second))
		return first->second;
	pk_conn_close_second(first);
	first->second = pk_alloc(sizeof(*first->second));
	*first->second = (struct pk_conn)PK_CONN_INIT;
	if (open_beside(first->second, first, err) < 0)
		pk_conn_close_second(first);
	return first->second;
}

void pk_conn_close_second(struct pk_conn *first)
{
	if (first->second)
		pk_conn_release(first->second);
	free(first->second);
	first->second = NULL;
}

void pk_conn_release(struct pk_conn *conn)
{
	pk_conn_close_second(conn);
	/* The client library is loaded by the first call of it, which a command that never connected has no use for. */
	if (conn->cancel)
		PQfreeCancel(conn->cancel);
	if (conn->handle)
		PQfinish(conn->handle);
	free(conn->where);
	pk_way_drop(conn->way);
	conn->cancel = NULL;
	conn->handle = NULL;
	conn->way = NULL;
	conn->where = NULL;
	conn->version = 0;
	conn->prepared = 0;
	conn->needs_password = conn->keeps_second = conn->users = conn->alone = conn->begun = false;
	conn->impatient = 0;
	pk_buf_release(&conn->notices);
}

/* A duplicate of the socket stays open: it reads end of file once the server's process is gone. */
void pk_conn_leave(struct pk_conn *conn)
{
	struct pollfd fd = { .fd = conn->handle ? dup(PQsocket(conn->handle)) : -1, .events = POLLIN };
	double until = pk_now() + PK_LEAVE_SECONDS, left = PK_LEAVE_SECONDS;
	char rest[512];

	pk_conn_release(conn);
	while (fd.fd >= 0 && left > 0 && poll(&fd, 1, (int)(left * 1000) + 1) > 0 && read(fd.fd, rest, sizeof(rest)) > 0)
		left = until - pk_now();
	if (fd.fd >= 0)
		close(fd.fd);
}

enum pk_tx pk_conn_tx(const struct pk_conn *conn)
{
	switch (PQtransactionStatus(conn->handle)) {
	case PQTRANS_INTRANS:
	case PQTRANS_ACTIVE:
		return PK_TX_ACTIVE;
	case PQTRANS_INERROR:
		return PK_TX_FAILED;
	default:
		return PK_TX_IDLE;
	}
}

bool pk_conn_alive(const struct pk_conn *conn)
{
	if (!conn->handle || PQstatus(conn->handle) != CONNECTION_OK)
		return false;
	/* what the server said last (it is going down) is already here, if it did */
	struct pollfd fd = { .fd = PQsocket(conn->handle), .events = POLLIN };
	if (poll(&fd, 1, 0) > 0 && !PQconsumeInput(conn->handle))
		return false;
	return PQstatus(conn->handle) == CONNECTION_OK;
}

bool pk_conn_lost(const struct pk_conn *conn, struct pk_err *why, struct pk_err *err)
{
	if (why->exit != PK_EXIT_INTERRUPTED && pk_conn_alive(conn))
		return false;
	pk_err_move(err, why);
	return true;
}
