#include "catalog/load_order.h"

#include "base/strv.h"
#include "pg/sqlstate.h"
#include "sql/scan.h"

/* Items that define a name. */
struct definers {
	size_t item;
	struct definers *next;
};

void pk_load_visit_names(const struct pk_load_item *item, void (*fn)(void *arg, const char *name), void *arg)
{
	const char *text = item->text;
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, text, strlen(text));
	while (pk_scan_code(&scan, &token)) {
		PK_FREE char *name = token.kind == PK_TOKEN_STRING && token.end - token.start < 200
					     ? pk_token_string(text, &token)
					     : pk_token_name(text, &token);
		if (!name)
			continue;
		/* 'schema.sequence' of nextval() and regclass */
		char *last = token.kind == PK_TOKEN_STRING ? strrchr(name, '.') : NULL;
		fn(arg, last ? last + 1 : name);
	}
}

static void add_dep(struct pk_load_item *item, size_t dep)
{
	for (size_t i = item->n_deps; i > 0 && i + 8 > item->n_deps; i--)
		if (item->deps[i - 1] == dep)
			return; /* the same name again, mostly */
	if (item->n_deps == item->cap_deps) {
		item->cap_deps = item->cap_deps ? 2 * item->cap_deps : 8;
		item->deps = pk_realloc_array(item->deps, item->cap_deps, sizeof(*item->deps));
	}
	item->deps[item->n_deps++] = dep;
}

struct naming {
	struct pk_load *load;
	size_t index;
};

/* Of several definers (a shell type and its type, overloads) the earlier goes first, but OR REPLACE last. */
static bool is_before(const struct pk_load *load, size_t a, size_t b)
{
	const struct pk_load_item *first = &load->items[a], *then = &load->items[b];

	if (first->rank != then->rank)
		return first->rank < then->rank;
	return first->replaces != then->replaces ? then->replaces : a < b;
}

/*
 * A name may be a column's, so a dependency is a guess: harmless within what is defined early, but a
 * view must not be pulled before the changes to the tables that it shows.
 */
static void depend_on(void *arg, const char *name)
{
	const struct naming *naming = arg;
	struct pk_load *load = naming->load;
	size_t index = naming->index;
	struct pk_load_item *item = &load->items[index];
	bool own = false;

	for (const char **defined = item->defines; defined && *defined; defined++)
		own = own || strcmp(*defined, name) == 0;
	for (struct definers *d = pk_map_get(&load->definers, name); d; d = d->next) {
		const struct pk_load_item *other = &load->items[d->item];
		bool before = is_before(load, d->item, index);

		if (d->item == index || (own && !before) || (item->shell && other->rank > PK_RANK_SCHEMA) ||
		    (item->shared && other->shared)) /* no key, index or check uses another */
			continue;
		if (other->rank <= item->rank || other->rank <= PK_RANK_TABLE)
			add_dep(item, d->item);
	}
}

static void index_names(struct pk_load *load)
{
	for (size_t i = load->n;
	     i-- > 0;) { /* backwards, so that the first definer heads the list */
		for (const char **name = load->items[i].defines; name && *name; name++) {
			struct definers *d = pk_arena_alloc(&load->arena, sizeof(*d));
			d->item = i;
			d->next = pk_map_get(&load->definers, *name);
			pk_map_set(&load->definers, *name, d);
		}
	}
}

/* Items by a name that each has one of. */
static void index_by(struct pk_load *load, size_t item, const char *name, struct pk_map *ret)
{
	struct definers *d = pk_arena_alloc(&load->arena, sizeof(*d));

	if (!name)
		return;
	*d = (struct definers){ item, pk_map_get(ret, name) };
	pk_map_set(ret, name, d);
}

/* Deeper than this no tables are partitioned, but names without schemas may seem to go in a circle. */
#define MOST_LEVELS 8

static void wait_for_partitions(struct pk_load *load, size_t item, const char *whole, const struct pk_map *attached,
				const struct pk_map *shares, int level)
{
	for (const struct definers *a = pk_map_get(attached, whole); a && level < MOST_LEVELS; a = a->next) {
		const char *partition = load->items[a->item].partition;

		for (const struct definers *d = pk_map_get(shares, partition); d; d = d->next) {
			if (d->item != item)
				add_dep(&load->items[item], d->item);
		}
		wait_for_partitions(load, item, partition, attached, shares, level + 1);
	}
}

/*
 * A whole's key, index or check takes over what its partitions have of it, and makes what they lack: so it comes
 * after theirs, which are one too many otherwise, or of a name that is taken.
 */
static void let_shares_come_first(struct pk_load *load)
{
	struct pk_map attached = PK_MAP_INIT, shares = PK_MAP_INIT;

	for (size_t i = load->n; i-- > 0;) {
		load->items[i].first_share = load->items[i].n_deps;
		index_by(load, i, load->items[i].whole, &attached);
		index_by(load, i, load->items[i].shared, &shares);
	}
	for (size_t i = 0; i < load->n && attached.n; i++)
		if (load->items[i].shared)
			wait_for_partitions(load, i, load->items[i].shared, &attached, &shares, 0);
	pk_map_release(&attached);
	pk_map_release(&shares);
}

/* What is made again whole would take back what ALTER says of it. */
static bool would_be_lost(const struct pk_load_item *item, const struct pk_load_item *dep)
{
	return dep->stand_in && item->rank == PK_RANK_FUNCTION && item->again == PK_AGAIN_CHANGE;
}

static bool waits(const struct pk_load *load, const struct pk_load_item *item, bool patient, int level)
{
	for (size_t i = 0; i < item->n_deps; i++) {
		const struct pk_load_item *dep = &load->items[item->deps[i]];
		bool share = i >= item->first_share;

		if (dep->done || (!dep->err.msg && !(share && level < MOST_LEVELS && waits(load, dep, patient, level + 1))))
			continue;
		if (patient || share || would_be_lost(item, dep))
			return true;
	}
	return false;
}

bool pk_load_waits(const struct pk_load *load, const struct pk_load_item *item, bool patient)
{
	return waits(load, item, patient, 0);
}

static int compare_rank(const void *a, const void *b, void *arg)
{
	const struct pk_load *load = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (load->items[x].rank != load->items[y].rank)
		return load->items[x].rank < load->items[y].rank ? -1 : 1;
	return x < y ? -1 : 1;
}

/*
 * Depth first; a circle is cut where it closes: between tables by its foreign keys, else trying again
 * sorts it out.
 */
static void emit(struct pk_load *load, size_t index, size_t *n)
{
	struct pk_load_item *item = &load->items[index];

	item->mark = PK_MARK_OPEN;
	for (size_t i = 0; i < item->n_deps; i++) {
		const struct pk_load_item *dep = &load->items[item->deps[i]];
		if (dep->mark == PK_MARK_NONE)
			emit(load, item->deps[i], n);
		else if (dep->mark == PK_MARK_OPEN && dep->rank == PK_RANK_TABLE &&
			 item->rank == PK_RANK_TABLE)
			item->cut = true;
	}
	item->mark = PK_MARK_DONE;
	load->order[(*n)++] = index;
}

/* What is taken out of definitions of which rank, and which rank it has then. */
struct cut {
	enum pk_apart what;
	enum pk_load_rank of, becomes;
	bool ahead;	 /* of all that has this rank by itself, else behind it */
	bool last_waits; /* for all others of its definition */
};
static const struct cut foreign_keys = { .what = PK_APART_FOREIGN_KEYS, .of = PK_RANK_TABLE, .becomes = PK_RANK_FOREIGN_KEY };
static const struct cut of_tables = {
	.what = PK_APART_EXPRESSIONS, .of = PK_RANK_TABLE, .becomes = PK_RANK_ALTER, .ahead = true
};
/* Before tables, and only where nothing else helps: of a domain that columns have below others the server changes nothing. */
static const struct cut of_domains = {
	.what = PK_APART_EXPRESSIONS, .of = PK_RANK_TYPE, .becomes = PK_RANK_FUNCTION, .last_waits = true
};

static void append(struct pk_load *load, const struct pk_load_item *like, enum pk_load_rank rank, const char *text)
{
	struct pk_load_item *item = pk_load_add(load);

	item->file = like->file;
	item->statement = like->statement;
	item->context = like->context;
	item->rank = rank;
	item->text = pk_arena_strdup(&load->arena, text);
}

/* The items from the first on, which have one rank, ahead of or behind all others of it. */
static void put_in_rank(struct pk_load *load, size_t first, bool ahead)
{
	size_t *order = pk_arena_alloc(&load->arena, (load->n + 1) * sizeof(*order)), n = 0, old = 0;

	while (old < first && first < load->n && load->items[load->order[old]].rank + ahead <= load->items[first].rank)
		order[n++] = load->order[old++];
	for (size_t i = first; i < load->n; i++)
		order[n++] = i;
	while (old < first)
		order[n++] = load->order[old++];
	load->order = order;
}

/* Attached before it has its checks, it would get them from the whole, and again by itself. */
static void let_attaching_wait(struct pk_load *load, const struct pk_load_item *table, size_t first)
{
	for (size_t i = 0; table->defines && i < first; i++) {
		struct pk_load_item *item = &load->items[i];

		if (item->defines || !item->partition || strcmp(item->partition, table->defines[0]) != 0)
			continue;
		for (size_t k = first; k < load->n; k++)
			add_dep(item, k);
	}
}

static size_t cut_circles(struct pk_load *load, const struct cut *cut, bool only_marked)
{
	size_t before = load->n;

	for (size_t i = 0; i < before; i++) {
		PK_AUTO(pk_strv) alters = PK_STRV_INIT;
		struct pk_load_item item = load->items[i]; /* append() moves the items */
		bool left_out = item.done || item.file->support || item.rank != cut->of || (only_marked && !item.cut);
		PK_FREE char *text = left_out ? NULL : pk_sql_take_apart(item.text, cut->what, &alters);
		if (!text)
			continue;
		load->items[i].text = pk_arena_strdup(&load->arena, text);
		for (size_t k = 0; k < alters.n; k++)
			append(load, &item, cut->becomes, alters.items[k]);
		if (cut->ahead)
			let_attaching_wait(load, &item, load->n - alters.n);
		for (size_t k = 2; cut->last_waits && k <= alters.n; k++)
			add_dep(&load->items[load->n - 1], load->n - k);
	}
	put_in_rank(load, before, cut->ahead);
	return load->n - before;
}

/* The items from the first on, each right before what it stands in for: behind that it would take its place. */
static void put_stand_ins(struct pk_load *load, size_t first)
{
	size_t *order = pk_arena_alloc(&load->arena, (load->n + 1) * sizeof(*order)), n = 0;

	for (size_t i = 0; i < first; i++) {
		size_t stand_in = load->items[load->order[i]].stand_in;

		if (stand_in > first)
			order[n++] = stand_in - 1;
		order[n++] = load->order[i];
	}
	load->order = order;
}

/* Whatever uses a routine asks for its name alone, but its body may ask for that. */
static size_t empty_bodies(struct pk_load *load)
{
	size_t before = load->n;

	for (size_t i = 0; i < before; i++) {
		struct pk_load_item item = load->items[i];
		bool left_out = item.done || item.stand_in || item.file->support || item.rank != PK_RANK_FUNCTION;
		PK_FREE char *text = left_out ? NULL : pk_sql_stand_in(item.text);
		PK_FREE char *again = text ? pk_sql_or_replace(item.text) : NULL;
		if (!text)
			continue;
		if (item.super.leakproof_at)
			load->items[i].super.leakproof_at += (int)(strlen(again) - strlen(item.text));
		load->items[i].text = pk_arena_strdup(&load->arena, again);
		append(load, &item, PK_RANK_FUNCTION, text);
		load->items[load->n - 1].super = item.super;
		load->items[i].stand_in = load->n;
	}
	put_stand_ins(load, before);
	return load->n - before;
}

size_t pk_load_cut_circles(struct pk_load *load)
{
	size_t n = cut_circles(load, &foreign_keys, false);

	n = n ? n : empty_bodies(load);
	n = n ? n : cut_circles(load, &of_tables, false);
	return n ? n : cut_circles(load, &of_domains, false);
}

void pk_load_sort(struct pk_load *load)
{
	size_t n = 0;
	size_t *ranked = pk_arena_alloc(&load->arena, (load->n + 1) * sizeof(*ranked));

	load->order = pk_arena_alloc(&load->arena, (load->n + 1) * sizeof(*load->order));
	index_names(load);
	for (size_t i = 0; i < load->n; i++) {
		ranked[i] = i;
		pk_load_visit_names(&load->items[i], depend_on, &(struct naming){ load, i });
	}
	let_shares_come_first(load);
	qsort_r(ranked, load->n, sizeof(*ranked), compare_rank, load);
	for (size_t i = 0; i < load->n; i++)
		if (load->items[ranked[i]].mark == PK_MARK_NONE)
			emit(load, ranked[i], &n);
	cut_circles(load, &foreign_keys, true);
}

const struct pk_load_item *pk_load_definer(const struct pk_load *load, const char *name)
{
	for (struct definers *d = pk_map_get(&load->definers, name); d; d = d->next)
		if (!load->items[d->item].done)
			return &load->items[d->item];
	return NULL;
}

bool pk_load_stands_in(const struct pk_load *load, const struct pk_load_item *item)
{
	static const char *const states[] = { PK_SQLSTATE_DUPLICATE_TABLE, PK_SQLSTATE_DUPLICATE_OBJECT,
					      PK_SQLSTATE_DUPLICATE_FUNCTION, PK_SQLSTATE_DUPLICATE_SCHEMA };
	bool there = false;

	for (size_t i = 0; i < PK_COUNT(states); i++)
		there |= strcmp(item->err.sqlstate, states[i]) == 0;
	if (!there || !item->defines)
		return false;
	for (struct definers *d = pk_map_get(&load->definers, item->defines[0]); d; d = d->next)
		if (load->items[d->item].file->support && load->items[d->item].done)
			return true;
	return false;
}
