/*
 * The ssh program as transport: one `ssh -M` logs in, and an `ssh -W` beside it for each client takes
 * the client's socket as its input and output. What they say becomes our own words.
 */
#include "base/fs.h"
#include "base/launch.h"
#include "base/sig.h"
#include "ssh/known.h"
#include "ssh/transport.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY "ready"

struct state {
	pid_t pid; /* of ssh -M */
	int out;
	char *control, *log;
};

/* ---- its command line ---- */

static void add_options(struct pk_strv *argv, const struct pk_ssh_work *work, const char *control)
{
	static const char *const always[] = {
		/* a server is known or it is refused; nothing else of the user's settings is to happen */
		"StrictHostKeyChecking=yes", "UpdateHostKeys=no", "ClearAllForwardings=yes", "ForwardAgent=no",
		"ForwardX11=no", "RemoteCommand=none", "RequestTTY=no", "ForkAfterAuthentication=no", "Tunnel=no",
		"LogLevel=INFO", "ControlPersist=no",
	};

	pk_strv_push(argv, "ssh");
	pk_strv_push(argv, "-S");
	pk_strv_push(argv, control);
	for (size_t i = 0; i < PK_COUNT(always); i++) {
		pk_strv_push(argv, "-o");
		pk_strv_push(argv, always[i]);
	}
	pk_strv_pushf(argv, "-oCompression=%s", work->route->compression ? "yes" : "no");
	if (!work->route->alive)
		pk_strv_push(argv, "-oServerAliveInterval=15");
	if (!work->route->connect_timeout)
		pk_strv_push(argv, "-oConnectTimeout=10");
}

/* 0 to 2 become fds. The child ends with us. */
static pid_t spawn(const struct pk_strv *argv, const int fds[3], struct pk_err *err)
{
	static const char *const env[] = { "LC_ALL=C", NULL }; /* what it says is read */
	const struct pk_proc proc = { .argv = (const char *const *)argv->items, .env = env };
	struct pk_launch launch = PK_LAUNCH_INIT;
	pid_t self = getpid(), pid = -1;

	if (pk_launch_prepare(&launch, &proc, err) == 0) {
		memcpy(launch.fds, fds, sizeof(launch.fds));
		sigprocmask(SIG_SETMASK, NULL, &launch.mask);
		pid = fork();
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			if (getppid() != self)
				_exit(127);
			pk_launch_child(&launch);
		}
		if (pid < 0)
			pk_err_errno(err, "cannot start ssh");
	}
	memset(launch.fds, -1, sizeof(launch.fds)); /* they are the caller's */
	pk_launch_release(&launch);
	return pid;
}

/* ---- what it says ---- */

static const struct {
	const char *text;
	enum pk_known verdict;
} host_words[] = {
	{ "REVOKED HOST KEY", PK_KNOWN_REVOKED },
	{ "revoked", PK_KNOWN_REVOKED },
	{ "REMOTE HOST IDENTIFICATION HAS CHANGED", PK_KNOWN_CHANGED },
	{ "host key is known for", PK_KNOWN_NONE },
	{ "Host key verification failed", PK_KNOWN_NONE },
};

/* After the last "ssh: " or the like, on the last line that says something. */
static char *last_words(const char *log)
{
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;
	const char *text;

	pk_strv_split(&lines, log, '\n');
	text = lines.n ? lines.items[lines.n - 1] : "ssh gives no reason";
	if (pk_starts_with(text, "ssh: "))
		text += strlen("ssh: ");
	return pk_strndup(text, strcspn(text, "\r"));
}

static int explain_start(const struct pk_ssh_work *work, struct pk_err *err)
{
	const struct state *state = work->state;
	PK_AUTO(pk_buf) log = PK_BUF_INIT;
	PK_FREE char *why = NULL;

	pk_read_file(state->log, &log, NULL);
	for (size_t i = 0; i < PK_COUNT(host_words); i++)
		if (strstr(log.ptr, host_words[i].text))
			return pk_ssh_refuse_host(work->route, host_words[i].verdict, err);
	why = last_words(log.ptr);
	if (strstr(log.ptr, "Permission denied") || strstr(log.ptr, "Too many authentication failures"))
		return pk_ssh_refuse_login(work->route, err);
	return pk_ssh_unreachable(work->route, why, err);
}

/* ---- the one that logs in ---- */

/* Its LocalCommand says that it is in; the end of its output, that it is not. */
static int wait_ready(struct pk_ssh_work *work, struct pk_err *err)
{
	struct state *state = work->state;
	char text[sizeof(READY)];
	ssize_t n;

	while (!pk_interrupted()) {
		struct pollfd p = { .fd = state->out, .events = POLLIN };

		if (poll(&p, 1, -1) < 0)
			continue;
		n = read(state->out, text, sizeof(text));
		if (n > 0)
			return 0;
		if (n == 0)
			return explain_start(work, err);
	}
	pk_err_set(err, "interrupted while connecting");
	return pk_err_exit(err, PK_EXIT_INTERRUPTED);
}

static int start(struct pk_ssh_work *work, bool *ret_other, struct pk_err *err)
{
	struct state *state = pk_alloc(sizeof(*state));
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	int out[2], fds[3];

	*ret_other = false;
	work->state = state;
	state->pid = state->out = -1;
	state->control = pk_path_join(work->dir, "c");
	state->log = pk_path_join(work->dir, "log");
	add_options(&argv, work, state->control);
	pk_strv_push(&argv, "-MNT");
	pk_strv_push(&argv, "-oPermitLocalCommand=yes");
	pk_strv_push(&argv, "-oLocalCommand=echo " READY);
	pk_ssh_spec_args(&work->route->spec, &argv);
	if (pipe2(out, O_CLOEXEC) < 0)
		return pk_err_errno(err, "cannot make a pipe");
	fds[0] = pk_open_null();
	fds[1] = out[1];
	fds[2] = open(state->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	state->out = work->watch = out[0];
	state->pid = spawn(&argv, fds, err);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	return state->pid < 0 ? -1 : wait_ready(work, err);
}

static void stop(struct pk_ssh_work *work)
{
	struct state *state = work->state;

	if (!state)
		return;
	if (state->pid > 0) {
		kill(state->pid, SIGTERM);
		while (waitpid(state->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (state->out >= 0)
		close(state->out);
	free(state->control);
	free(state->log);
	free(state);
	work->state = NULL;
	work->watch = -1;
}

static int ended(struct pk_ssh_work *work, struct pk_err *err)
{
	const struct state *state = work->state;
	PK_AUTO(pk_buf) log = PK_BUF_INIT;
	PK_FREE char *why = NULL;

	pk_read_file(state->log, &log, NULL);
	why = last_words(log.ptr);
	return pk_ssh_broken(work->route, why, err);
}

/* ---- one client ---- */

/* "channel 2: open failed: connect failed: Connection refused" stands in the log of the first one. */
static int explain_client(struct pk_ssh_work *work, struct pk_err *err)
{
	static const char failed[] = ": open failed: ";
	const struct state *state = work->state;
	PK_AUTO(pk_buf) log = PK_BUF_INIT;
	const char *at = NULL;

	pk_read_file(state->log, &log, NULL);
	for (const char *s = log.ptr; (s = strstr(s, failed)); at = s)
		s += strlen(failed);
	if (!at)
		return ended(work, err);
	PK_FREE char *why = pk_strndup(at, strcspn(at, "\r\n"));
	return pk_ssh_no_database(work, why, err);
}

static int carry(struct pk_ssh_work *work, int client, void (*reached)(void *arg), void *arg, struct pk_err *err)
{
	struct state *state = work->state;
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	const int fds[3] = { client, client, open(state->log, O_WRONLY | O_APPEND | O_CLOEXEC) };
	int status = 0;
	pid_t pid;

	add_options(&argv, work, state->control);
	pk_strv_push(&argv, "-oBatchMode=yes");
	pk_strv_push(&argv, "-W");
	pk_strv_pushf(&argv, "[%s]:%d", work->db_host, work->db_port);
	pk_ssh_spec_args(&work->route->spec, &argv);
	pid = spawn(&argv, fds, err);
	if (pid < 0)
		return -1;
	reached(arg);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* It can also be the first one that has ended. */
	if (status != 0 || poll(&(struct pollfd){ .fd = state->out, .events = POLLIN }, 1, 0) > 0)
		return explain_client(work, err);
	return 0;
}

const struct pk_ssh_transport pk_ssh_openssh = {
	.name = "openssh",
	.start = start,
	.carry = carry,
	.ended = ended,
	.stop = stop,
};
