#include "ssh/route.h"
#include "base/proc.h"
#include <ctype.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_PORT 22

void pk_ssh_spec_release(struct pk_ssh_spec *spec)
{
	free(spec->user);
	free(spec->host);
	*spec = (struct pk_ssh_spec)PK_SSH_SPEC_INIT;
}

void pk_ssh_route_release(struct pk_ssh_route *route)
{
	pk_ssh_spec_release(&route->spec);
	free(route->user);
	free(route->host);
	free(route->known_as);
	free(route->agent);
	free(route->beyond);
	free(route->kex);
	free(route->ciphers);
	free(route->macs);
	pk_strv_release(&route->identities);
	pk_strv_release(&route->known_files);
	*route = (struct pk_ssh_route)PK_SSH_ROUTE_INIT;
}

/* ---- user@host:port ---- */

/* They become words of a command line, and a ProxyCommand may hand them to a shell. */
static bool is_plain(const char *s, const char *also)
{
	if (!*s || *s == '-')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(also, *s))
			return false;
	return true;
}

static bool read_port(const char *text, int *ret)
{
	char *end;
	long n = strtol(text, &end, 10);

	*ret = (int)n;
	return isdigit((unsigned char)*text) && !*end && n > 0 && n < 65536;
}

static struct pk_ssh_spec take(struct pk_ssh_spec *spec)
{
	struct pk_ssh_spec taken = *spec;

	*spec = (struct pk_ssh_spec)PK_SSH_SPEC_INIT;
	return taken;
}

int pk_ssh_spec_parse(const char *text, struct pk_ssh_spec *ret, struct pk_err *err)
{
	PK_AUTO(pk_ssh_spec) spec = PK_SSH_SPEC_INIT;
	const char *at = strrchr(text, '@'), *host = at ? at + 1 : text, *end, *colon;
	bool good = true;

	if (at)
		spec.user = pk_strndup(text, (size_t)(at - text));
	if (*host == '[' && (end = strchr(host, ']'))) {
		spec.host = pk_strndup(host + 1, (size_t)(end - host - 1));
		colon = end[1] ? end + 1 : NULL;
		good = !colon || *colon == ':';
	} else {
		colon = strchr(host, ':');
		spec.host = colon ? pk_strndup(host, (size_t)(colon - host)) : pk_strdup(host);
	}
	if (!good || (colon && !read_port(colon + 1, &spec.port)) ||
	    !is_plain(spec.host, "._:%-") || (spec.user && !is_plain(spec.user, "._+@\\-"))) {
		pk_err_set(err, "'%s' is no SSH server", text);
		return pk_err_hint(err, "write user@host or user@host:port; what else there is to "
					"say goes into ~/.ssh/config");
	}
	*ret = take(&spec);
	return 0;
}

/* ---- what ssh -G says ---- */

/* ~ and the tokens that a path may hold. Others stay as they are: no such file is found then. */
static char *expand(const struct pk_ssh_route *route, const char *path, const char *home)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	if (path[0] == '~' && path[1] == '/') {
		pk_buf_add(&out, home);
		path++;
	}
	for (; *path; path++) {
		if (*path != '%' || !path[1]) {
			pk_buf_addc(&out, *path);
			continue;
		}
		switch (*++path) {
		case 'd':
			pk_buf_add(&out, home);
			break;
		case 'h':
			pk_buf_add(&out, route->host);
			break;
		case 'n':
			pk_buf_add(&out, route->spec.host);
			break;
		case 'p':
			pk_buf_addf(&out, "%d", route->port);
			break;
		case 'r':
			pk_buf_add(&out, route->user);
			break;
		case '%':
			pk_buf_addc(&out, '%');
			break;
		default:
			pk_buf_addf(&out, "%%%c", *path);
		}
	}
	return pk_buf_take(&out);
}

/* What the ssh program alone can do; "none" and "no" are as if it were not there. */
static const struct {
	const char *key, *name;
} beyond[] = {
	{ "proxyjump", "ProxyJump" },
	{ "proxycommand", "ProxyCommand" },
	{ "certificatefile", "CertificateFile" },
	{ "knownhostscommand", "KnownHostsCommand" },
	{ "revokedhostkeys", "RevokedHostKeys" },
	{ "pkcs11provider", "PKCS11Provider" },
	{ "bindaddress", "BindAddress" },
	{ "bindinterface", "BindInterface" },
};

static const char *find(const struct pk_strv *lines, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < lines->n; i++)
		if (pk_starts_with(lines->items[i], key) && lines->items[i][n] == ' ')
			return lines->items[i] + n + 1;
	return NULL;
}

static bool is_on(const struct pk_strv *lines, const char *key)
{
	const char *value = find(lines, key);

	return pk_streq(value, "yes") || pk_streq(value, "true");
}

static int number(const struct pk_strv *lines, const char *key)
{
	const char *value = find(lines, key);

	return value ? atoi(value) : 0;
}

static char *find_agent(const struct pk_strv *lines, const struct pk_ssh_route *route,
			const char *home)
{
	const char *value = find(lines, "identityagent");

	if (pk_streq(value, "none"))
		return NULL;
	if (!value || pk_streq(value, "SSH_AUTH_SOCK"))
		value = getenv("SSH_AUTH_SOCK");
	else if (*value == '$')
		value = getenv(value + 1);
	return value && *value ? expand(route, value, home) : NULL;
}

static void add_paths(struct pk_ssh_route *route, const struct pk_strv *lines, const char *home)
{
	static const char *const known[] = { "userknownhostsfile", "globalknownhostsfile" };

	for (size_t i = 0; i < lines->n; i++)
		if (pk_starts_with(lines->items[i], "identityfile "))
			pk_strv_push_take(&route->identities,
					  expand(route, strchr(lines->items[i], ' ') + 1, home));
	for (size_t k = 0; k < PK_COUNT(known); k++) {
		PK_AUTO(pk_strv) paths = PK_STRV_INIT;
		const char *value = find(lines, known[k]);

		pk_strv_split(&paths, value ? value : "", ' ');
		for (size_t i = 0; i < paths.n; i++)
			pk_strv_push_take(&route->known_files, expand(route, paths.items[i], home));
	}
}

void pk_ssh_route_read(struct pk_ssh_route *route, const char *printed, const char *home)
{
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;
	const char *value, *alias, *family;

	pk_strv_split(&lines, printed, '\n');
	value = find(&lines, "hostname");
	route->host = pk_strdup(value ? value : route->spec.host);
	value = find(&lines, "user");
	route->user = pk_strdup(value ? value : route->spec.user ? route->spec.user : "");
	route->port = number(&lines, "port");
	if (!route->port)
		route->port = route->spec.port ? route->spec.port : DEFAULT_PORT;
	alias = find(&lines, "hostkeyalias");
	route->known_as = alias ? pk_strdup(alias)
			  : route->port == DEFAULT_PORT
				  ? pk_strdup(route->host)
				  : pk_printf("[%s]:%d", route->host, route->port);
	family = find(&lines, "addressfamily");
	route->family = pk_streq(family, "inet")    ? AF_INET
			: pk_streq(family, "inet6") ? AF_INET6
						    : AF_UNSPEC;
	route->compression = is_on(&lines, "compression");
	route->identities_only = is_on(&lines, "identitiesonly");
	route->connect_timeout = number(&lines, "connecttimeout");
	route->alive = number(&lines, "serveraliveinterval");
	route->kex = pk_strdup(find(&lines, "kexalgorithms"));
	route->ciphers = pk_strdup(find(&lines, "ciphers"));
	route->macs = pk_strdup(find(&lines, "macs"));
	route->agent = find_agent(&lines, route, home);
	add_paths(route, &lines, home);
	for (size_t i = 0; i < PK_COUNT(beyond) && !route->beyond; i++) {
		value = find(&lines, beyond[i].key);
		if (value && !pk_streq(value, "none"))
			route->beyond = pk_strdup(beyond[i].name);
	}
}

int pk_ssh_route_find(struct pk_ssh_route *route, const char *text, struct pk_err *err)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	int status;
	PK_FREE char *program = pk_proc_find("ssh");
	const struct passwd *me = getpwuid(getuid());

	if (pk_ssh_spec_parse(text, &route->spec, err) < 0)
		return -1;
	if (!program) {
		pk_err_set(err, "there is no ssh on this machine, which says how '%s' is reached",
			   text);
		return pk_err_hint(err, "apt-get install openssh-client");
	}
	pk_strv_push(&argv, program);
	pk_strv_push(&argv, "-G");
	pk_ssh_spec_args(&route->spec, &argv);
	const struct pk_proc proc = { .argv = (const char *const *)argv.items,
				      .out = &out,
				      .err_out = &said };
	if (pk_proc_run(&proc, &status, err) < 0)
		return -1;
	if (status != 0)
		return pk_err_set(err, "ssh does not know the way to '%s': %.*s", text,
				  (int)strcspn(said.ptr, "\r\n"), said.ptr);
	pk_ssh_route_read(route, out.ptr, me ? me->pw_dir : "");
	return 0;
}

void pk_ssh_spec_args(const struct pk_ssh_spec *spec, struct pk_strv *argv)
{
	if (spec->user) {
		pk_strv_push(argv, "-l");
		pk_strv_push(argv, spec->user);
	}
	if (spec->port) {
		pk_strv_push(argv, "-p");
		pk_strv_pushf(argv, "%d", spec->port);
	}
	pk_strv_push(argv, "--");
	pk_strv_push(argv, spec->host);
}

char *pk_ssh_route_where(const struct pk_ssh_route *route)
{
	return route->port == DEFAULT_PORT
		       ? pk_printf("%s@%s", route->user, route->host)
		       : pk_printf("%s@%s:%d", route->user, route->host, route->port);
}
