#include "unit.h"

#include "base/sig.h"
#include "clone/stream.h"
#include <signal.h>

static void hear(void *arg, const char *line)
{
	pk_buf_addf(arg, "%s|", line);
}

static int run(const char *script, struct pk_buf *heard)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	const struct pk_stream stream = { .argv = argv, .line = hear, .arg = heard };
	int status = -1;

	assert_int_equal(pk_stream_run(&stream, &status, NULL), 0);
	return status;
}

static void lines_status_and_signal_are_told(void **state)
{
	PK_AUTO(pk_buf) heard = PK_BUF_INIT;

	(void)state;
	assert_int_equal(run("echo one >&2; echo unheard; printf two >&2; exit 3", &heard), 3);
	assert_string_equal(heard.ptr, "one|two|");
	assert_int_equal(run("kill -KILL $$", &heard), 128 + SIGKILL);
	assert_int_equal(run("kill -TERM $$", &heard), 128 + SIGTERM);
}

/* What failed would count as done. */
static void status_is_told_where_children_were_not_looked_after(void **state)
{
	PK_AUTO(pk_buf) heard = PK_BUF_INIT;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	pk_sig_init();
	assert_int_equal(run("exit 3", &heard), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_status_and_signal_are_told),
		cmocka_unit_test(status_is_told_where_children_were_not_looked_after),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
