/* What is said when the way does not lead there. */
#include "ssh/known.h"
#include "ssh/transport.h"

/* As the user would type it, to look at the key there. */
static char *by_hand(const struct pk_ssh_route *route)
{
	PK_FREE char *user = route->spec.user ? pk_printf("%s@", route->spec.user) : pk_strdup("");
	PK_FREE char *port =
		route->spec.port ? pk_printf("-p %d ", route->spec.port) : pk_strdup("");

	return pk_printf("ssh %s%s%s", port, user, route->spec.host);
}

int pk_ssh_refuse_host(const struct pk_ssh_route *route, int known, struct pk_err *err)
{
	PK_FREE char *hand = by_hand(route);
	const char *file =
		route->known_files.n ? route->known_files.items[0] : "~/.ssh/known_hosts";

	switch (known) {
	case PK_KNOWN_REVOKED:
		pk_err_set(err, "the key of SSH server '%s' is revoked", route->known_as);
		return pk_err_hint(err, "@revoked in a file of known hosts says so; do not "
					"connect, and ask who runs the server");
	case PK_KNOWN_CHANGED:
		pk_err_set(err,
			   "the key of SSH server '%s' is not the one known for it: somebody may be listening in",
			   route->known_as);
		return pk_err_hint(err,
				   "ask who runs the server; if the key did change: ssh-keygen -f %s -R '%s', then: %s",
				   file, route->known_as, hand);
	default:
		pk_err_set(err, "the key of SSH server '%s' is not known here", route->known_as);
		return pk_err_hint(err,
				   "connect once by hand, and compare the fingerprint with who runs the server: %s",
				   hand);
	}
}

int pk_ssh_refuse_login(const struct pk_ssh_route *route, struct pk_err *err)
{
	PK_FREE char *where = pk_ssh_route_where(route), *hand = by_hand(route);

	pk_err_set(err, "SSH server '%s' accepts none of the keys there are for it", where);
	return pk_err_hint(err, "is the user right; does this work: %s", hand);
}

int pk_ssh_unreachable(const struct pk_ssh_route *route, const char *why, struct pk_err *err)
{
	PK_FREE char *where = pk_ssh_route_where(route);

	pk_err_set(err, "cannot reach SSH server '%s': %s", where, why);
	return pk_err_hint(err, "are the name and the port right, and the network or VPN up");
}

int pk_ssh_no_database(const struct pk_ssh_work *work, const char *why, struct pk_err *err)
{
	PK_FREE char *where = pk_ssh_route_where(work->route);

	pk_err_set(err, "SSH server '%s' cannot connect to '%s:%d': %s", where, work->db_host,
		   work->db_port, why);
	return pk_err_hint(err, "host and port in the URL are as seen from there; and its "
				"AllowTcpForwarding must permit it");
}

int pk_ssh_broken(const struct pk_ssh_route *route, const char *why, struct pk_err *err)
{
	PK_FREE char *where = pk_ssh_route_where(route);

	pk_err_set(err, "the tunnel through SSH server '%s' broke: %s", where, why);
	return pk_err_hint(err, "is the server up, and the network; then try again");
}
