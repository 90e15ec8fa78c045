#include "chain/order.h"

void pk_order_release(struct pk_order *order)
{
	for (size_t i = 0; i < order->n; i++)
		free(order->items[i].version);
	free(order->items);
	*order = (struct pk_order)PK_ORDER_INIT;
}

/* What a migration was made on: the nearest before it that leads to where it starts. n: none is known. */
static size_t made_on(const struct pk_chain *chain, size_t i)
{
	const char *from = chain->items[i].from;

	for (size_t k = i; from && k-- > 0;)
		if (pk_streq(chain->items[k].to, from))
			return k;
	/* Without a header nobody knows more than the order. */
	if (i > 0 && (!from || !chain->items[i - 1].to))
		return i - 1;
	return chain->n;
}

/* What something firm was made on cannot come after it. */
static void settle_below(const struct pk_chain *chain, struct pk_order_item *places)
{
	for (size_t i = chain->n; i-- > 0;) {
		size_t below = made_on(chain, i);

		if (below < chain->n && places[i].as < places[below].as)
			places[below].as = places[i].as;
	}
}

/* By how firm they are, then as they were: a stable sort, since chains are short and nearly in order. */
static void sort_places(struct pk_order_item *places, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct pk_order_item place = places[i];
		size_t k = i;

		for (; k > 0 && places[k - 1].as > place.as; k--)
			places[k] = places[k - 1];
		places[k] = place;
	}
}

static void find_first(const struct pk_chain *chain, struct pk_order *order)
{
	const char *at = NULL, *version = "";

	for (order->first = 0; order->first < order->n; order->first++) {
		const struct pk_migration *m = &chain->items[order->items[order->first].index];

		if ((m->from && at && !pk_streq(m->from, at)) || strcmp(m->version, version) <= 0)
			return;
		at = m->to;
		version = m->version;
	}
}

static void choose_versions(const struct pk_chain *chain, const char *now, struct pk_order *order)
{
	const char *last =
		order->first ? chain->items[order->items[order->first - 1].index].version : "";

	for (size_t i = order->first; i < order->n; i++) {
		struct pk_order_item *place = &order->items[i];
		const char *own = chain->items[place->index].version;

		place->again = true;
		if (strcmp(own, last) <= 0)
			place->version = strcmp(now, last) > 0
						 ? pk_strdup(now)
						 : pk_migration_version_after(last, 1);
		last = place->version ? place->version : own;
	}
}

void pk_chain_order(const struct pk_chain *chain, const enum pk_settled *as, const char *now,
		    struct pk_order *ret)
{
	struct pk_chain_problem *problems = NULL;
	size_t n_problems = pk_chain_verify(chain, &problems);

	free(problems);
	ret->n = ret->first = chain->n;
	ret->items = pk_alloc((chain->n + 1) * sizeof(*ret->items));
	for (size_t i = 0; i < chain->n; i++)
		ret->items[i] = (struct pk_order_item){ .index = i, .as = as[i] };
	if (!n_problems)
		return;
	settle_below(chain, ret->items);
	sort_places(ret->items, ret->n);
	find_first(chain, ret);
	choose_versions(chain, now, ret);
}
