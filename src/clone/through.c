/* A remote behind an SSH server: the tunnel to it, and the way that connections take through it. */
#include "clone/remote.h"
#include "pg/way.h"
#include "ssh/tunnel.h"

#define DEFAULT_PORT "5432"

/*
 * sslmode decides about the near end. TLS goes from here to the database, checked against its own name, so
 * that who owns the SSH server does not read along: libpq does that only with a port. Where there is to be
 * none, a socket in a folder of ours is it.
 */
static bool wants_tls(const struct pk_conninfo *all)
{
	return !pk_streq(pk_conninfo_get(all, "sslmode"), "disable") ||
	       pk_conninfo_get(all, "hostaddr");
}

static int check_target(const char *host, const char *port, struct pk_err *err)
{
	if (strchr(host, ',') || strchr(port, ',')) {
		pk_err_set(err, "a list of hosts does not go through an SSH tunnel");
		return pk_err_hint(err, "name the one that is to be connected to");
	}
	if (*host == '/' || *host == '@') {
		pk_err_set(err, "a socket's folder does not go through an SSH tunnel");
		return pk_err_hint(err, "name host and port, as the SSH server sees them");
	}
	for (const char *s = host; *s; s++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-:%",
			    *s) ||
		    *host == '-')
			return pk_err_set(err, "'%s' cannot be the name of a host", host);
	return 0;
}

static void end_tunnel(void *arg)
{
	struct pk_tunnel *tunnel = arg;

	pk_tunnel_release(tunnel);
	free(tunnel);
}

static struct pk_way *make_way(struct pk_tunnel *tunnel, const struct pk_conninfo *all, bool tcp,
			       const char *host, const char *port)
{
	struct pk_way *way = pk_alloc(sizeof(*way));

	way->host = pk_strdup(tcp ? host : tunnel->dir);
	way->hostaddr = tcp ? pk_strdup("127.0.0.1") : NULL;
	way->port = pk_printf("%d", tunnel->port);
	way->far_host = pk_strdup(host);
	way->far_port = pk_strdup(port);
	way->password = pk_strdup(all->password);
	way->trouble = pk_strdup(tunnel->trouble);
	way->close = end_tunnel;
	way->arg = tunnel;
	return way;
}

static bool is_open(const struct pk_conninfo *info)
{
	return info->way && pk_tunnel_alive(info->way->arg);
}

int pk_remote_dig(struct pk_remote *remote, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) all = PK_CONNINFO_INIT;
	struct pk_tunnel *tunnel;

	if (!remote->ssh || is_open(&remote->info))
		return 0;
	pk_way_drop(remote->info.way);
	remote->info.way = NULL;
	if (pk_conninfo_resolve(&remote->info, &all, err) < 0)
		return -1;
	const char *name = pk_conninfo_get(&all, "host"),
		   *address = pk_conninfo_get(&all, "hostaddr");
	const char *given = pk_conninfo_get(&all, "port"), *port = given ? given : DEFAULT_PORT;
	/* libpq's own default is a socket here; through a tunnel it is the SSH server itself. */
	const char *host = name ? name : address ? address : "localhost";
	const struct pk_tunnel_spec spec = {
		.to = remote->ssh,
		.transport = remote->ssh_transport,
		.compress = remote->ssh_compression,
		.host = address ? address : host,
		.port = atoi(port),
		.tcp = wants_tls(&all),
	};
	if (check_target(host, port, err) < 0)
		return -1;
	tunnel = pk_alloc(sizeof(*tunnel));
	*tunnel = (struct pk_tunnel)PK_TUNNEL_INIT;
	if (pk_tunnel_open(tunnel, &spec, err) < 0) {
		free(tunnel);
		return -1;
	}
	free(remote->via);
	remote->via = *tunnel->note ? pk_printf("%s (%s: %s)", tunnel->via, tunnel->transport,
						tunnel->note)
				    : pk_printf("%s (%s)", tunnel->via, tunnel->transport);
	pk_conninfo_take_way(&remote->info, make_way(tunnel, &all, spec.tcp, host, port));
	return 0;
}
