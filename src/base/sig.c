#include "base/sig.h"
#include <errno.h>
#include <signal.h>

static volatile sig_atomic_t interrupted;
static void (*volatile interrupt_hook)(void *arg);
static void *volatile interrupt_arg;

static void on_signal(int signo)
{
	int saved = errno;
	(void)signo;
	interrupted = 1;
	if (interrupt_hook)
		interrupt_hook(interrupt_arg);
	errno = saved;
}

static void caught_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void pk_sig_init(void)
{
	/* Without SA_RESTART: a read from the terminal or a poll must come back. */
	struct sigaction caught = { .sa_handler = on_signal };
	struct sigaction ignored = { .sa_handler = SIG_IGN };
	struct sigaction normal = { .sa_handler = SIG_DFL };
	struct sigaction before;

	caught_signals(&caught.sa_mask);
	sigaction(SIGINT, &caught, NULL);
	sigaction(SIGTERM, &caught, NULL);
	/* nohup(1) has set it to be ignored, and means it. */
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &caught, NULL);
	sigaction(SIGPIPE, &ignored, NULL);
	/* Ignored by whoever started us, children would leave no status behind: what failed would count as done. */
	sigaction(SIGCHLD, &normal, NULL);
}

bool pk_interrupted(void)
{
	return interrupted != 0;
}

void pk_sig_set_hook(void (*hook)(void *arg), void *arg)
{
	sigset_t set, before;
	caught_signals(&set);
	sigprocmask(SIG_BLOCK, &set, &before);
	interrupt_hook = hook;
	interrupt_arg = arg;
	sigprocmask(SIG_SETMASK, &before, NULL);
}
