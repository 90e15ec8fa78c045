/* Logging in by keys: those of the agent first, then files, as ssh does. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/sig.h"
#include "ssh/key.h"
#include "ssh/known.h"
#include "ssh/session.h"
#include "ssh/transport.h"

#define TRIES  3
#define ANSWER 30 /* seconds for the server to answer */

void pk_ssh_secrets_release(struct pk_ssh_secrets *secrets)
{
	for (size_t i = 0; i < secrets->texts.n; i++)
		explicit_bzero(secrets->texts.items[i], strlen(secrets->texts.items[i]));
	pk_strv_release(&secrets->texts);
	pk_strv_release(&secrets->paths);
}

struct login {
	struct pk_ssh_session *session;
	const struct pk_ssh_route *route;
	struct pk_ssh_secrets *secrets;
	struct pk_strv mine;  /* public keys of the identity files, base64 */
	bool tried, left_out; /* a key was offered; there was one that libssh2 cannot use */
	bool no_answer;	      /* nobody gave a passphrase */
	const char *unopened; /* a key that the server would take, and no passphrase that was given opens; borrowed */
};

static void login_release(struct login *l)
{
	pk_strv_release(&l->mine);
}

/* libssh2 before 1.11 signs RSA only by SHA-1, which servers refuse. */
static bool can_use(const char *type)
{
	static const char *const types[] = { "ssh-ed25519", "ecdsa-sha2-nistp256",
					     "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521" };

	if (pk_streq(type, "ssh-rsa"))
		return libssh2_version(0x010b00) != NULL;
	for (size_t i = 0; i < PK_COUNT(types); i++)
		if (pk_streq(type, types[i]))
			return true;
	return type == NULL;
}

/* The server hangs up after too many keys, and may at any time. */
static bool is_over(int rc)
{
	return rc == LIBSSH2_ERROR_SOCKET_DISCONNECT || rc == LIBSSH2_ERROR_SOCKET_RECV ||
	       rc == LIBSSH2_ERROR_SOCKET_SEND || rc == LIBSSH2_ERROR_SOCKET_NONE;
}

/* ---- keys of the agent ---- */

/* 1: in, 0: not, -1: error. */
static int offer_agent_key(struct login *l, LIBSSH2_AGENT *agent,
			   struct libssh2_agent_publickey *key, struct pk_err *err)
{
	PK_FREE char *type = pk_ssh_blob_type(key->blob, key->blob_len);
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	int rc;

	pk_buf_add_base64(&text, key->blob, key->blob_len);
	if (l->route->identities_only && !pk_strv_has(&l->mine, text.ptr))
		return 0;
	if (!can_use(type)) {
		l->left_out = true;
		return 0;
	}
	l->tried = true;
	PK_SSH_UNTIL_DONE(rc, l->session, libssh2_agent_userauth(agent, l->route->user, key), err);
	if (is_over(rc))
		return pk_ssh_broken(l->route, pk_ssh_session_said(l->session), err);
	return rc == 0;
}

static int use_agent(struct login *l, LIBSSH2_AGENT *agent, struct pk_err *err)
{
	struct libssh2_agent_publickey *key = NULL, *before = NULL;
	int rc = 0;

	libssh2_agent_set_identity_path(agent, l->route->agent);
	if (libssh2_agent_connect(agent) != 0)
		return 0; /* as ssh: no agent, no keys of it */
	if (libssh2_agent_list_identities(agent) == 0)
		while (rc == 0 && libssh2_agent_get_identity(agent, &key, before) == 0) {
			rc = offer_agent_key(l, agent, key, err);
			before = key;
		}
	libssh2_agent_disconnect(agent);
	return rc;
}

static int by_agent(struct login *l, struct pk_err *err)
{
	LIBSSH2_AGENT *agent = l->route->agent ? libssh2_agent_init(l->session->handle) : NULL;
	int rc;

	if (!agent)
		return 0;
	rc = use_agent(l, agent, err);
	libssh2_agent_free(agent);
	return rc;
}

/* ---- keys of files ---- */

/* Only called when the server would take the key; nothing is signed. */
static int note_accepted(LIBSSH2_SESSION *session, unsigned char **sig, size_t *n,
			 const unsigned char *data, size_t n_data, void **arg)
{
	(void)session;
	(void)sig;
	(void)n;
	(void)data;
	(void)n_data;
	**(bool **)arg = true;
	return -1;
}

/* Would the server take it? So nobody is asked for the passphrase of a key that leads nowhere. */
static int is_wanted(struct login *l, const struct pk_ssh_key *key, bool *ret, struct pk_err *err)
{
	bool accepted = false;
	void *arg = &accepted;
	int rc;

	*ret = true;
	if (!key->blob.len)
		return 0;
	PK_SSH_UNTIL_DONE(rc, l->session,
			  libssh2_userauth_publickey(l->session->handle, l->route->user,
						     (const unsigned char *)key->blob.ptr,
						     key->blob.len, note_accepted, &arg),
			  err);
	if (is_over(rc))
		return pk_ssh_broken(l->route, pk_ssh_session_said(l->session), err);
	*ret = accepted;
	return 0;
}

/* 1: in, 0: the key was refused or the passphrase is wrong. */
static int offer_file(struct login *l, const char *path, const char *secret, struct pk_err *err)
{
	int rc;

	l->session->deadline = pk_now() + ANSWER;
	PK_SSH_UNTIL_DONE(rc, l->session,
			  libssh2_userauth_publickey_fromfile_ex(l->session->handle, l->route->user,
								 (unsigned)strlen(l->route->user),
								 NULL, path, secret),
			  err);
	if (is_over(rc))
		return pk_ssh_broken(l->route, pk_ssh_session_said(l->session), err);
	return rc == 0;
}

static int offer_encrypted(struct login *l, const char *path, struct pk_err *err)
{
	PK_FREE char *question = pk_printf("Enter passphrase for key '%s':", path);
	int rc = 0;

	for (size_t i = 0; i < l->secrets->paths.n; i++)
		if (pk_streq(l->secrets->paths.items[i], path))
			return offer_file(l, path, l->secrets->texts.items[i], err);
	for (int i = 0; i < TRIES && rc == 0; i++) {
		char *secret = pk_ssh_ask(question);

		if (!secret)
			l->no_answer = true;
		if (!secret || !*secret || pk_interrupted()) {
			free(secret);
			break;
		}
		rc = offer_file(l, path, secret, err);
		if (rc > 0) {
			pk_strv_push(&l->secrets->paths, path);
			pk_strv_push(&l->secrets->texts, secret);
		}
		explicit_bzero(secret, strlen(secret));
		free(secret);
	}
	return rc;
}

static bool look(struct pk_ssh_key *key, const char *path)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_buf) line = PK_BUF_INIT;
	PK_FREE char *public = pk_printf("%s.pub", path);
	bool is_key = pk_read_file(path, &text, NULL) == 0 && pk_ssh_key_look(key, text.ptr);

	explicit_bzero(text.ptr, text.len);
	if (is_key && !key->blob.len && pk_read_file(public, &line, NULL) == 0)
		pk_ssh_key_public(key, line.ptr);
	return is_key;
}

static int by_file(struct login *l, const char *path, struct pk_err *err)
{
	PK_AUTO(pk_ssh_key) key = PK_SSH_KEY_INIT;
	bool wanted = true;

	if (!look(&key, path))
		return 0;
	if (!can_use(key.type)) {
		l->left_out = true;
		return 0;
	}
	l->tried = true;
	if (!key.encrypted)
		return offer_file(l, path, "", err);
	if (is_wanted(l, &key, &wanted, err) < 0)
		return -1;
	int rc = wanted ? offer_encrypted(l, path, err) : 0;
	if (wanted && rc == 0 && key.blob.len)
		l->unopened = path;
	return rc;
}

/* For IdentitiesOnly: what of the agent's is of a file. */
static void read_mine(struct login *l)
{
	for (size_t i = 0; i < l->route->identities.n; i++) {
		PK_AUTO(pk_ssh_key) key = PK_SSH_KEY_INIT;
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		PK_AUTO(pk_buf) line = PK_BUF_INIT;
		PK_FREE char *public = pk_printf("%s.pub", l->route->identities.items[i]);

		if (!look(&key, l->route->identities.items[i]) &&
		    (pk_read_file(public, &line, NULL) < 0 || !pk_ssh_key_public(&key, line.ptr)))
			continue;
		pk_buf_add_base64(&text, (const unsigned char *)key.blob.ptr, key.blob.len);
		pk_strv_push(&l->mine, text.ptr);
	}
}

static int refused(const struct login *l, bool *ret_other, struct pk_err *err)
{
	if (pk_interrupted())
		return pk_err_interrupted(err, "interrupted");
	pk_ssh_refuse_login(l->route, err);
	*ret_other = l->left_out || !l->tried;
	if (l->no_answer)
		return pk_err_hint(err, "a key needs its passphrase, and there is no terminal to "
					"ask on: use ssh-agent, or set SSH_ASKPASS");
	if (l->unopened)
		return pk_err_hint(err, "what was given as its passphrase does not open the key '%s'", l->unopened);
	if (l->left_out)
		return pk_err_hint(err,
				   "libssh2 %s cannot use RSA keys, security keys and "
				   "certificates: git config postkit.sshTransport openssh",
				   LIBSSH2_VERSION);
	return -1;
}

int pk_ssh_session_login(struct pk_ssh_session *session, const struct pk_ssh_route *route,
			 struct pk_ssh_secrets *secrets, bool *ret_other, struct pk_err *err)
{
	struct login l
		__attribute__((cleanup(login_release))) = { session, route, secrets, PK_STRV_INIT,
							    false,   false, false,   NULL };
	const char *methods;
	int rc = 0;

	session->deadline = pk_now() + ANSWER;
	while (!(methods = libssh2_userauth_list(session->handle, route->user,
						 (unsigned)strlen(route->user))) &&
	       libssh2_session_last_errno(session->handle) == LIBSSH2_ERROR_EAGAIN)
		if (pk_ssh_session_wait(session, err) < 0)
			return -1;
	if (!methods && libssh2_userauth_authenticated(session->handle))
		return 0;
	if (!methods)
		return pk_ssh_broken(route, pk_ssh_session_said(session), err);
	if (strstr(methods, "publickey")) {
		read_mine(&l);
		rc = by_agent(&l, err);
		for (size_t i = 0; i < route->identities.n && rc == 0; i++)
			rc = by_file(&l, route->identities.items[i], err);
	}
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return refused(&l, ret_other, err);
}
