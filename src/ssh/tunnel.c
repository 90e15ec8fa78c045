#include "ssh/tunnel.h"
#include "base/fs.h"
#include "base/sig.h"
#include "ssh/local.h"
#include "ssh/transport.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE 2 /* seconds for the last connections to end by themselves */

/* What the tunnel's process has; that of the program has struct pk_tunnel. */
struct digger {
	struct pk_ssh_work work;
	const struct pk_ssh_transport *transport;
	struct pk_ssh_local local;
	const char *trouble;
	int lifeline, report;
	size_t clients; /* processes that were not reaped yet */
};

/* ---- in a process for each client ---- */

static void clear_trouble(void *arg)
{
	const struct digger *d = arg;

	unlink(d->trouble);
}

static void tell_trouble(const struct digger *d, const struct pk_err *e)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_buf_addf(&text, "%s\n%s\n", e->msg ? e->msg : "", e->hint ? e->hint : "");
	pk_write_file(d->trouble, text.ptr, text.len, 0600, NULL);
}

static _Noreturn void run_client(struct digger *d, int client, pid_t parent)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	sigset_t none;

	signal(SIGTERM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	close(d->local.fd);
	close(d->lifeline);
	/* The reason must be there before the client sees the end. */
	if (d->transport->carry(&d->work, client, clear_trouble, d, &err) < 0)
		tell_trouble(d, &err);
	_exit(0);
}

/* ---- in the tunnel's process ---- */

static void take_clients(struct digger *d)
{
	pid_t self = getpid();
	int client;

	while ((client = pk_ssh_local_accept(&d->local)) >= 0) {
		pid_t pid = fork();

		if (pid == 0)
			run_client(d, client, self);
		d->clients += pid > 0;
		close(client);
		if (pid > 0 && d->transport->given)
			d->transport->given(&d->work);
	}
}

static bool reap(struct digger *d, int flags)
{
	pid_t pid = waitpid(-1, NULL, flags);

	if (pid <= 0)
		return false;
	if (pid == d->work.helper)
		d->work.helper = 0;
	else
		d->clients--;
	return true;
}

static void on_alarm(int signo)
{
	(void)signo; /* only there to end waitpid */
}

/* What the last ones said last should still arrive. Those that stay end with us. */
static void wait_clients(struct digger *d)
{
	struct sigaction alarmed = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &alarmed, NULL);
	alarm(GRACE);
	while (d->clients && reap(d, 0))
		;
	alarm(0);
}

static void serve(struct digger *d)
{
	sigset_t blocked, open;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &open);
	for (;;) {
		struct pollfd fds[3] = { { .fd = d->lifeline, .events = POLLIN },
					 { .fd = d->local.fd, .events = POLLIN },
					 { .fd = d->work.watch, .events = POLLIN } };

		if (ppoll(fds, PK_COUNT(fds), NULL, &open) < 0 && errno != EINTR)
			break;
		while (reap(d, WNOHANG))
			;
		if (pk_interrupted() || fds[0].revents)
			break;
		if (fds[1].revents)
			take_clients(d);
		if (fds[2].revents) {
			PK_AUTO(pk_err) why = PK_ERR_INIT;

			d->transport->ended(&d->work, &why);
			tell_trouble(d, &why);
			break;
		}
	}
	sigprocmask(SIG_SETMASK, &open, NULL);
}

static int start_one(struct digger *d, const struct pk_ssh_transport *transport, bool *ret_other,
		     struct pk_err *err)
{
	*ret_other = false;
	d->transport = transport;
	if (transport->start(&d->work, ret_other, err) == 0)
		return 0;
	transport->stop(&d->work);
	return -1;
}

/* The note is what the first one said. */
static int start_any(struct digger *d, const char *wanted, struct pk_buf *note, struct pk_err *err)
{
	PK_AUTO(pk_err) first = PK_ERR_INIT;
	bool other;

	if (pk_streq(wanted, "openssh"))
		return start_one(d, &pk_ssh_openssh, &other, err);
	if (pk_streq(wanted, "libssh2"))
		return start_one(d, &pk_ssh_libssh2, &other, err);
	if (start_one(d, &pk_ssh_libssh2, &other, &first) == 0)
		return 0;
	if (!other)
		return pk_err_move(err, &first);
	pk_buf_add(note, first.hint && strstr(first.hint, "libssh2") ? first.hint : first.msg);
	return start_one(d, &pk_ssh_openssh, &other, err);
}

static void keep_only(const int *fds, size_t n)
{
	unsigned from = 3;

	/* in order; a handful */
	for (size_t left = n; left > 0; left--) {
		int next = -1;

		for (size_t i = 0; i < n; i++)
			if (fds[i] >= (int)from && (next < 0 || fds[i] < next))
				next = fds[i];
		if (next < 0)
			break;
		if ((unsigned)next > from)
			close_range(from, (unsigned)next - 1, 0);
		from = (unsigned)next + 1;
	}
	close_range(from, ~0U, 0);
}

/* What we were started with is the program's: whoever reads its output must see its end. */
static void leave_program(const struct digger *d, int lock)
{
	const int kept[] = { d->lifeline, d->report, d->local.fd, lock };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3; i++)
		dup2(null, i);
	keep_only(kept, PK_COUNT(kept));
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }); /* passphrases */
	prctl(PR_SET_NAME, "postkit-ssh");
	pk_sig_set_hook(NULL, NULL);
}

/* "K", transport, note; or "E", exit, message, hint: each ended by NUL. */
static void report(int fd, const struct pk_err *e, const char *transport, const char *note)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *code = pk_printf("%d", e ? e->exit : 0);
	const char *const parts[2][4] = { { "K", transport, note, "" },
					  { "E", code, e && e->msg ? e->msg : "",
					    e && e->hint ? e->hint : "" } };

	for (size_t i = 0; i < PK_COUNT(parts[0]); i++)
		pk_buf_addn(&text, parts[e != NULL][i], strlen(parts[e != NULL][i]) + 1);
	/* It fits into the pipe whole. */
	if (write(fd, text.ptr, text.len) != (ssize_t)text.len)
		_exit(1);
	close(fd);
}

static _Noreturn void run(struct digger *d, int lock, const char *wanted)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_buf) note = PK_BUF_INIT;
	static const int ignored[] = { SIGINT, SIGHUP, SIGQUIT };

	leave_program(d, lock);
	if (start_any(d, wanted, &note, &err) < 0) {
		report(d->report, &err, NULL, NULL);
	} else {
		/* Ctrl-C is the program's, which may cancel a query through us. */
		for (size_t i = 0; i < PK_COUNT(ignored); i++)
			signal(ignored[i], SIG_IGN);
		report(d->report, NULL, d->transport->name, note.ptr);
		serve(d);
		pk_ssh_local_release(&d->local);
		wait_clients(d);
		d->transport->stop(&d->work);
	}
	pk_ssh_local_release(&d->local);
	pk_remove_tree(d->work.dir, NULL);
	_exit(0);
}

/* ---- in the program ---- */

void pk_tunnel_release(struct pk_tunnel *tunnel)
{
	if (tunnel->lifeline >= 0)
		close(tunnel->lifeline);
	if (tunnel->pid > 0)
		while (waitpid(tunnel->pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (tunnel->dir)
		pk_remove_tree(tunnel->dir, NULL);
	free(tunnel->dir);
	free(tunnel->trouble);
	free(tunnel->via);
	free(tunnel->transport);
	free(tunnel->note);
	*tunnel = (struct pk_tunnel)PK_TUNNEL_INIT;
}

bool pk_tunnel_alive(const struct pk_tunnel *tunnel)
{
	struct pollfd p = { .fd = tunnel->lifeline };

	return tunnel->lifeline >= 0 && poll(&p, 1, 0) == 0;
}

static int read_report(struct pk_tunnel *tunnel, const struct pk_buf *text, struct pk_err *err)
{
	const char *parts[4], *at = text->ptr, *end = text->ptr + text->len;

	for (size_t i = 0; i < PK_COUNT(parts); i++) {
		if (at >= end)
			return pk_err_set(err, "the tunnel's process ended without a word");
		parts[i] = at;
		at += strlen(at) + 1;
	}
	if (*parts[0] == 'K') {
		tunnel->transport = pk_strdup(parts[1]);
		tunnel->note = pk_strdup(parts[2]);
		return 0;
	}
	pk_err_set(err, "%s", parts[2]);
	if (*parts[3])
		pk_err_hint(err, "%s", parts[3]);
	return pk_err_exit(err, atoi(parts[1]));
}

/* Until it is ready or has given up; interrupted, it is told to end, which gives the terminal back its echo. */
static int wait_report(struct pk_tunnel *tunnel, int fd, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	char chunk[4096];
	bool told = false;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (pk_interrupted() && !told) {
			kill(tunnel->pid, SIGTERM);
			told = true;
		}
		if (poll(&p, 1, 500) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			break;
		if (n > 0)
			pk_buf_addn(&text, chunk, (size_t)n);
	}
	if (told)
		return pk_err_interrupted(err, "interrupted");
	return read_report(tunnel, &text, err);
}

static int dig(struct pk_tunnel *tunnel, struct digger *d, int lock, const char *wanted,
	       struct pk_err *err)
{
	int life[2], reports[2], rc;

	if (pipe2(life, O_CLOEXEC) < 0)
		return pk_err_errno(err, "cannot make a pipe");
	if (pipe2(reports, O_CLOEXEC) < 0) {
		close(life[0]);
		close(life[1]);
		return pk_err_errno(err, "cannot make a pipe");
	}
	d->lifeline = life[0];
	d->report = reports[1];
	tunnel->lifeline = life[1];
	fflush(NULL);
	tunnel->pid = fork();
	if (tunnel->pid == 0)
		run(d, lock, wanted);
	close(life[0]);
	close(reports[1]);
	rc = tunnel->pid < 0 ? pk_err_errno(err, "cannot start the tunnel's process")
			     : wait_report(tunnel, reports[0], err);
	close(reports[0]);
	return rc;
}

static int check_spec(const struct pk_tunnel_spec *spec, struct pk_err *err)
{
	static const char *const known[] = { "auto", "libssh2", "openssh" };

	for (size_t i = 0; spec->transport && i < PK_COUNT(known); i++)
		if (pk_streq(spec->transport, known[i]))
			return 0;
	if (!spec->transport)
		return 0;
	return pk_err_set(err, "postkit.sshTransport is auto, libssh2 or openssh, not '%s'", spec->transport);
}

int pk_tunnel_open(struct pk_tunnel *tunnel, const struct pk_tunnel_spec *spec, struct pk_err *err)
{
	PK_AUTO(pk_ssh_route) route = PK_SSH_ROUTE_INIT;
	struct digger d = { .local = PK_SSH_LOCAL_INIT };
	int lock = -1, rc;

	if (check_spec(spec, err) < 0 || pk_ssh_route_find(&route, spec->to, err) < 0 ||
	    pk_ssh_make_dir(&tunnel->dir, &lock, err) < 0)
		return -1;
	if (spec->compress)
		route.compression = pk_streq(spec->compress, "true");
	tunnel->via = pk_ssh_route_where(&route);
	tunnel->trouble = pk_path_join(tunnel->dir, "trouble");
	rc = pk_ssh_local_open(&d.local, tunnel->dir, spec->tcp, spec->port, err);
	if (rc == 0) {
		d.work = (struct pk_ssh_work){ .route = &route,
					       .dir = tunnel->dir,
					       .db_host = spec->host,
					       .db_port = spec->port,
					       .watch = -1 };
		d.trouble = tunnel->trouble;
		rc = dig(tunnel, &d, lock, spec->transport, err);
	}
	tunnel->port = d.local.port;
	/* The child has them now; the socket's name stays for it. */
	free(d.local.path);
	if (d.local.fd >= 0)
		close(d.local.fd);
	close(lock);
	if (rc < 0)
		pk_tunnel_release(tunnel);
	return rc;
}
