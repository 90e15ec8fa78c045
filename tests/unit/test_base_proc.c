#include "unit.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "base/sig.h"
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define ARGV(...)  ((const char *const[]){ __VA_ARGS__, NULL })
#define SH(script) ARGV("sh", "-c", script)

static void big_data_flows_both_ways_at_once(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) input = PK_BUF_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_AUTO(pk_buf) err_out = PK_BUF_INIT;
	for (int i = 0; i < 300000; i++)
		pk_buf_addf(&input, "%d\n", i);
	struct pk_proc proc = { .argv = SH("tee /dev/stderr"),
				.input = input.ptr,
				.input_len = input.len,
				.out = &out,
				.err_out = &err_out };
	int status = -1;
	assert_int_equal(pk_proc_run(&proc, &status, NULL), 0);
	assert_int_equal(status, 0);
	assert_int_equal(out.len, input.len);
	assert_memory_equal(out.ptr, input.ptr, input.len);
	assert_int_equal(err_out.len, input.len);
}

static void a_child_may_stop_reading(void **state)
{
	(void)state;
	PK_FREE char *input = pk_alloc(1 << 20);
	memset(input, 'x', (1 << 20) - 1);
	struct pk_proc proc = { .argv = ARGV("true"), .input = input };
	int status = -1;
	assert_int_equal(pk_proc_run(&proc, &status, NULL), 0);
	assert_int_equal(status, 0);
}

static void status_and_signal_are_told(void **state)
{
	(void)state;
	int status = -1;
	assert_int_equal(pk_proc_run(&(struct pk_proc){ .argv = SH("exit 7") }, &status, NULL), 0);
	assert_int_equal(status, 7);
	assert_int_equal(pk_proc_run(&(struct pk_proc){ .argv = SH("kill -9 $$") }, &status, NULL),
			 0);
	assert_int_equal(status, 128 + 9);
}

static void a_program_that_cannot_start_is_an_error(void **state)
{
	(void)state;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	int status = -1;
	assert_int_equal(
		pk_proc_run(&(struct pk_proc){ .argv = ARGV("no-such-program") }, &status, &err),
		-1);
	assert_non_null(strstr(err.msg, "'no-such-program'"));
	assert_int_equal(
		pk_proc_run(&(struct pk_proc){ .argv = ARGV("/etc/passwd") }, &status, &err), -1);
	assert_non_null(strstr(err.msg, "Permission denied"));
	struct pk_proc lost = { .argv = ARGV("true"), .cwd = "/no/such/dir" };
	assert_int_equal(pk_proc_run(&lost, &status, &err), -1);
	assert_int_equal(status, -1);
}

static void check_quotes_the_end_of_stderr(void **state)
{
	(void)state;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	struct pk_proc proc = { .argv = SH("seq 1 5000 >&2; echo 'the reason' >&2; exit 3") };
	assert_int_equal(pk_proc_check(&proc, &err), -1);
	assert_string_equal(err.msg, "'sh' failed with exit status 3");
	assert_true(pk_ends_with(err.detail, "5000\nthe reason"));
	assert_true(strlen(err.detail) < 2100);
	assert_int_equal(pk_proc_check(&(struct pk_proc){ .argv = ARGV("true") }, &err), 0);
	assert_int_equal(pk_proc_check(&(struct pk_proc){ .argv = SH("exit 255") }, &err), -1);
	assert_string_equal(err.msg, "'sh' failed with exit status 255");
	assert_int_equal(pk_proc_check(&(struct pk_proc){ .argv = SH("kill -9 $$") }, &err), -1);
	assert_string_equal(err.msg, "'sh' was ended by signal 9 (Killed)");
}

static void environment_and_folder_are_given(void **state)
{
	(void)state;
	setenv("PK_GONE", "1", 1);
	setenv("PK_KEPT", "2", 1);
	setenv("PK_NEW", "old", 1);
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	struct pk_proc proc = {
		.argv = SH("echo ${PK_GONE-none} $PK_KEPT $PK_NEW $PWD"),
		.env = ARGV("PK_GONE", "PK_NEW=a b"),
		.cwd = "/",
		.out = &out,
	};
	assert_int_equal(pk_proc_check(&proc, NULL), 0);
	assert_string_equal(out.ptr, "none 2 a b /\n");
	assert_string_equal(getenv("PK_NEW"), "old");
}

static void what_lives_on_is_not_waited_for(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	double started = pk_now();
	int status = -1;
	struct pk_proc proc = { .argv = SH("echo said; sleep 20 & echo $!"), .out = &out };
	assert_int_equal(pk_proc_run(&proc, &status, NULL), 0);
	assert_true(pk_now() - started < 10);
	assert_true(pk_starts_with(out.ptr, "said\n"));
	kill((pid_t)atoi(out.ptr + 5), SIGKILL);
}

static void children_get_plain_signals_and_no_strange_files(void **state)
{
	(void)state;
	pk_sig_init();
	int strange = open("/dev/null", O_RDONLY);
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	struct pk_proc proc = {
		.argv = SH("grep -E '^Sig(Blk|Ign):' /proc/self/status; ls /proc/self/fd | wc -l"),
		.out = &out,
	};
	assert_int_equal(pk_proc_check(&proc, NULL), 0);
	close(strange);
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;
	pk_strv_split(&lines, out.ptr, '\n');
	assert_true(pk_ends_with(lines.items[0], "0000000000000000"));
	unsigned long long ignored = strtoull(strchr(lines.items[1], '\t') + 1, NULL, 16);
	assert_int_equal(
		ignored & (1ull << (SIGPIPE - 1) | 1ull << (SIGINT - 1) | 1ull << (SIGCHLD - 1)),
		0);
	assert_string_equal(lines.items[2], "4"); /* 0, 1, 2 and the folder */
}

static void a_daemon_lives_in_its_own_session(void **state)
{
	(void)state;
	char log[] = "/tmp/pk-unit-log-XXXXXX";
	close(mkstemp(log));
	pid_t pid = -1;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	struct pk_proc proc = { .argv = SH("echo up; echo down >&2; exec sleep 30") };
	assert_int_equal(pk_proc_daemon(&proc, log, &pid, &err), 0);
	assert_true(pid > 0);
	assert_int_equal(kill(pid, 0), 0);
	assert_int_not_equal(getsid(pid), getsid(0));
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	for (int i = 0; i < 2000 && said.len < 8; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		pk_buf_clear(&said);
		assert_int_equal(pk_read_file(log, &said, &err), 0);
	}
	assert_string_equal(said.ptr, "up\ndown\n");
	kill(pid, SIGKILL);
	unlink(log);
	struct pk_proc absent = { .argv = ARGV("/no/such/program") };
	assert_int_equal(pk_proc_daemon(&absent, NULL, &pid, &err), -1);
	assert_non_null(strstr(err.msg, "No such file"));
}

/* Also what shrugs the first signal off, and what it started. */
static void time_runs_out_for_the_whole_group(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	double started = pk_now();
	int status = -1;
	struct pk_proc slow = { .argv = SH("sleep 60 & echo $!; wait"), .out = &out, .timeout = 1 };
	assert_int_equal(pk_proc_run(&slow, &status, NULL), 0);
	assert_int_equal(status, 128 + SIGTERM);
	assert_true(pk_now() - started < 8);
	pid_t left = (pid_t)atoi(out.ptr);
	for (int i = 0; i < 2000 && kill(left, 0) == 0; i++) {
		PK_FREE char *path = pk_printf("/proc/%d/stat", (int)left);
		PK_AUTO(pk_buf) stat = PK_BUF_INIT;
		if (pk_read_file(path, &stat, NULL) < 0 || strstr(stat.ptr, ") Z "))
			break;
		assert_true(i < 1999);
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	struct pk_proc quick = { .argv = SH("exit 3"), .timeout = 5 };
	assert_int_equal(pk_proc_run(&quick, &status, NULL), 0);
	assert_int_equal(status, 3);
}

static int hooked;

static void hook(void *arg)
{
	*(int *)arg += 1;
}

/* Last: nothing takes the flag back. */
static void an_interrupt_ends_the_child_and_calls_the_hook(void **state)
{
	(void)state;
	pk_sig_init();
	pk_sig_set_hook(hook, &hooked);
	assert_false(pk_interrupted());
	PK_FREE char *script = pk_printf("kill -TERM %d; exec sleep 30", (int)getpid());
	double started = pk_now();
	int status = -1;
	struct pk_proc proc = { .argv = ARGV("sh", "-c", script) };
	assert_int_equal(pk_proc_run(&proc, &status, NULL), 0);
	assert_int_equal(status, 128 + SIGTERM);
	assert_true(pk_now() - started < 10);
	assert_true(pk_interrupted());
	assert_int_equal(hooked, 1);
	pk_sig_set_hook(NULL, NULL);
	assert_int_equal(pk_proc_check(&(struct pk_proc){ .argv = ARGV("true") }, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(big_data_flows_both_ways_at_once),
		cmocka_unit_test(a_child_may_stop_reading),
		cmocka_unit_test(status_and_signal_are_told),
		cmocka_unit_test(a_program_that_cannot_start_is_an_error),
		cmocka_unit_test(check_quotes_the_end_of_stderr),
		cmocka_unit_test(environment_and_folder_are_given),
		cmocka_unit_test(what_lives_on_is_not_waited_for),
		cmocka_unit_test(children_get_plain_signals_and_no_strange_files),
		cmocka_unit_test(a_daemon_lives_in_its_own_session),
		cmocka_unit_test(time_runs_out_for_the_whole_group),
		cmocka_unit_test(an_interrupt_ends_the_child_and_calls_the_hook),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
