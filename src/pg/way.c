#include "pg/way.h"
#include "base/fs.h"
#include "pg/connect.h"

void pk_conninfo_take_way(struct pk_conninfo *info, struct pk_way *way)
{
	pk_way_drop(info->way);
	way->users = 1;
	info->way = way;
}

struct pk_way *pk_way_share(struct pk_way *way)
{
	if (way)
		__atomic_add_fetch(&way->users, 1, __ATOMIC_SEQ_CST);
	return way;
}

void pk_way_drop(struct pk_way *way)
{
	if (!way || __atomic_sub_fetch(&way->users, 1, __ATOMIC_SEQ_CST))
		return;
	if (way->close)
		way->close(way->arg);
	if (way->password)
		explicit_bzero(way->password, strlen(way->password));
	free(way->password);
	free(way->host);
	free(way->hostaddr);
	free(way->port);
	free(way->far_host);
	free(way->far_port);
	free(way->trouble);
	free(way);
}

bool pk_way_trouble(const struct pk_way *way, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;

	if (!way || !way->trouble || !pk_path_exists(way->trouble) ||
	    pk_read_file(way->trouble, &text, NULL) < 0)
		return false;
	pk_strv_split(&lines, text.ptr, '\n');
	if (lines.n == 0)
		return false;
	pk_err_set(err, "%s", lines.items[0]);
	if (lines.n > 1)
		pk_err_hint(err, "%s", lines.items[1]);
	return true;
}

/* libpq refuses this one after it has found out everything else, and before it connects. */
#define REFUSED_KEY   "target_session_attrs"
#define REFUSED_VALUE "nowhere"

int pk_conninfo_resolve(const struct pk_conninfo *info, struct pk_conninfo *ret, struct pk_err *err)
{
	static const char *const wanted[] = { "host", "hostaddr", "port", "sslmode" };
	struct pk_conninfo never = PK_CONNINFO_INIT;
	PGconn *handle;
	PQconninfoOption *options;

	pk_conninfo_copy(&never, info);
	pk_conninfo_set(&never, REFUSED_KEY, REFUSED_VALUE);
	handle = pk_connect_start(&never);
	pk_conninfo_release(&never);
	options = handle ? PQconninfo(handle) : NULL;
	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		for (size_t i = 0; i < PK_COUNT(wanted); i++)
			if (o->val && *o->val && pk_streq(o->keyword, wanted[i]))
				pk_conninfo_set(ret, o->keyword, o->val);
	/* "" is libpq's way to say that it knows none */
	if (handle && PQpass(handle) && *PQpass(handle))
		pk_conninfo_set(ret, "password", PQpass(handle));
	PQconninfoFree(options);
	bool known = handle && strstr(PQerrorMessage(handle), REFUSED_KEY);
	if (!known) /* a service that does not exist, a port that is none */
		pk_connect_refused(handle, info, false, err);
	PQfinish(handle);
	return known ? 0 : -1;
}
