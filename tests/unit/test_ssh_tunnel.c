/*
 * The bytes of four connections at once, both ways at the same time, through a real sshd, with a new key
 * every 256 kB and without. PostgreSQL's protocol never asks that much of a connection.
 */
#include "unit.h"

#include "base/fs.h"
#include "base/proc.h"
#include "base/sig.h"
#include "base/strv.h"
#include "ssh/tunnel.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SSHD	    "/usr/sbin/sshd"
#define CONNECTIONS 4
#define BYTES	    (16u << 20) /* each way, on each */
/* With a key exchange that is quick: each of hundreds is waited for. */
#define REKEY	    "RekeyLimit 256K\nKexAlgorithms curve25519-sha256"

static char dir[] = "/tmp/pk-tunnel-XXXXXX";
static pid_t echo_pid;
static int echo_port;

static int listen_any(int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

/* Says back what it hears, in a process for each connection. */
static void start_echo(void)
{
	int fd = listen_any(&echo_port);

	echo_pid = fork();
	if (echo_pid == 0) {
		signal(SIGCHLD, SIG_IGN);
		for (;;) {
			int client = accept(fd, NULL, NULL);
			char data[65536];
			ssize_t n;

			if (client < 0 || fork() > 0) {
				close(client);
				continue;
			}
			while ((n = read(client, data, sizeof(data))) > 0)
				for (ssize_t at = 0, m; at < n; at += m)
					if ((m = write(client, data + at, (size_t)(n - at))) <= 0)
						_exit(0);
			_exit(0);
		}
	}
	close(fd);
}

static void run(const char *const *argv)
{
	struct pk_err err = PK_ERR_INIT;
	const struct pk_proc proc = { .argv = argv };

	if (pk_proc_check(&proc, &err) < 0)
		fail_msg("%s", err.msg);
}

static void write_text(const char *name, const char *fmt, ...) PK_PRINTF(2, 3);
static void write_text(const char *name, const char *fmt, ...)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *path = pk_path_join(dir, name);
	va_list ap;

	va_start(ap, fmt);
	pk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	assert_int_equal(pk_write_file(path, text.ptr, text.len, 0600, NULL), 0);
}

static char *key(const char *name)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *path = pk_path_join(dir, name);
	PK_FREE char *public = pk_printf("%s.pub", path);
	const char *const argv[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N", "",
				     "-C",	   "",	 "-f", path,	  NULL };

	if (!pk_path_exists(path))
		run(argv);
	assert_int_equal(pk_read_file(public, &text, NULL), 0);
	pk_buf_rtrim(&text);
	return pk_buf_take(&text);
}

static void stop_sshd(void)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *path = pk_path_join(dir, "pid");

	if (pk_read_file(path, &text, NULL) == 0)
		kill((pid_t)atoi(text.ptr), SIGTERM);
	unlink(path);
}

/* Returns its port. */
static int start_sshd(const char *more)
{
	PK_FREE char *host = key("host"), *user = key("user"), *pid_path = pk_path_join(dir, "pid");
	PK_FREE char *config = pk_path_join(dir, "sshd_config"), *log = pk_path_join(dir, "log");
	const char *const argv[] = { SSHD, "-f", config, "-E", log, NULL };
	int port, fd = listen_any(&port);

	close(fd);
	stop_sshd(); /* of a test that failed */
	if (geteuid() == 0)
		mkdir("/run/sshd", 0755);
	write_text("authorized", "%s\n", user);
	write_text("known", "[127.0.0.1]:%d %s\n", port, host);
	/* no sign of life wakes what waits for nothing */
	write_text("config",
		   "UserKnownHostsFile %s/known\nGlobalKnownHostsFile none\nIdentityFile "
		   "%s/user\nIdentitiesOnly yes\nServerAliveInterval 3600\n",
		   dir, dir);
	write_text("sshd_config",
		   "%s\nPort %d\nListenAddress 127.0.0.1\nHostKey %s/host\nAuthorizedKeysFile "
		   "%s/authorized\n"
		   "PidFile %s\nStrictModes no\nUsePAM no\nPasswordAuthentication "
		   "no\nKbdInteractiveAuthentication no\n"
		   "PermitRootLogin prohibit-password\n",
		   more, port, dir, dir, pid_path);
	run(argv);
	while (!pk_path_exists(pid_path))
		poll(NULL, 0, 10);
	return port;
}

static int connect_near(const struct pk_tunnel *tunnel, bool tcp)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				  .sin_port = htons((uint16_t)tunnel->port) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s/.s.PGSQL.%d", tunnel->dir, tunnel->port);
	assert_int_equal(tcp ? connect(fd, (struct sockaddr *)&in, sizeof(in))
			     : connect(fd, (struct sockaddr *)&un, sizeof(un)),
			 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* The byte that stands at a place of the stream of a connection. */
static unsigned char byte_at(unsigned connection, size_t i)
{
	return (unsigned char)((i * 2654435761u >> 13) ^ i ^ connection);
}

static void exchange(const int *fds)
{
	size_t sent[CONNECTIONS] = { 0 }, got[CONNECTIONS] = { 0 };
	static unsigned char data[100000];
	unsigned open = CONNECTIONS;

	while (open) {
		struct pollfd p[CONNECTIONS];

		for (unsigned c = 0; c < CONNECTIONS; c++)
			p[c] = (struct pollfd){
				.fd = got[c] < BYTES ? fds[c] : -1,
				.events = (short)(POLLIN | (sent[c] < BYTES ? POLLOUT : 0))
			};
		assert_true(poll(p, CONNECTIONS, -1) > 0);
		for (unsigned c = 0; c < CONNECTIONS; c++) {
			ssize_t n;

			if (p[c].revents & POLLOUT) {
				size_t want = BYTES - sent[c] < sizeof(data) ? BYTES - sent[c]
									     : sizeof(data);

				for (size_t i = 0; i < want; i++)
					data[i] = byte_at(c, sent[c] + i);
				n = send(fds[c], data, want, MSG_NOSIGNAL);
				if (n < 0 && errno != EAGAIN)
					fail_msg("connection %u broke after %zu bytes: %s", c,
						 sent[c], strerror(errno));
				sent[c] += n > 0 ? (size_t)n : 0;
			}
			if (!(p[c].revents & (POLLIN | POLLHUP)))
				continue;
			n = read(fds[c], data, sizeof(data));
			if (n == 0)
				fail_msg("connection %u ended after %zu bytes", c, got[c]);
			for (ssize_t i = 0; i < n; i++)
				if (data[i] != byte_at(c, got[c] + (size_t)i))
					fail_msg("connection %u: byte %zu is another", c,
						 got[c] + (size_t)i);
			got[c] += n > 0 ? (size_t)n : 0;
			open -= got[c] >= BYTES;
		}
	}
}

static void there_and_back(const char *transport, bool tcp, const char *setting)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *to = pk_printf("127.0.0.1:%d", start_sshd(setting));
	struct pk_tunnel tunnel = PK_TUNNEL_INIT;
	const struct pk_tunnel_spec spec = {
		.to = to, .transport = transport, .host = "127.0.0.1", .port = echo_port, .tcp = tcp
	};
	int fds[CONNECTIONS];
	struct stat st;

	if (pk_tunnel_open(&tunnel, &spec, &err) < 0)
		fail_msg("%s: %s", transport, err.msg);
	assert_int_equal(stat(tunnel.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	for (unsigned c = 0; c < CONNECTIONS; c++)
		fds[c] = connect_near(&tunnel, tcp);
	exchange(fds);
	for (unsigned c = 0; c < CONNECTIONS; c++)
		close(fds[c]);
	assert_true(pk_tunnel_alive(&tunnel));
	PK_FREE char *gone = pk_strdup(tunnel.dir);
	pk_tunnel_release(&tunnel);
	assert_false(pk_path_exists(gone));
	stop_sshd();
}

static void all_bytes_arrive_by_libssh2(void **state)
{
	(void)state;
	there_and_back("libssh2", false, "");
	there_and_back("libssh2", true, REKEY);
}

static void all_bytes_arrive_by_the_ssh_program(void **state)
{
	(void)state;
	there_and_back("openssh", false, "");
	there_and_back("openssh", true, REKEY);
}

/* Another user's process sees an open port, and nothing but its end. */
static void other_users_are_sent_away(void **state)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *to = pk_printf("127.0.0.1:%d", start_sshd(""));
	struct pk_tunnel tunnel = PK_TUNNEL_INIT;
	const struct pk_tunnel_spec spec = { .to = to,
					     .transport = "libssh2",
					     .host = "127.0.0.1",
					     .port = echo_port,
					     .tcp = true };
	int status;
	(void)state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(pk_tunnel_open(&tunnel, &spec, &err), 0);
	pid_t pid = fork();
	if (pid == 0) {
		char c = 'x';
		if (setgid(65534) || setuid(65534))
			_exit(9);
		int fd = connect_near(&tunnel, true);
		fcntl(fd, F_SETFL, 0);
		_exit(write(fd, &c, 1) == 1 && read(fd, &c, 1) > 0 ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	pk_tunnel_release(&tunnel);
	stop_sshd();
}

static int set_up(void **state)
{
	(void)state;
	pk_sig_init();
	if (!mkdtemp(dir))
		return -1;
	start_echo();
	/* ssh with settings of our own, as the first one in PATH */
	PK_FREE char *real = pk_proc_find("ssh"), *path = pk_printf("%s:%s", dir, getenv("PATH"));
	PK_FREE char *stub = pk_path_join(dir, "ssh");
	write_text("ssh", "#!/bin/sh\nexec %s -F %s/config \"$@\"\n", real, dir);
	unsetenv("SSH_AUTH_SOCK");
	unsetenv("XDG_RUNTIME_DIR");
	return chmod(stub, 0700) || setenv("PATH", path, 1);
}

static int tear_down(void **state)
{
	(void)state;
	stop_sshd();
	kill(echo_pid, SIGKILL);
	return pk_remove_tree(dir, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_bytes_arrive_by_libssh2),
		cmocka_unit_test(all_bytes_arrive_by_the_ssh_program),
		cmocka_unit_test(other_users_are_sent_away),
	};

	if (access(SSHD, X_OK) != 0) {
		puts("1..0 # SKIP there is no " SSHD);
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
