/* One local server for all tests of a program, in a repository of its own. */
#ifndef PK_UNIT_CLUSTERFIX_H
#define PK_UNIT_CLUSTERFIX_H

#include "gitrepo.h"

#include "server/server.h"
#include <sys/stat.h>
#include <sys/wait.h>

struct cluster {
	struct fixture *f;
	struct pk_repo repo;
	struct pk_config config;
	struct pk_server server;
};

/* Fails the test with what the error says. */
#define OK(call)                                                                                   \
	do {                                                                                       \
		struct pk_err ok_err = PK_ERR_INIT;                                                \
		struct pk_err *err = &ok_err;                                                      \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s [%s] %s", #call, ok_err.msg, ok_err.sqlstate,             \
				 ok_err.detail ? ok_err.detail : "");                              \
		pk_err_release(&ok_err);                                                           \
	} while (0)

static inline int cluster_setup(void **state)
{
	struct cluster *c = pk_alloc(sizeof(*c));
	int rc = fixture_setup((void **)&c->f);
	PK_FREE char *states = pk_path_join(c->f->dir, "state");

	rc |= chmod(c->f->dir, 0711); /* the server's user passes through */
	setenv("POSTKIT_STATE_DIR", states, 1);
	unsetenv("XDG_RUNTIME_DIR");
	open_repo(&c->repo);
	OK(pk_config_load(&c->config, &c->repo, err));
	OK(pk_server_open(&c->server, &c->repo, &c->config, 0, err));
	*state = c;
	return rc;
}

static inline int cluster_teardown(void **state)
{
	struct cluster *c = *state;
	int rc = pk_server_remove(&c->repo, c->server.major, NULL);

	pk_server_release(&c->server);
	pk_config_release(&c->config);
	pk_repo_release(&c->repo);
	rc |= fixture_teardown((void **)&c->f);
	free(c);
	return rc;
}

#endif
