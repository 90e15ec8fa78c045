#include "pg/handle.h"
#include "base/clock.h"
#include "base/sig.h"
#include "pg/hints.h"
#include "pg/hosts.h"
#include "pg/way.h"
#include <errno.h>
#include <poll.h>
#include <strings.h>
#include <unistd.h>

#define NOTICES_MAX	65536
#define CLEANUP_SECONDS 10 /* for a connection, once interrupted */
#define CONNECT_TIMEOUT "10" /* seconds */
#define BEGIN_SECONDS	1
#define LEAVE_SECONDS	1  /* that a server takes to let go of a connection, at most */
#define LEAVE_PAUSE	20 /* milliseconds */
#define BEGIN_MAX	4 /* connections at once */

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

/* Seconds. given: connect_timeout, NULL where it is not set. */
static int connect_timeout(const char *given)
{
	const char *text = given ? given : getenv("PGCONNECT_TIMEOUT");

	/* As in libpq: 0 is none (a day here), 1 is 2. */
	int seconds = atoi(text ? text : CONNECT_TIMEOUT);
	if (seconds <= 0)
		return 24 * 3600;
	return seconds > 1 ? seconds : 2;
}

static int was_interrupted(struct pk_err *err)
{
	pk_err_set(err, "interrupted while connecting");
	return pk_err_exit(err, PK_EXIT_INTERRUPTED);
}

/*
 * With poll(), so that an interrupt is heard. seconds: for each host that libpq tries. cleaning_up: there was an interrupt
 * before; there is still to be cleaned up, over new connections too, and nobody waits long for that. 0: connected, or
 * failed; 1: the time is up; -1: interrupted.
 */
static int wait_connected(PGconn *handle, int seconds, bool cleaning_up, struct pk_err *err)
{
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;
	const char *host = NULL; /* libpq's own pointer, another one for each */
	double deadline = 0;

	if (cleaning_up && seconds > CLEANUP_SECONDS)
		seconds = CLEANUP_SECONDS;
	while (want != PGRES_POLLING_OK && want != PGRES_POLLING_FAILED) {
		if (!host || host != PQhost(handle))
			deadline = pk_now() + seconds;
		host = PQhost(handle);
		struct pollfd fd = { .fd = PQsocket(handle),
				     .events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT };
		double left = deadline - pk_now();

		if (fd.fd < 0)
			break;
		if (pk_interrupted() && !cleaning_up)
			return was_interrupted(err);
		if (left <= 0)
			return 1;
		int n = poll(&fd, 1, (int)(left * 1000) + 1);
		if (n < 0 && errno != EINTR)
			return pk_err_errno(err, "cannot wait for the server");
		if (n > 0)
			want = PQconnectPoll(handle);
	}
	return 0;
}

/*
 * A statement may run for hours without a word on the wire. With keepalives no firewall on the way forgets the connection,
 * and one whose other end is gone fails after minutes. On Unix sockets they have no effect.
 */
static void add_signs_of_life(const struct pk_conninfo *info, struct pk_strv *keys, struct pk_strv *values)
{
	static const char *const signs[][2] = { { "keepalives_idle", "60" },
						{ "keepalives_interval", "10" },
						{ "keepalives_count", "6" },
						{ "tcp_user_timeout", "120000" } };

	for (size_t i = 0; i < PK_COUNT(signs); i++)
		if (!pk_conninfo_get(info, signs[i][0])) {
			pk_strv_push(keys, signs[i][0]);
			pk_strv_push(values, signs[i][1]);
		}
}

/* Names and values as PQconnectStartParams() wants them; borrowed from info. */
static void make_params(const struct pk_conninfo *info, struct pk_strv *keys,
			struct pk_strv *values)
{
	const char *host = info->way ? info->way->host : pk_conninfo_get(info, "host");
	const char *password = pk_conninfo_password(info);

	pk_conninfo_effective(info, keys, values);
	for (size_t i = 0; i < info->secret_keys.n; i++) {
		pk_strv_push(keys, info->secret_keys.items[i]);
		pk_strv_push(values, info->secret_values.items[i]);
	}
	if (password) {
		pk_strv_push(keys, "password");
		pk_strv_push(values, password);
	}
	/* A socket stays one, whatever PGHOSTADDR and PGCHANNELBINDING of the environment say. */
	static const char *const for_sockets[][2] = { { "hostaddr", "" },
						      { "channel_binding", "prefer" } };
	for (size_t i = 0; host && *host == '/' && i < PK_COUNT(for_sockets); i++)
		if (!pk_conninfo_get(info, for_sockets[i][0])) {
			pk_strv_push(keys, for_sockets[i][0]);
			pk_strv_push(values, for_sockets[i][1]);
		}
	if (!pk_conninfo_get(info, "connect_timeout") && (info->patience || !getenv("PGCONNECT_TIMEOUT"))) {
		pk_strv_push(keys, "connect_timeout");
		pk_strv_push_take(values, info->patience ? pk_printf("%d", info->patience) : pk_strdup(CONNECT_TIMEOUT));
	}
	add_signs_of_life(info, keys, values);
	if (!pk_conninfo_get(info, "application_name")) {
		pk_strv_push(keys, "application_name");
		pk_strv_push(values, "git-postkit");
	}
	pk_strv_push(keys, "client_encoding");
	pk_strv_push(values, "UTF8");
}

static void wipe_all(struct pk_strv *values)
{
	for (size_t i = 0; i < values->n; i++)
		explicit_bzero(values->items[i], strlen(values->items[i]));
}

/* "local/shop", with what libpq found in services and variables. */
static char *effective_where(const PGconn *handle, const struct pk_conninfo *info)
{
	struct pk_conninfo all = PK_CONNINFO_INIT;
	const struct pk_way *way = info->way;
	const char *host = way ? way->far_host : PQhost(handle), *db = PQdb(handle);
	const char *port = way ? way->far_port : PQport(handle);

	pk_conninfo_copy(&all, info);
	pk_conninfo_set(&all, "password", NULL);
	if (host && *host)
		pk_conninfo_set(&all, "host", host);
	if (port && *port && strcmp(port, "5432") != 0)
		pk_conninfo_set(&all, "port", port);
	if (db && *db)
		pk_conninfo_set(&all, "dbname", db);
	char *where = pk_conninfo_where(&all);
	pk_conninfo_release(&all);
	return where;
}

/* libpq: 'connection to server at "h" (1.2.3.4), port 5432 failed: FATAL:  reason', a line for each
 * address. */
static char *connect_reason(const char *text)
{
	static const char *const prefixes[] = { "FATAL:", "ERROR:" };
	const char *line = text, *next;

	while ((next = strchr(line, '\n')) && strstr(next + 1, "failed: "))
		line = next + 1;
	const char *failed = strstr(line, "failed: ");
	line = failed ? failed + strlen("failed: ") : text;
	for (size_t i = 0; i < PK_COUNT(prefixes); i++)
		if (pk_starts_with(line, prefixes[i]))
			line += strlen(prefixes[i]) + strspn(line + strlen(prefixes[i]), " ");
	return pk_strndup(line, strcspn(line, "\n"));
}

/* What libpq said, without any secret; also without a password that it found by itself. */
static void add_reason(PGconn *handle, const struct pk_conninfo *info, bool late, struct pk_buf *text)
{
	struct pk_conninfo found = PK_CONNINFO_INIT;

	pk_buf_add(text, late ? "timeout expired" : PQerrorMessage(handle));
	pk_conninfo_hide(info, text);
	pk_conninfo_set(&found, "password", PQpass(handle));
	pk_conninfo_hide(&found, text);
	pk_conninfo_release(&found);
	pk_buf_rtrim(text);
}

static int refused(PGconn *handle, const struct pk_conninfo *info, bool late, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *where = effective_where(handle, info);
	const char *sqlstate = "";

	add_reason(handle, info, late, &text);
	PK_FREE char *reason = connect_reason(text.ptr);
	const char *hint = pk_pg_connect_hint(text.ptr, &sqlstate);
	pk_err_set(err, "cannot connect to '%s': %s", where,
		   *reason ? reason : "libpq gives no reason");
	if (strchr(text.ptr, '\n'))
		pk_err_detail(err, "%s", text.ptr);
	if (hint)
		pk_err_hint(err, "%s", hint);
	if (err)
		snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", sqlstate);
	return -1;
}

int pk_conn_refused(PGconn *handle, const struct pk_conninfo *info, struct pk_err *err)
{
	return handle ? refused(handle, info, false, err) : pk_err_set(err, "cannot connect: out of memory");
}

static int connect_failed(struct pk_conn *conn, const struct pk_conninfo *info, bool late,
			  struct pk_err *err)
{
	PK_FREE char *where = effective_where(conn->handle, info);

	conn->needs_password = !late && PQconnectionNeedsPassword(conn->handle);
	if (!conn->needs_password && pk_way_trouble(info->way, err)) {
		pk_err_wrap(err, "cannot connect to '%s'", where);
		if (err)
			snprintf(err->sqlstate, sizeof(err->sqlstate), "08006");
		return -1;
	}
	refused(conn->handle, info, late, err);
	if (err && conn->needs_password)
		snprintf(err->sqlstate, sizeof(err->sqlstate), "28P01");
	return -1;
}

PGconn *pk_conn_start(const struct pk_conninfo *info)
{
	PK_AUTO(pk_strv) keys = PK_STRV_INIT, values = PK_STRV_INIT;

	make_params(info, &keys, &values);
	PGconn *handle = PQconnectStartParams((const char *const *)keys.items, (const char *const *)values.items, 0);
	wipe_all(&values);
	return handle;
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

static bool is_utc(const char *zone)
{
	static const char *const names[] = { "UTC", "Etc/UTC", "GMT", "Etc/GMT" };

	for (size_t i = 0; zone && i < PK_COUNT(names); i++)
		if (strcasecmp(zone, names[i]) == 0)
			return true;
	return false;
}

/* Asks for our settings without waiting for them. */
static bool send_settings(struct pk_conn *conn)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (!conn->handle || PQstatus(conn->handle) != CONNECTION_OK)
		return false;
	conn->utc = is_utc(PQparameterStatus(conn->handle, "TimeZone"));
	pk_settings_add_first(&sql, PQserverVersion(conn->handle));
	return PQsendQuery(conn->handle, sql.ptr);
}

void pk_conns_begin(struct pk_conn *const *conns, const struct pk_conninfo *const *infos, size_t n)
{
	PostgresPollingStatusType wants[BEGIN_MAX] = { PGRES_POLLING_FAILED };
	double until = pk_now() + BEGIN_SECONDS;

	n = n < BEGIN_MAX ? n : BEGIN_MAX;
	for (size_t i = 0; i < n; i++) {
		pk_conn_release(conns[i]);
		wants[i] = PGRES_POLLING_WRITING;
		conns[i]->handle = pk_conn_start(infos[i]);
		conns[i]->way = pk_way_share(infos[i]->way);
	}
	while (go_on(conns, wants, n, until))
		;
	for (size_t i = 0; i < n; i++) {
		conns[i]->begun = send_settings(conns[i]);
		if (!conns[i]->begun)
			pk_conn_release(conns[i]);
	}
}

/* No place left? One of our own connections, or of a program that we ran, may be about to leave. */
static const char *const full[] = { "too many connections for role", "too many connections for database",
				    "too many clients already", "connection slots are reserved", NULL };
/* After a crash of one of its processes, too. */
static const char *const beginning[] = { "database system is starting up", "database system is in recovery mode",
					 "database system is not yet accepting connections", NULL };

static bool said(PGconn *handle, const char *const *texts)
{
	for (; *texts; texts++)
		if (strstr(PQerrorMessage(handle), *texts))
			return true;
	return false;
}

/* began: of pk_now(), when the first attempt was made. */
static bool is_worth_another(PGconn *handle, const struct pk_conninfo *info, double began)
{
	double waited = pk_now() - began;

	return PQstatus(handle) != CONNECTION_OK &&
	       ((waited < LEAVE_SECONDS && said(handle, full)) ||
		(waited < info->patience && said(handle, beginning)));
}

/* One attempt, to its end. *ret_late: 1 when the time was up, else 0. -1: interrupted, or out of memory. */
static int connect_once(struct pk_conn *conn, const struct pk_conninfo *info, bool cleaning_up, int *ret_late,
			struct pk_err *err)
{
	int seconds = info->patience ? info->patience : connect_timeout(pk_conninfo_get(info, "connect_timeout"));

	*ret_late = 0;
	conn->handle = pk_conn_start(info);
	if (!conn->handle)
		return pk_err_set(err, "cannot connect: out of memory");
	if (PQstatus(conn->handle) != CONNECTION_BAD)
		*ret_late = wait_connected(conn->handle, seconds, cleaning_up, err);
	while (*ret_late > 0) {
		PGconn *next = pk_hosts_others(conn->handle);
		if (!next)
			break;
		PQfinish(conn->handle);
		conn->handle = next;
		*ret_late = PQstatus(next) == CONNECTION_BAD ? 0 : wait_connected(next, seconds, cleaning_up, err);
	}
	return *ret_late < 0 ? -1 : 0;
}

static int connect_handle(struct pk_conn *conn, const struct pk_conninfo *info, struct pk_err *err)
{
	bool cleaning_up = pk_interrupted();
	double began = pk_now();
	int late;

	if (connect_once(conn, info, cleaning_up, &late, err) < 0)
		return -1;
	while (!late && is_worth_another(conn->handle, info, began)) {
		poll(NULL, 0, LEAVE_PAUSE);
		PQfinish(conn->handle);
		conn->handle = NULL;
		if (pk_interrupted() && !cleaning_up)
			return was_interrupted(err);
		if (connect_once(conn, info, cleaning_up, &late, err) < 0)
			return -1;
	}
	if (late || PQstatus(conn->handle) != CONNECTION_OK)
		return connect_failed(conn, info, late, err);
	return 0;
}

static int first_settings(struct pk_conn *conn, bool begun, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	pk_settings_add_first(&sql, conn->version);
	if ((begun ? pk_query_sent(conn, &rows, err) : pk_query(conn, sql.ptr, -1, NULL, &rows, err)) < 0)
		return -1;
	pk_settings_took(conn, &rows);
	return 0;
}

/* What every connection of ours has, once it stands. begun: our settings were asked for already. where is taken. */
static int finish_open(struct pk_conn *conn, bool begun, char *where, struct pk_err *err)
{
	PQsetNoticeReceiver(conn->handle, keep_notice, conn);
	conn->cancel = PQgetCancel(conn->handle);
	conn->version = PQserverVersion(conn->handle);
	if (!begun)
		conn->utc = is_utc(PQparameterStatus(conn->handle, "TimeZone"));
	conn->where = where;
	if (first_settings(conn, begun, err) < 0)
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
	if ((!begun && connect_handle(conn, info, err) < 0) ||
	    finish_open(conn, begun, effective_where(conn->handle, info), err) < 0) {
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
	return connect_handle(&conn, info, err);
}

int pk_conn_open_both(struct pk_conn *a, const struct pk_conninfo *a_info, struct pk_conn *b,
		      const struct pk_conninfo *b_info, struct pk_err *err)
{
	pk_conns_begin((struct pk_conn *[]){ a, b }, (const struct pk_conninfo *[]){ a_info, b_info }, 2);
	return pk_conn_open(a, a_info, err) < 0 ? -1 : pk_conn_open(b, b_info, err);
}

/* With what the first one was opened with at last, services and variables included. */
static int open_beside(struct pk_conn *conn, const struct pk_conn *first, struct pk_err *err)
{
	PK_AUTO(pk_strv) keys = PK_STRV_INIT, values = PK_STRV_INIT;
	PQconninfoOption *options = first->handle ? PQconninfo(first->handle) : NULL;
	int seconds = connect_timeout(NULL), late = 0;
	bool cleaning_up = pk_interrupted();

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
			seconds = connect_timeout(value);
		if (value && *value) {
			pk_strv_push(&keys, o->keyword);
			pk_strv_push(&values, value);
		}
	}
	PQconninfoFree(options);
	conn->handle = PQconnectStartParams((const char *const *)keys.items, (const char *const *)values.items, 0);
	conn->way = pk_way_share(first->way);
	wipe_all(&values);
	if (conn->handle && PQstatus(conn->handle) != CONNECTION_BAD)
		late = wait_connected(conn->handle, seconds, cleaning_up, err);
	if (late < 0) {
		pk_conn_release(conn);
		return pk_err_wrap(err, "a second connection");
	}
	if (PQstatus(conn->handle) != CONNECTION_OK) {
		struct pk_conninfo none = PK_CONNINFO_INIT;
		PK_AUTO(pk_buf) text = PK_BUF_INIT;

		add_reason(conn->handle, &none, late, &text);
		PK_FREE char *reason = connect_reason(text.ptr);
		pk_conn_release(conn);
		return pk_err_set(err, "cannot open a second connection to '%s': %s", first->where, reason);
	}
	if (finish_open(conn, false, pk_strdup(first->where), err) < 0) {
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
	double until = pk_now() + LEAVE_SECONDS, left = LEAVE_SECONDS;
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
