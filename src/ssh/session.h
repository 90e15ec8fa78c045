/* A session of libssh2: connected, the server's key judged, logged in. Inside ssh/ only. */
#ifndef PK_SSH_SESSION_H
#define PK_SSH_SESSION_H

#include "ssh/route.h"

#include <libssh2.h>
#include <stdint.h>

struct pk_ssh_session {
	LIBSSH2_SESSION *handle;
	int fd;
	double deadline; /* of what is waited for */
	uint64_t *received; /* bytes that libssh2 has taken from fd */
};
#define PK_SSH_SESSION_INIT { .fd = -1 }
/* Memory and our descriptor; not a word is sent: another process may go on with it. */
void pk_ssh_session_release(struct pk_ssh_session *session);

/* Passphrases that were asked for and were right. */
struct pk_ssh_secrets {
	struct pk_strv paths, texts;
};
#define PK_SSH_SECRETS_INIT { 0 }
void pk_ssh_secrets_release(struct pk_ssh_secrets *secrets);

/*
 * Connects within the route's time, judges the server by its key, and logs in. *ret_other: whether the error is one of
 * libssh2's own limits, which OpenSSH's client may not have; untouched where it is not.
 */
int pk_ssh_session_open(struct pk_ssh_session *session, const struct pk_ssh_route *route,
			struct pk_ssh_secrets *secrets, bool *ret_other, struct pk_err *err);

/* Waits for what the last call could not do at once (LIBSSH2_ERROR_EAGAIN). */
int pk_ssh_session_wait(struct pk_ssh_session *session, struct pk_err *err);
/* What libssh2 said last. Borrowed. */
const char *pk_ssh_session_said(struct pk_ssh_session *session);

/* Inside login.c and session.c. */
int pk_ssh_session_login(struct pk_ssh_session *session, const struct pk_ssh_route *route,
			 struct pk_ssh_secrets *secrets, bool *ret_other, struct pk_err *err);

/* As long as libssh2 says "again": waits, and calls again. rc gets its answer, -1 when the wait fails. */
#define PK_SSH_UNTIL_DONE(rc, session, call, err)                                                  \
	while (((rc) = (call)) == LIBSSH2_ERROR_EAGAIN)                                            \
		if (pk_ssh_session_wait(session, err) < 0)                                         \
	return -1

#endif
