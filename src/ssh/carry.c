/*
 * One client's bytes through a session of its own, by libssh2. What is half sent must be sent on with
 * the same bytes before any other call: libssh2 1.10 ends the session or stalls otherwise.
 */
#include "base/clock.h"
#include "ssh/session.h"
#include "ssh/transport.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER	  (256 * 1024)
#define OPENING	  30 /* seconds for the server to reach the database */
#define KEEPALIVE 15 /* seconds, where ssh's settings say nothing */

enum half { NONE, READING, WRITING }; /* what stands half sent */

struct pipe {
	struct pk_ssh_session *session;
	LIBSSH2_CHANNEL *channel;
	int client;
	char *up, *down; /* to the database, from it */
	size_t up_at, up_n, down_at, down_n;
	enum half half;
	bool client_done, server_done, said_done;
	bool client_gone; /* nothing is to be told to it any more */
	bool more;	  /* libssh2 may hold something from the database, which poll() does not see */
};

struct state {
	struct pk_ssh_session spare; /* logged in, for the first client */
	struct pk_ssh_secrets secrets;
};

/* ---- the client's side ---- */

static void from_client(struct pipe *p)
{
	ssize_t n;

	if (p->up_n || p->client_done)
		return;
	n = read(p->client, p->up, BUFFER);
	if (n > 0) {
		p->up_at = 0;
		p->up_n = (size_t)n;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		p->client_done = true;
		p->client_gone = n < 0;
	}
}

static void to_client(struct pipe *p)
{
	while (p->down_n) {
		ssize_t n = send(p->client, p->down + p->down_at, p->down_n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			p->client_gone |= errno != EAGAIN;
			return;
		}
		p->down_at += (size_t)n;
		p->down_n -= (size_t)n;
	}
}

/* ---- the server's side ---- */

static bool is_half_sent(const struct pipe *p)
{
	return libssh2_session_block_directions(p->session->handle) &
	       LIBSSH2_SESSION_BLOCK_OUTBOUND;
}

/* Errors of libssh2 are negative; 0 as long as all is well. */
static ssize_t to_server(struct pipe *p)
{
	while (p->up_n) {
		ssize_t n = libssh2_channel_write(p->channel, p->up + p->up_at, p->up_n);

		p->half = n == LIBSSH2_ERROR_EAGAIN && is_half_sent(p) ? WRITING : NONE;
		if (n == LIBSSH2_ERROR_EAGAIN || n == 0)
			return 0;
		if (n < 0)
			return n;
		p->up_at += (size_t)n;
		p->up_n -= (size_t)n;
	}
	return 0;
}

static ssize_t from_server(struct pipe *p)
{
	ssize_t n;

	if (p->down_n || p->server_done)
		return 0;
	n = libssh2_channel_read(p->channel, p->down, BUFFER);
	p->half = n == LIBSSH2_ERROR_EAGAIN && is_half_sent(p) ? READING : NONE;
	p->more = n > 0;
	if (n > 0) {
		p->down_at = 0;
		p->down_n = (size_t)n;
	} else if (n == 0 && libssh2_channel_eof(p->channel)) {
		p->server_done = true;
	}
	return n == LIBSSH2_ERROR_EAGAIN || n >= 0 ? 0 : n;
}

/* The client has said all: the database is to know. */
static ssize_t tell_end(struct pipe *p)
{
	int rc;

	if (!p->client_done || p->up_n || p->said_done)
		return 0;
	rc = libssh2_channel_send_eof(p->channel);
	p->half = rc == LIBSSH2_ERROR_EAGAIN && is_half_sent(p) ? WRITING : NONE;
	p->said_done = rc == 0;
	return rc == LIBSSH2_ERROR_EAGAIN ? 0 : rc;
}

static ssize_t talk_once(struct pipe *p)
{
	ssize_t rc = 0;

	if (p->half != READING) {
		rc = to_server(p);
		if (rc == 0)
			rc = tell_end(p);
	}
	if (rc == 0 && p->half != WRITING)
		rc = from_server(p);
	return rc;
}

/*
 * What came in last may be what a write has waited for: a new key, a wider window. It is gone from the socket, and
 * would wake nobody any more.
 */
static ssize_t talk(struct pipe *p)
{
	for (;;) {
		uint64_t received = *p->session->received;
		bool untried = p->half == READING;
		ssize_t rc = talk_once(p);

		if (rc != 0 || p->half != NONE || !(p->up_n || (p->client_done && !p->said_done)) ||
		    (!untried && *p->session->received == received))
			return rc;
	}
}

/* ---- together ---- */

/* Also sends a sign of life, when nothing is half sent and the socket takes it. */
static int wait_any(struct pipe *p, int alive)
{
	struct pollfd fds[2] = {
		{ .fd = p->client,
		  .events = (short)((!p->up_n && !p->client_done ? POLLIN : 0) |
				    (p->down_n ? POLLOUT : 0)) },
		{ .fd = p->session->fd,
		  .events = (short)((p->half ? POLLOUT : 0) |
				    (!p->down_n && p->half != WRITING ? POLLIN : 0)) },
	};

	if (p->half == NONE && p->up_n) /* the window is full: what makes it wider comes in */
		fds[1].events |= POLLIN;
	if (!fds[0].events)
		fds[0].fd = -1; /* or a client that hung up wakes us for ever */
	int n = poll(fds, 2, alive * 1000);
	if (n == 0 && p->half == NONE &&
	    poll(&(struct pollfd){ .fd = p->session->fd, .events = POLLOUT }, 1, 0) > 0)
		libssh2_keepalive_send(p->session->handle, &(int){ 0 });
	return n < 0 && errno != EINTR ? -1 : 0;
}

static int pump(struct pipe *p, const struct pk_ssh_work *work, struct pk_err *err)
{
	int alive = work->route->alive ? work->route->alive : KEEPALIVE;

	libssh2_keepalive_config(p->session->handle, 1, (unsigned)(alive > 1 ? alive : 2));
	for (;;) {
		from_client(p);
		if (talk(p) != 0)
			return pk_ssh_broken(work->route, pk_ssh_session_said(p->session), err);
		to_client(p);
		if (p->client_gone || (p->server_done && !p->down_n))
			return 0;
		if (p->more && !p->down_n && p->half != WRITING)
			continue;
		if (wait_any(p, alive) < 0)
			return pk_err_errno(err, "cannot wait for the tunnel's ends");
	}
}

static int open_channel(struct pk_ssh_session *session, const struct pk_ssh_work *work,
			LIBSSH2_CHANNEL **ret, struct pk_err *err)
{
	session->deadline = pk_now() + OPENING;
	while (!(*ret = libssh2_channel_direct_tcpip(session->handle, work->db_host,
						     work->db_port))) {
		if (libssh2_session_last_errno(session->handle) == LIBSSH2_ERROR_EAGAIN) {
			if (pk_ssh_session_wait(session, err) < 0)
				return pk_err_wrap(err, "cannot reach '%s:%d' through the tunnel",
						   work->db_host, work->db_port);
			continue;
		}
		if (libssh2_session_last_errno(session->handle) == LIBSSH2_ERROR_CHANNEL_FAILURE)
			return pk_ssh_no_database(work, "it cannot, or may not", err);
		return pk_ssh_broken(work->route, pk_ssh_session_said(session), err);
	}
	return 0;
}

/* The spare session may have been waiting for long; then it is a new one. */
static int open_both(struct pk_ssh_work *work, struct pk_ssh_session *session,
		     LIBSSH2_CHANNEL **ret, struct pk_err *err)
{
	struct state *state = work->state;
	bool other;

	*session = state->spare;
	state->spare = (struct pk_ssh_session)PK_SSH_SESSION_INIT;
	if (session->handle) {
		PK_AUTO(pk_err) why = PK_ERR_INIT;

		if (open_channel(session, work, ret, &why) == 0)
			return 0;
		if (libssh2_session_last_errno(session->handle) == LIBSSH2_ERROR_CHANNEL_FAILURE)
			return pk_err_move(err, &why);
		pk_ssh_session_release(session);
	}
	if (pk_ssh_session_open(session, work->route, &state->secrets, &other, err) < 0)
		return -1;
	return open_channel(session, work, ret, err);
}

static int carry(struct pk_ssh_work *work, int client, void (*reached)(void *arg), void *arg,
		 struct pk_err *err)
{
	PK_AUTO(pk_ssh_session) session = PK_SSH_SESSION_INIT;
	PK_FREE char *up = pk_alloc(BUFFER), *down = pk_alloc(BUFFER);
	struct pipe p = { .session = &session, .client = client, .up = up, .down = down };

	if (open_both(work, &session, &p.channel, err) < 0)
		return -1;
	reached(arg);
	fcntl(client, F_SETFL, O_NONBLOCK);
	return pump(&p, work, err);
}

static int start(struct pk_ssh_work *work, bool *ret_other, struct pk_err *err)
{
	struct state *state = pk_alloc(sizeof(*state));

	state->spare = (struct pk_ssh_session)PK_SSH_SESSION_INIT;
	work->state = state;
	work->watch = -1;
	if (work->route->beyond) {
		*ret_other = true;
		pk_err_set(err, "libssh2 cannot do %s, which ssh's settings have for '%s'",
			   work->route->beyond, work->route->spec.host);
		return pk_err_hint(err, "git config postkit.sshTransport openssh");
	}
	return pk_ssh_session_open(&state->spare, work->route, &state->secrets, ret_other, err);
}

static void given(struct pk_ssh_work *work)
{
	pk_ssh_session_release(&((struct state *)work->state)->spare);
}

static void stop(struct pk_ssh_work *work)
{
	struct state *state = work->state;

	if (!state)
		return;
	pk_ssh_session_release(&state->spare);
	pk_ssh_secrets_release(&state->secrets);
	free(state);
	work->state = NULL;
}

const struct pk_ssh_transport pk_ssh_libssh2 = {
	.name = "libssh2",
	.start = start,
	.carry = carry,
	.given = given,
	.stop = stop,
};
