#include "ssh/session.h"
#include "base/clock.h"
#include "base/sig.h"
#include "ssh/known.h"
#include "ssh/transport.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECONDS 10    /* to connect, where ssh's settings say nothing, and for each answer */
#define LOST_MS 60000 /* what was sent must be acknowledged in that time */

void pk_ssh_session_release(struct pk_ssh_session *session)
{
	/* The descriptor first: then freeing cannot say good-bye to the server in the name of another process. */
	if (session->fd >= 0)
		close(session->fd);
	session->fd = -1;
	if (session->handle)
		libssh2_session_free(session->handle);
	session->handle = NULL;
	free(session->received);
	session->received = NULL;
}

static int interrupted(struct pk_err *err)
{
	return pk_err_interrupted(err, "interrupted while connecting");
}

/* 0: ready. */
static int wait_fd(int fd, short events, double deadline, struct pk_err *err)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		double left = deadline - pk_now();

		if (pk_interrupted())
			return interrupted(err);
		if (left <= 0)
			return pk_err_set(err, "no answer in time");
		int n = poll(&p, 1, (int)(left * 1000) + 1);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return pk_err_errno(err, "cannot wait");
	}
}

int pk_ssh_session_wait(struct pk_ssh_session *session, struct pk_err *err)
{
	int directions = libssh2_session_block_directions(session->handle);
	short events = (short)((directions & LIBSSH2_SESSION_BLOCK_INBOUND ? POLLIN : 0) |
			       (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND ? POLLOUT : 0));

	return wait_fd(session->fd, events ? events : POLLIN, session->deadline, err);
}

const char *pk_ssh_session_said(struct pk_ssh_session *session)
{
	char *text = NULL;

	libssh2_session_last_error(session->handle, &text, NULL, 0);
	return text && *text ? text : "libssh2 gives no reason";
}

/* ---- to the server ---- */

static void prepare_socket(int fd)
{
	static const int on = 1, lost = LOST_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &lost, sizeof(lost));
}

/* -1 with err when it cannot be, errno's name in it. */
static int connect_one(const struct addrinfo *a, double deadline, struct pk_err *err)
{
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
			a->ai_protocol),
	    cause = 0;
	socklen_t n = sizeof(cause);

	if (fd < 0)
		return pk_err_set(err, "%s", strerror(errno));
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS) {
		pk_err_set(err, "%s", strerror(errno));
	} else if (wait_fd(fd, POLLOUT, deadline, err) == 0) {
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &n);
		if (cause == 0)
			return fd;
		pk_err_set(err, "%s", strerror(cause));
	}
	close(fd);
	return -1;
}

static int reach(struct pk_ssh_session *session, const struct pk_ssh_route *route,
		 struct pk_err *err)
{
	const struct addrinfo wanted = { .ai_family = route->family, .ai_socktype = SOCK_STREAM };
	PK_FREE char *port = pk_printf("%d", route->port);
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(route->host, port, &wanted, &list);

	if (rc)
		return pk_ssh_unreachable(route, gai_strerror(rc), err);
	for (const struct addrinfo *a = list; a && session->fd < 0 && !pk_interrupted();
	     a = a->ai_next)
		session->fd = connect_one(a, session->deadline, &why);
	freeaddrinfo(list);
	if (session->fd >= 0) {
		prepare_socket(session->fd);
		return 0;
	}
	if (pk_interrupted())
		return interrupted(err);
	return pk_ssh_unreachable(route, why.msg ? why.msg : "it has no address", err);
}

/* ---- its key ---- */

/* What libssh2 is to ask the server for, of the types that are known for it. Newer versions sign RSA as servers want it. */
static void add_methods(struct pk_strv *methods, const char *type)
{
	static const char *const rsa[] = { "rsa-sha2-512", "rsa-sha2-256" };

	if (!pk_streq(type, "ssh-rsa")) {
		if (!pk_strv_has(methods, type))
			pk_strv_push(methods, type);
		return;
	}
	for (size_t i = 0; libssh2_version(0x010b00) && i < PK_COUNT(rsa); i++)
		if (!pk_strv_has(methods, rsa[i]))
			pk_strv_push(methods, rsa[i]);
}

/*
 * Of the list what libssh2 knows, in the list's order; it can leave out by itself what it does not know,
 * but copies memory onto itself in doing so. false: nothing is left.
 */
static bool set_methods(struct pk_ssh_session *session, int method, const struct pk_strv *list)
{
	PK_AUTO(pk_strv) left = PK_STRV_INIT;
	PK_FREE char *text = NULL;
	const char **known = NULL;
	int n = libssh2_session_supported_algs(session->handle, method, &known);

	for (size_t i = 0; i < list->n; i++)
		for (int k = 0; k < n; k++)
			if (pk_streq(list->items[i], known[k]))
				pk_strv_push(&left, known[k]);
	if (n > 0)
		libssh2_free(session->handle, (void *)known);
	text = pk_strv_join(&left, ",");
	return left.n && libssh2_session_method_pref(session->handle, method, text) == 0;
}

static int prefer(struct pk_ssh_session *session, int method, const char *list, bool *ret_other,
		  struct pk_err *err)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	pk_strv_split(&names, list ? list : "", ',');
	if (!list || set_methods(session, method, &names))
		return 0;
	*ret_other = true;
	return pk_err_set(err, "libssh2 knows none of the methods '%s'", list);
}

static int choose_methods(struct pk_ssh_session *session, const struct pk_ssh_route *route,
			  const struct pk_knowns *knowns, bool *ret_other, struct pk_err *err)
{
	PK_AUTO(pk_strv) methods = PK_STRV_INIT;

	for (size_t i = 0; i < knowns->types.n; i++)
		add_methods(&methods, knowns->types.items[i]);
	if (methods.n == 0 && !knowns->authority && knowns->types.n == 0)
		return pk_ssh_refuse_host(
			route, knowns->revoked.n ? PK_KNOWN_REVOKED : PK_KNOWN_NONE, err);
	if (!set_methods(session, LIBSSH2_METHOD_HOSTKEY, &methods)) {
		*ret_other = true;
		pk_err_set(err,
			   "libssh2 cannot use the kind of key that is known for SSH server '%s'",
			   route->known_as);
		return pk_err_hint(err, "git config postkit.sshTransport openssh");
	}
	if (prefer(session, LIBSSH2_METHOD_KEX, route->kex, ret_other, err) < 0 ||
	    prefer(session, LIBSSH2_METHOD_CRYPT_CS, route->ciphers, ret_other, err) < 0 ||
	    prefer(session, LIBSSH2_METHOD_CRYPT_SC, route->ciphers, ret_other, err) < 0 ||
	    prefer(session, LIBSSH2_METHOD_MAC_CS, route->macs, ret_other, err) < 0 ||
	    prefer(session, LIBSSH2_METHOD_MAC_SC, route->macs, ret_other, err) < 0)
		return -1;
	if (route->compression)
		libssh2_session_flag(session->handle, LIBSSH2_FLAG_COMPRESS, 1);
	return 0;
}

static int judge(struct pk_ssh_session *session, const struct pk_ssh_route *route,
		 const struct pk_knowns *knowns, struct pk_err *err)
{
	PK_AUTO(pk_buf) key = PK_BUF_INIT;
	PK_FREE char *type = NULL;
	size_t n = 0;
	const char *blob = libssh2_session_hostkey(session->handle, &n, &(int){ 0 });
	enum pk_known verdict;

	if (blob) {
		type = pk_ssh_blob_type((const unsigned char *)blob, n);
		pk_buf_add_base64(&key, (const unsigned char *)blob, n);
	}
	verdict = pk_knowns_judge(knowns, type ? type : "", key.ptr);
	return verdict == PK_KNOWN_MATCH ? 0 : pk_ssh_refuse_host(route, verdict, err);
}

static int shake_hands(struct pk_ssh_session *session, const struct pk_ssh_route *route,
		       bool *ret_other, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	int rc;

	while ((rc = libssh2_session_handshake(session->handle, session->fd)) ==
	       LIBSSH2_ERROR_EAGAIN) {
		if (pk_ssh_session_wait(session, &why) == 0)
			continue;
		if (why.exit == PK_EXIT_INTERRUPTED)
			return interrupted(err);
		return pk_ssh_unreachable(route, why.msg, err);
	}
	if (rc == 0)
		return 0;
	/* No method in common, or one that libssh2 does badly. */
	*ret_other = rc == LIBSSH2_ERROR_KEX_FAILURE || rc == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE ||
		     rc == LIBSSH2_ERROR_METHOD_NONE || rc == LIBSSH2_ERROR_HOSTKEY_INIT;
	return pk_ssh_unreachable(route, pk_ssh_session_said(session), err);
}

/* As libssh2 does it itself, but counted. */
static LIBSSH2_RECV_FUNC(count_received)
{
	uint64_t *received = *abstract;
	ssize_t n = recv(socket, buffer, length, flags);

	if (n < 0)
		return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
	*received += (uint64_t)n;
	return n;
}

static int make_handle(struct pk_ssh_session *session, struct pk_err *err)
{
	session->received = pk_alloc(sizeof(*session->received));
	if (libssh2_init(0) != 0 ||
	    !(session->handle = libssh2_session_init_ex(NULL, NULL, NULL, session->received)))
		return pk_err_set(err, "libssh2 cannot be used");
	libssh2_session_callback_set(session->handle, LIBSSH2_CALLBACK_RECV,
				     (void *)count_received);
	libssh2_session_set_blocking(session->handle, 0);
	return 0;
}

int pk_ssh_session_open(struct pk_ssh_session *session, const struct pk_ssh_route *route,
			struct pk_ssh_secrets *secrets, bool *ret_other, struct pk_err *err)
{
	PK_AUTO(pk_knowns) knowns = PK_KNOWNS_INIT;

	session->deadline = pk_now() + (route->connect_timeout ? route->connect_timeout : SECONDS);
	if (make_handle(session, err) < 0)
		return -1;
	if (pk_knowns_find(&knowns, route->known_as, &route->known_files, err) < 0 ||
	    choose_methods(session, route, &knowns, ret_other, err) < 0 ||
	    reach(session, route, err) < 0 || shake_hands(session, route, ret_other, err) < 0 ||
	    judge(session, route, &knowns, err) < 0)
		return -1;
	return pk_ssh_session_login(session, route, secrets, ret_other, err);
}
