/*
 * The way to an SSH server, as the user's own ssh would take it: "[user@]host[:port]" is read here, the
 * rest (names, ports, users, keys, known hosts) is what `ssh -G` says of that host.
 */
#ifndef PK_SSH_ROUTE_H
#define PK_SSH_ROUTE_H

#include "base/err.h"
#include "base/strv.h"

struct pk_ssh_spec {
	char *user, *host; /* user NULL: not given */
	int port;	   /* 0: not given */
};
#define PK_SSH_SPEC_INIT { 0 }
void pk_ssh_spec_release(struct pk_ssh_spec *spec);
/* "[::1]:22" for numbers of IPv6. What a command line could take for something else is refused. */
int pk_ssh_spec_parse(const char *text, struct pk_ssh_spec *ret, struct pk_err *err);

/* As words for ssh's command line, the last ones. */
void pk_ssh_spec_args(const struct pk_ssh_spec *spec, struct pk_strv *argv);

struct pk_ssh_route {
	struct pk_ssh_spec spec;
	char *user, *host; /* that is connected to */
	char *known_as;	   /* name in the files of known hosts: "host" or "[host]:port" */
	char *agent;	   /* socket of the agent; NULL: none */
	char *beyond;	   /* NULL, or what of it libssh2 cannot do: "ProxyJump" */
	char *kex, *ciphers, *macs;
	int port, family;	    /* family: AF_UNSPEC, AF_INET, AF_INET6 */
	int connect_timeout, alive; /* seconds, 0: not set */
	bool compression, identities_only;
	struct pk_strv identities, known_files; /* paths; not all need to exist */
};
#define PK_SSH_ROUTE_INIT { 0 }
void pk_ssh_route_release(struct pk_ssh_route *route);
/* From what `ssh -G` printed. home: of the user, for ~ and %d. spec is set already. */
void pk_ssh_route_read(struct pk_ssh_route *route, const char *printed, const char *home);
/* Runs `ssh -G`. */
int pk_ssh_route_find(struct pk_ssh_route *route, const char *text, struct pk_err *err);
/* "user@host:2222", for messages. Caller frees. */
char *pk_ssh_route_where(const struct pk_ssh_route *route);

#endif
