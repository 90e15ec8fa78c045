/*
 * Preloaded into git-postkit and the git that it starts: counts the calls that change the world, and lets
 * something happen at the N-th. Nothing happens in servers and other programs.
 *
 *	FAULT_SHARED   a file of its own for each run: the counters of all processes
 *	FAULT_LOG      a line for each point: "<number> <program> <call> <what it is done to>"; the call "ask" sends what
 *	               only reads
 *	FAULT          kill@N, int@N  the process group gets SIGKILL or SIGINT before the N-th call
 *	               kill+N         SIGKILL behind it
 *	               ENOSPC@N       whatever takes room on the disk fails from the N-th call on
 *	               EIO@N          the N-th call fails
 *	               pause@N        waits before the N-th call until the file FAULT_PAUSE, which it makes, is gone
 *	FAULT_LINE     of calls that are not logged by this text, without the number, none is the N-th
 *	FAULT_CLOCK    seconds that the clock of the day is ahead
 *	FAULT_JUMP     seconds that it jumps at the N-th call, which FAULT=jump@N names
 *	FAULT_SECRET   text that must be in no argument of a program and no file: a line "0 <program> SECRET ..." in the log
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ROOM  1 /* takes room on the disk */
#define DISK  2 /* goes to the disk */
#define OTHER 0

#define TEXT	   160
#define PATH_SHOWN 60

static struct {
	bool on;
	char program[32];
	pid_t pid;
	atomic_long *calls, *jumped, *met; /* met: calls that are logged by the line */
	int log;
	char action[16];
	bool behind;
	long at;
	const char *line, *secret, *pause;
	long clock, jump;
} fault = { .log = -1 };

#define REAL(name) ((typeof(&name))real(#name))

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static void read_action(const char *text)
{
	size_t n = strcspn(text, "@+");

	if (!text[n] || n >= sizeof(fault.action))
		return;
	memcpy(fault.action, text, n);
	fault.behind = text[n] == '+';
	fault.at = strtol(text + n + 1, NULL, 10);
}

__attribute__((constructor)) static void begin(void)
{
	const char *shared = getenv("FAULT_SHARED"), *log = getenv("FAULT_LOG"), *text;
	int fd;

	snprintf(fault.program, sizeof(fault.program), "%s", program_invocation_short_name);
	if (strncmp(fault.program, "git", 3) != 0 || !shared)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, shared, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || syscall(SYS_ftruncate, fd, 4096) < 0)
		return;
	fault.calls = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	if (fault.calls == MAP_FAILED)
		return;
	fault.jumped = fault.calls + 1;
	fault.met = fault.calls + 2;
	if (log)
		fault.log = (int)syscall(SYS_openat, AT_FDCWD, log,
					 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if ((text = getenv("FAULT")))
		read_action(text);
	if ((text = getenv("FAULT_CLOCK")))
		fault.clock = strtol(text, NULL, 10);
	if ((text = getenv("FAULT_JUMP")))
		fault.jump = strtol(text, NULL, 10);
	fault.line = getenv("FAULT_LINE");
	fault.secret = getenv("FAULT_SECRET");
	fault.pause = getenv("FAULT_PAUSE");
	fault.pid = getpid();
	fault.on = true;
}

/* ---- naming ---- */

/*
 * The digits at the end of a text of len bytes, run of them, belong to one run only where they are an id, a process or the
 * folder of an object. Returns what stays.
 */
static size_t without_id(char *to, size_t len, size_t run)
{
	static const char objects[] = "/objects/", decimal[] = "0123456789";
	const size_t n = sizeof(objects) - 1;
	bool number, folder;

	to[len] = '\0';
	number = run >= 3 && strspn(to + len - run, decimal) == run;
	folder = run == 2 && len >= n + run && memcmp(to + len - run - n, objects, n) == 0;
	if (run < 7 && !number && !folder)
		return len;
	len -= run;
	to[len++] = '#';
	return len;
}

/* What git and mkstemp() make up behind such a name. */
static void without_random(char *text)
{
	static const char *const before[] = { "tmp_obj_",	  "tmp_object_git2_",	    "tmp_pack_", "tmp_idx_", "tmp_rev_",
					      "objdir-incoming-", "git-interpret-trailers-", "pk-tmp-" };

	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		char *at = strstr(text, before[i]), *end;

		if (!at)
			continue;
		at += strlen(before[i]);
		for (end = at; isalnum((unsigned char)*end) || *end == '#'; end++)
			;
		if (end > at) {
			*at++ = '#';
			memmove(at, end, strlen(end) + 1);
		}
	}
}

static void add_name(char *to, const char *from, size_t n)
{
	size_t len = strlen(to), run = 0;

	for (size_t i = 0; i < n && len < TEXT - 2; i++) {
		char c = from[i];

		if (strchr("0123456789abcdef", c) && c) {
			run++;
			to[len++] = c;
			continue;
		}
		len = without_id(to, len, run);
		run = 0;
		to[len++] = c < ' ' || c == '\177' ? ' ' : c;
	}
	to[without_id(to, len, run)] = '\0';
	without_random(to);
}

/* Its end, without what is made up: no name is cut within that. */
static void add_path(char *to, const char *path, size_t n)
{
	char name[TEXT] = "";
	size_t far = n > TEXT - 2 ? n - (TEXT - 2) : 0, len;

	add_name(name, path + far, n - far);
	len = strlen(name);
	strcat(to, len > PATH_SHOWN ? name + len - PATH_SHOWN : name);
}

static void name_fd(char *to, int fd)
{
	char link[64], path[512];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	add_path(to, path, n > 0 ? (size_t)n : 0);
}

/* It leaves nothing behind when whoever asked is gone: what is read, and what is set for a session. */
static bool only_reads(const char *text, size_t n)
{
	static const char *const begins[] = { "SELECT", "WITH",  "SHOW",      "--",	"SET ",	  "RESET ",
					      "BEGIN",	"START", "SAVEPOINT", "RELEASE" };
	static const char *const changes[] = { "advisory", "terminate", "INSERT", "UPDATE", "DELETE", "COMMIT" };
	bool reads = false;

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		reads |= n >= strlen(begins[i]) && strncmp(text, begins[i], strlen(begins[i])) == 0;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++)
		reads &= !memmem(text, n, changes[i], strlen(changes[i]));
	return reads;
}

/* The text of a message of a client of PostgreSQL of n bytes; NULL: none. */
static const char *text_of(const char *data, size_t n)
{
	const char *end;

	if (data[0] == 'Q')
		return data + 5;
	return data[0] == 'P' && (end = memchr(data + 5, 0, n - 5)) ? end + 1 : NULL;
}

/*
 * In what a client of PostgreSQL sends at once: the first message that changes something, or just the first; its letter,
 * and the text of a query. Returns whether there is one.
 */
static bool name_message(char *to, const char *data, size_t n)
{
	static const char kinds[] = "QPBEDCSHXFdcfp", inert[] = "DSHXp";
	const char *end = data + n, *text;
	bool prepared = false, changes = false;
	size_t len;

	if (n < 5 || !strchr(kinds, data[0])) {
		snprintf(to, TEXT, "%s", n == 8 ? "asks" : "hello");
		return false;
	}
	for (*to = '\0'; (size_t)(end - data) >= 5 && !changes; data += len) {
		uint32_t size;

		memcpy(&size, data + 1, sizeof(size));
		len = 1 + (size_t)ntohl(size);
		if (len > (size_t)(end - data))
			len = (size_t)(end - data);
		text = text_of(data, len);
		/* Of what is bound and executed the text came just before, or long ago. */
		prepared |= data[0] == 'P';
		changes = text ? !only_reads(text, strnlen(text, (size_t)(data + len - text))) :
				 !strchr(inert, data[0]) && !(prepared && strchr("BE", data[0]));
		if (*to && !changes)
			continue;
		snprintf(to, TEXT, "%c ", data[0]);
		if (text)
			add_name(to, text, strnlen(text, (size_t)(data + len - text)));
		to[70] = '\0';
	}
	return changes;
}

/* ---- the points ---- */

static bool is_secret(const void *data, size_t n)
{
	return fault.secret && memmem(data, n, fault.secret, strlen(fault.secret));
}

static void write_log(long number, const char *call, const char *what)
{
	char line[TEXT + 96];
	int n = snprintf(line, sizeof(line), "%ld %s %s %s\n", number, fault.program, call, what);

	if (fault.log >= 0)
		syscall(SYS_write, fault.log, line, (size_t)n);
}

static void signal_all(int signo)
{
	syscall(SYS_kill, 0, signo);
}

static void wait_until_gone(const char *path)
{
	const struct timespec moment = { .tv_nsec = 5 * 1000 * 1000 };

	if (path)
		syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0666));
	while (path && syscall(SYS_access, path, F_OK) == 0)
		syscall(SYS_nanosleep, &moment, NULL);
}

/* Is this one of the calls among which the N-th is looked for? */
static bool is_meant(const char *call, const char *what)
{
	char line[TEXT + 64];

	snprintf(line, sizeof(line), "%s %s %s", fault.program, call, what);
	return !fault.line || strcmp(line, fault.line) == 0;
}

/* Returns the errno with which the call is to fail, or 0. *ret_behind: what is to happen behind it. */
static int reach(const char *call, const char *what, int kind, bool *ret_behind)
{
	long met;
	bool meant;

	*ret_behind = false;
	if (!fault.on || getpid() != fault.pid)
		return 0;
	write_log(atomic_fetch_add(fault.calls, 1) + 1, call, what);
	meant = is_meant(call, what);
	met = meant ? atomic_fetch_add(fault.met, 1) + 1 : atomic_load(fault.met);
	if (!fault.at || met < fault.at)
		return 0;
	if (strcmp(fault.action, "ENOSPC") == 0)
		return kind & ROOM ? ENOSPC : 0;
	if (!meant || met > fault.at)
		return 0;
	if (strcmp(fault.action, "EIO") == 0)
		return kind & (DISK | ROOM) ? EIO : 0;
	if (strcmp(fault.action, "pause") == 0)
		wait_until_gone(fault.pause);
	else if (strcmp(fault.action, "jump") == 0)
		atomic_store(fault.jumped, fault.jump);
	else if (fault.behind)
		*ret_behind = true;
	else
		signal_all(strcmp(fault.action, "int") == 0 ? SIGINT : SIGKILL);
	return 0;
}

/* The call with its point around it. */
#define POINT(type, call, what, kind, expression)                                                  \
	do {                                                                                       \
		bool behind;                                                                       \
		int wrong = reach(call, what, kind, &behind);                                      \
		type result;                                                                       \
                                                                                                   \
		if (wrong) {                                                                       \
			errno = wrong;                                                             \
			return (type)-1;                                                           \
		}                                                                                  \
		result = (expression);                                                             \
		if (behind)                                                                        \
			signal_all(SIGKILL);                                                       \
		return result;                                                                     \
	} while (0)

static bool is_kind(int fd, mode_t kind)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == kind;
}

static void look_for_secret(const char *call, int fd, const void *data, size_t n)
{
	char what[TEXT] = "";

	if (!fault.on || !is_secret(data, n))
		return;
	name_fd(what, fd);
	write_log(0, "SECRET", what);
	(void)call;
}

static ssize_t send_point(const char *call, int fd, const void *data, size_t n, int flags)
{
	char what[TEXT] = "";

	if (!name_message(what, data, n))
		call = "ask";
	POINT(ssize_t, call, what, OTHER, REAL(send)(fd, data, n, flags));
}

ssize_t send(int fd, const void *data, size_t n, int flags)
{
	return fault.on ? send_point("send", fd, data, n, flags) : REAL(send)(fd, data, n, flags);
}

ssize_t write(int fd, const void *data, size_t n)
{
	char what[TEXT] = "";

	if (!fault.on || fd == fault.log || !is_kind(fd, S_IFREG))
		return REAL(write)(fd, data, n);
	if (fd > 2)
		look_for_secret("write", fd, data, n);
	name_fd(what, fd);
	POINT(ssize_t, "write", what, ROOM, REAL(write)(fd, data, n));
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
	char what[TEXT] = "";

	if (!fault.on)
		return REAL(pwrite)(fd, data, n, at);
	look_for_secret("pwrite", fd, data, n);
	name_fd(what, fd);
	POINT(ssize_t, "write", what, ROOM, REAL(pwrite)(fd, data, n, at));
}

int connect(int fd, const struct sockaddr *to, socklen_t n)
{
	const char *path =
		to->sa_family == AF_UNIX ? ((const struct sockaddr_un *)to)->sun_path : "TCP";
	char what[TEXT] = "";

	if (!fault.on)
		return REAL(connect)(fd, to, n);
	add_path(what, path, strlen(path));
	POINT(int, "connect", what, OTHER, REAL(connect)(fd, to, n));
}

/* ---- files ---- */

#define PATH_CALL(name, kind, path, parameters, ...)                                               \
	int name parameters                                                                        \
	{                                                                                          \
		char what[TEXT] = "";                                                              \
                                                                                                   \
		if (!fault.on)                                                                     \
			return REAL(name)(__VA_ARGS__);                                            \
		add_path(what, path, strlen(path));                                          \
		POINT(int, #name, what, kind, REAL(name)(__VA_ARGS__));                            \
	}

PATH_CALL(rename, DISK, to, (const char *from, const char *to), from, to)
PATH_CALL(renameat, DISK, to, (int fd, const char *from, int at, const char *to), fd, from, at, to)
PATH_CALL(link, ROOM, to, (const char *from, const char *to), from, to)
PATH_CALL(symlink, ROOM, to, (const char *from, const char *to), from, to)
PATH_CALL(unlink, DISK, path, (const char *path), path)
PATH_CALL(unlinkat, DISK, path, (int fd, const char *path, int flags), fd, path, flags)
PATH_CALL(rmdir, DISK, path, (const char *path), path)
PATH_CALL(mkdir, ROOM, path, (const char *path, mode_t mode), path, mode)

#define FD_CALL(name, kind, parameters, ...)                                                       \
	int name parameters                                                                        \
	{                                                                                          \
		char what[TEXT] = "";                                                              \
                                                                                                   \
		if (!fault.on)                                                                     \
			return REAL(name)(__VA_ARGS__);                                            \
		name_fd(what, fd);                                                                 \
		POINT(int, #name, what, kind, REAL(name)(__VA_ARGS__));                            \
	}

FD_CALL(fsync, DISK, (int fd), fd)
FD_CALL(fdatasync, DISK, (int fd), fd)
FD_CALL(ftruncate, ROOM, (int fd, off_t n), fd, n)

static int open_point(int dir, const char *path, int flags, mode_t mode)
{
	char what[TEXT] = "";

	if (!fault.on || !(flags & O_CREAT))
		return REAL(openat)(dir, path, flags, mode);
	add_path(what, path, strlen(path));
	POINT(int, "create", what, ROOM, REAL(openat)(dir, path, flags, mode));
}

static mode_t mode_of(int flags, va_list *args)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(*args, mode_t) : 0;
}

#define OPEN(name, dir, last, ...)                                                                 \
	int name(__VA_ARGS__, int flags, ...)                                                      \
	{                                                                                          \
		va_list args;                                                                      \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(args, flags);                                                             \
		mode = mode_of(flags, &args);                                                      \
		va_end(args);                                                                      \
		return open_point(dir, last, flags, mode);                                         \
	}

OPEN(open, AT_FDCWD, path, const char *path)
OPEN(open64, AT_FDCWD, path, const char *path)
OPEN(openat, dir, path, int dir, const char *path)
OPEN(openat64, dir, path, int dir, const char *path)

/* ---- processes ---- */

pid_t fork(void)
{
	if (!fault.on)
		return REAL(fork)();
	POINT(pid_t, "fork", "", OTHER, REAL(fork)());
}

int execve(const char *path, char *const argv[], char *const envp[])
{
	char what[TEXT] = "";

	for (size_t i = 0; fault.on && argv[i]; i++)
		if (is_secret(argv[i], strlen(argv[i]))) {
			add_path(what, path, strlen(path));
			write_log(0, "SECRET in the arguments of", what);
		}
	return REAL(execve)(path, argv, envp);
}

/* ---- the clock ---- */

static long ahead(void)
{
	return fault.on ? fault.clock + atomic_load(fault.jumped) : 0;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int rc = REAL(clock_gettime)(id, ret);

	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ret->tv_sec += ahead();
	return rc;
}

time_t time(time_t *ret)
{
	time_t now = REAL(time)(NULL) + ahead();

	if (ret)
		*ret = now;
	return now;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	int rc = REAL(gettimeofday)(ret, zone);

	ret->tv_sec += ahead();
	return rc;
}
