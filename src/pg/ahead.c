#include "pg/ahead.h"
#include <signal.h>

static void *begin(void *arg)
{
	struct pk_ahead *ahead = arg;

	pk_conns_begin((struct pk_conn *[]){ &ahead->conn }, (const struct pk_conninfo *[]){ &ahead->info }, 1);
	return NULL;
}

void pk_ahead_begin(struct pk_ahead *ahead, const char *text)
{
	sigset_t all, before;

	ahead->info = (struct pk_conninfo)PK_CONNINFO_INIT;
	ahead->conn = (struct pk_conn)PK_CONN_INIT;
	if (pk_conninfo_parse(&ahead->info, text, NULL) < 0)
		return;
	/* Signals are the other thread's, which waits for children. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ahead->under_way = pthread_create(&ahead->thread, NULL, begin, ahead) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void pk_ahead_take(struct pk_ahead *ahead, struct pk_conn *ret)
{
	if (!ahead->under_way)
		return;
	pthread_join(ahead->thread, NULL);
	ahead->under_way = false;
	ret->handle = ahead->conn.handle;
	ret->begun = ahead->conn.begun;
	ret->utc = ahead->conn.utc;
	ahead->conn = (struct pk_conn)PK_CONN_INIT;
}

void pk_ahead_release(struct pk_ahead *ahead)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	pk_ahead_take(ahead, &conn);
	pk_conninfo_release(&ahead->info);
}
