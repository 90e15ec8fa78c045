/*
 * The ssh program as transport: one `ssh -M` logs in and forwards a socket in the tunnel's folder, to
 * which each client is connected. (`ssh -W` beside it, which would take the client's socket as it is,
 * stalls now and then in OpenSSH 9.2.) What ssh says becomes our own words.
 */
#include "base/fs.h"
#include "base/launch.h"
#include "base/proc.h"
#include "base/sig.h"
#include "ssh/known.h"
#include "ssh/transport.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY	"ready"
#define LAST_MS 500 /* between the end of ssh's connections and its own */

struct state {
	char *control, *far, *log;
};

/* ---- its command line ---- */

static void add_options(struct pk_strv *argv, const struct pk_ssh_work *work, const char *control)
{
	static const char *const always[] = {
		/* a server is known or it is refused; nothing else of the user's settings is to happen */
		"StrictHostKeyChecking=yes",
		"UpdateHostKeys=no",
		"ClearAllForwardings=yes",
		"ForwardAgent=no",
		"ForwardX11=no",
		"RemoteCommand=none",
		"RequestTTY=no",
		"ForkAfterAuthentication=no",
		"Tunnel=no",
		"LogLevel=INFO",
		"ControlPersist=no",
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
	if (strstr(log.ptr, "Permission denied") ||
	    strstr(log.ptr, "Too many authentication failures"))
		return pk_ssh_refuse_login(work->route, err);
	return pk_ssh_unreachable(work->route, why, err);
}

/* ---- the one that logs in ---- */

/* Its LocalCommand says that it is in; the end of its output, that it is not. */
static int wait_ready(struct pk_ssh_work *work, int out, struct pk_err *err)
{
	char text[sizeof(READY)];
	ssize_t n;

	while (!pk_interrupted()) {
		struct pollfd p = { .fd = out, .events = POLLIN };

		if (poll(&p, 1, -1) < 0)
			continue;
		n = read(out, text, sizeof(text));
		if (n > 0)
			return 0;
		if (n == 0)
			return explain_start(work, err);
	}
	return pk_err_interrupted(err, "interrupted while connecting");
}

/* Asked for when it stands: what the user's settings forward is left out, and this would be with it. */
static int forward(const struct pk_ssh_work *work, struct pk_err *err)
{
	const struct state *state = work->state;
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;

	pk_strv_push(&argv, "ssh");
	pk_strv_push(&argv, "-S");
	pk_strv_push(&argv, state->control);
	pk_strv_push(&argv, "-oStreamLocalBindMask=0177");
	pk_strv_push(&argv, "-Oforward");
	pk_strv_push(&argv, "-L");
	pk_strv_pushf(&argv, "%s:[%s]:%d", state->far, work->db_host, work->db_port);
	pk_ssh_spec_args(&work->route->spec, &argv);
	const struct pk_proc proc = { .argv = (const char *const *)argv.items };
	return pk_proc_check(&proc, err);
}

static int start(struct pk_ssh_work *work, bool *ret_other, struct pk_err *err)
{
	struct state *state = pk_alloc(sizeof(*state));
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	int out[2], fds[3], rc;

	*ret_other = false;
	work->state = state;
	state->control = pk_path_join(work->dir, "c");
	state->far = pk_path_join(work->dir, "f");
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
	work->helper = spawn(&argv, fds, err);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	rc = work->helper < 0 ? -1 : wait_ready(work, out[0], err);
	close(out[0]);
	if (rc < 0)
		return -1;
	work->watch = (int)syscall(SYS_pidfd_open, work->helper, 0);
	return work->watch < 0 ? pk_err_errno(err, "cannot watch ssh") : forward(work, err);
}

static void stop(struct pk_ssh_work *work)
{
	struct state *state = work->state;

	if (!state)
		return;
	if (work->helper > 0) {
		kill(work->helper, SIGTERM);
		while (waitpid(work->helper, NULL, 0) < 0 && errno == EINTR)
			;
		work->helper = 0;
	}
	if (work->watch >= 0)
		close(work->watch);
	free(state->control);
	free(state->far);
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

static bool has_ended(const struct pk_ssh_work *work, int timeout_ms)
{
	return poll(&(struct pollfd){ .fd = work->watch, .events = POLLIN }, 1, timeout_ms) > 0;
}

/* "channel 2: open failed: connect failed: Connection refused" */
static int explain_client(struct pk_ssh_work *work, struct pk_err *err)
{
	static const char failed[] = ": open failed: ";
	const struct state *state = work->state;
	PK_AUTO(pk_buf) log = PK_BUF_INIT;
	const char *at = NULL;

	if (has_ended(work, LAST_MS))
		return ended(work, err);
	pk_read_file(state->log, &log, NULL);
	for (const char *s = log.ptr; (s = strstr(s, failed)); at = s)
		s += strlen(failed);
	if (!at)
		return 0;
	PK_FREE char *why = pk_strndup(at, strcspn(at, "\r\n"));
	return pk_ssh_no_database(work, why, err);
}

static int connect_far(const struct state *state, struct pk_err *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", state->far);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	pk_err_errno(err, "cannot connect to ssh");
	if (fd >= 0)
		close(fd);
	return -1;
}

static int carry(struct pk_ssh_work *work, int client, void (*reached)(void *arg), void *arg,
		 struct pk_err *err)
{
	int fd = connect_far(work->state, err);
	bool all_said;

	if (fd < 0)
		return has_ended(work, 0) ? ended(work, err) : -1;
	reached(arg);
	all_said = pk_ssh_relay(client, fd);
	close(fd);
	/* The database ended it, the way to it did not come to be, or broke. */
	return all_said ? 0 : explain_client(work, err);
}

const struct pk_ssh_transport pk_ssh_openssh = {
	.name = "openssh",
	.start = start,
	.carry = carry,
	.ended = ended,
	.stop = stop,
};
