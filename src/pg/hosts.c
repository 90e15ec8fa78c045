#include "pg/hosts.h"

#include "pg/connect.h"

/* Empty items count, as in libpq: they stand for what is usual. */
static void split(const char *list, struct pk_strv *ret)
{
	for (const char *at = list; at && *list; at = strchr(at, ',')) {
		at += at != list;
		pk_strv_push_take(ret, pk_strndup(at, strcspn(at, ",")));
	}
}

static char *join_without(const struct pk_strv *items, size_t index)
{
	PK_AUTO(pk_strv) others = PK_STRV_INIT;

	for (size_t i = 0; i < items->n; i++)
		if (i != index)
			pk_strv_push(&others, items->items[i]);
	return pk_strv_join(&others, ",");
}

/* What goes by host: "host", "hostaddr", "port"; a single port is that of all. */
struct lists {
	struct pk_strv items[3];
	size_t n;  /* hosts */
	size_t at; /* that of the handle; n: it is none of them */
};

static const char *const names[] = { "host", "hostaddr", "port" };

static struct pk_strv *list_named(struct lists *lists, const char *keyword)
{
	for (size_t i = 0; i < PK_COUNT(names); i++)
		if (strcmp(names[i], keyword) == 0)
			return &lists->items[i];
	return NULL;
}

static void find(PGconn *handle, const PQconninfoOption *options, struct lists *ret)
{
	const char *host = PQhost(handle), *port = PQport(handle);

	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		if (o->val && list_named(ret, o->keyword))
			split(o->val, list_named(ret, o->keyword));
	const struct pk_strv *hosts = &ret->items[ret->items[0].n ? 0 : 1], *ports = &ret->items[2];
	ret->n = hosts->n;
	for (ret->at = 0; ret->at < ret->n; ret->at++) {
		const char *its = ports->n == ret->n ? ports->items[ret->at] : port;

		if (pk_streq(hosts->items[ret->at], host) && (!*its || pk_streq(its, port)))
			break;
	}
}

/* The service's lists would come back. */
static bool is_passed_on(const PQconninfoOption *o)
{
	return o->val && *o->val && strcmp(o->keyword, "service") != 0;
}

PGconn *pk_hosts_others(PGconn *handle)
{
	PK_AUTO(pk_strv) keys = PK_STRV_INIT, values = PK_STRV_INIT;
	PQconninfoOption *options = PQconninfo(handle);
	struct lists lists = { 0 };
	PGconn *next = NULL;

	find(handle, options, &lists);
	bool any = lists.n > 1 && lists.at < lists.n;
	for (const PQconninfoOption *o = any ? options : NULL; o && o->keyword; o++) {
		const struct pk_strv *list = list_named(&lists, o->keyword);

		if (!is_passed_on(o))
			continue;
		pk_strv_push(&keys, o->keyword);
		if (list && list->n == lists.n)
			pk_strv_push_take(&values, join_without(list, lists.at));
		else
			pk_strv_push(&values, o->val);
	}
	PQconninfoFree(options);
	if (any)
		next = pk_connect_start_with(&keys, &values);
	for (size_t i = 0; i < PK_COUNT(lists.items); i++)
		pk_strv_release(&lists.items[i]);
	return next;
}
