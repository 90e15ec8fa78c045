#include "pg/connect.h"

#include "base/clock.h"
#include "base/sig.h"
#include "pg/hosts.h"
#include "pg/sqlstate.h"
#include "pg/way.h"
#include <errno.h>
#include <poll.h>

#define CLEANUP_SECONDS 10 /* for a connection, once interrupted */
#define CONNECT_TIMEOUT "10" /* seconds */
#define LEAVE_PAUSE	20 /* milliseconds */

int pk_connect_timeout(const char *given)
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
	return pk_err_interrupted(err, "interrupted while connecting");
}

int pk_connect_wait(PGconn *handle, int seconds, bool cleaning_up, struct pk_err *err)
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

PGconn *pk_connect_start_with(const struct pk_strv *keys, struct pk_strv *values)
{
	PGconn *handle = PQconnectStartParams((const char *const *)keys->items, (const char *const *)values->items, 0);

	for (size_t i = 0; i < values->n; i++)
		explicit_bzero(values->items[i], strlen(values->items[i]));
	return handle;
}

PGconn *pk_connect_start(const struct pk_conninfo *info)
{
	PK_AUTO(pk_strv) keys = PK_STRV_INIT, values = PK_STRV_INIT;

	make_params(info, &keys, &values);
	return pk_connect_start_with(&keys, &values);
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
	       ((waited < PK_LEAVE_SECONDS && said(handle, full)) ||
		(waited < info->patience && said(handle, beginning)));
}

/* One attempt, to its end. *ret_late: 1 when the time was up, else 0. -1: interrupted, or out of memory. */
static int connect_once(struct pk_conn *conn, const struct pk_conninfo *info, bool cleaning_up, int *ret_late,
			struct pk_err *err)
{
	int seconds = info->patience ? info->patience : pk_connect_timeout(pk_conninfo_get(info, "connect_timeout"));

	*ret_late = 0;
	conn->handle = pk_connect_start(info);
	if (!conn->handle)
		return pk_err_set(err, "cannot connect: out of memory");
	if (PQstatus(conn->handle) != CONNECTION_BAD)
		*ret_late = pk_connect_wait(conn->handle, seconds, cleaning_up, err);
	while (*ret_late > 0) {
		PGconn *next = pk_hosts_others(conn->handle);
		if (!next)
			break;
		PQfinish(conn->handle);
		conn->handle = next;
		*ret_late = PQstatus(next) == CONNECTION_BAD ? 0 : pk_connect_wait(next, seconds, cleaning_up, err);
	}
	return *ret_late < 0 ? -1 : 0;
}

static int connect_failed(struct pk_conn *conn, const struct pk_conninfo *info, bool late,
			  struct pk_err *err)
{
	PK_FREE char *where = pk_connect_where(conn->handle, info);

	conn->needs_password = !late && PQconnectionNeedsPassword(conn->handle);
	if (!conn->needs_password && pk_way_trouble(info->way, err)) {
		pk_err_wrap(err, "cannot connect to '%s'", where);
		if (err)
			snprintf(err->sqlstate, sizeof(err->sqlstate), PK_SQLSTATE_CONNECTION_FAILURE);
		return -1;
	}
	pk_connect_refused(conn->handle, info, late, err);
	if (err && conn->needs_password)
		snprintf(err->sqlstate, sizeof(err->sqlstate), PK_SQLSTATE_INVALID_PASSWORD);
	return -1;
}

int pk_connect(struct pk_conn *conn, const struct pk_conninfo *info, struct pk_err *err)
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
