#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pg/handle.h"

#define ASK_MS 1000

static _Noreturn void ask(PGcancel *cancel)
{
	char ignored[256];

	signal(SIGINT, SIG_IGN);
	_exit(PQcancel(cancel, ignored, sizeof(ignored)) ? 0 : 1);
}

/* _Fork(), which runs no handlers, and all that is called here are fit for a signal handler. */
bool pk_cancel_ask(PGcancel *cancel)
{
	const struct timespec moment = { .tv_nsec = 2 * 1000 * 1000 };
	pid_t pid = cancel ? _Fork() : -1;
	int status = 0;

	if (pid == 0)
		ask(cancel);
	for (int ms = 0; pid > 0 && ms < ASK_MS; ms += 2) {
		pid_t ended = waitpid(pid, &status, WNOHANG);

		/* Where SIGCHLD is ignored nothing but that it has ended is known. */
		if (ended)
			return ended != pid || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
		nanosleep(&moment, NULL);
	}
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return false;
}
