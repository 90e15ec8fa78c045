#include "clone/before.h"
#include "clone/batch.h"

#define LEAST  64 /* entries side by side: fewer are not worth the connections */
#define SHARES 4  /* of a run, for each job */

/* Entries that follow each other and may change places as far as they do not need each other. */
struct run {
	const struct pk_ddl_entry *items;
	size_t n;
	const struct pk_ddl_entry *setting; /* that holds for them; or NULL */
	struct place *places;		    /* by id */
	size_t *first; /* of an entry: one that it belongs together with, further to the front; or itself */
	size_t *members; /* of a first one: how many belong together */
	bool *after;	 /* it is made after those that go side by side, in order */
};
struct place {
	int id;
	size_t at;
};

static void run_release(struct run *r)
{
	free(r->places);
	free(r->first);
	free(r->members);
	free(r->after);
}

static bool belongs_to_run(const struct pk_ddl_entry *e)
{
	static const char *const types[] = { "TABLE",	 "TABLE ATTACH",
					     "SEQUENCE", "SEQUENCE OWNED BY",
					     "DEFAULT",	 "COMMENT",
					     "VIEW" };

	for (size_t i = 0; i < PK_COUNT(types); i++)
		if (pk_ddl_is(e, types[i]))
			return true;
	return pk_ddl_is_acl(e); /* which is not made here */
}

static int by_id(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static const struct place *find_place(const struct run *r, int id)
{
	const struct place key = { .id = id };

	return bsearch(&key, r->places, r->n, sizeof(*r->places), by_id);
}

static size_t first_of(const struct run *r, size_t at)
{
	while (r->first[at] != at)
		at = r->first[at] = r->first[r->first[at]];
	return at;
}

static void join(struct run *r, size_t a, size_t b)
{
	a = first_of(r, a);
	b = first_of(r, b);
	r->first[a > b ? a : b] = a > b ? b : a;
}

/* Puts it to what it needs; or after all, when that is made after. */
static void place_one(struct run *r, size_t at)
{
	const char *s = r->items[at].needs;

	r->after[at] =
		pk_ddl_is(&r->items[at], "VIEW"); /* which may hold the whole schema together */
	while (!r->after[at] && *s == ' ') {
		char *end;
		const struct place *p = find_place(r, (int)strtol(s, &end, 10));

		if (p && p->at < at) {
			r->after[at] = r->after[p->at];
			if (!r->after[at])
				join(r, at, p->at);
		}
		s = end;
	}
}

/* How many entries may go side by side. */
static size_t place_all(struct run *r)
{
	size_t aside = 0;

	r->places = pk_alloc(r->n * sizeof(*r->places));
	r->first = pk_alloc(r->n * sizeof(*r->first));
	r->members = pk_alloc(r->n * sizeof(*r->members));
	r->after = pk_alloc(r->n * sizeof(*r->after));
	for (size_t i = 0; i < r->n; i++) {
		r->places[i] = (struct place){ r->items[i].id, i };
		r->first[i] = i;
	}
	qsort(r->places, r->n, sizeof(*r->places), by_id);
	for (size_t i = 0; i < r->n; i++)
		place_one(r, i);
	for (size_t i = 0; i < r->n; i++)
		r->members[first_of(r, i)] += !r->after[i];
	for (size_t i = 0; i < r->n; i++) {
		if (r->members[first_of(r, i)] > PK_BATCH_ENTRIES)
			r->after[i] = true;
		aside += !r->after[i];
	}
	return aside;
}

static void add_sql(struct pk_buf *sql, const struct pk_ddl_entry *e)
{
	if (!e || pk_ddl_is_acl(e))
		return;
	pk_buf_addn(sql, e->sql, e->len);
	pk_buf_addc(sql, '\n');
}

/* Parts of about that many entries, of which each can be run without the others. */
static void divide(const struct run *r, size_t entries, struct pk_strv *ret)
{
	PK_FREE size_t *part = pk_alloc(r->n * sizeof(*part)); /* of a first one */
	PK_FREE struct pk_buf *parts = pk_alloc(r->n * sizeof(*parts));
	size_t n = 0, filled = entries;

	for (size_t i = 0; i < r->n; i++) {
		size_t first = first_of(r, i);

		if (r->after[i])
			continue;
		if (first == i) {
			if (filled >= entries) {
				parts[n] = (struct pk_buf)PK_BUF_INIT;
				add_sql(&parts[n++], r->setting);
				filled = 0;
			}
			part[i] = n - 1;
			filled += r->members[i];
		}
		add_sql(&parts[part[first]], &r->items[i]);
	}
	for (size_t i = 0; i < n; i++)
		pk_strv_push_take(ret, pk_buf_take(&parts[i]));
}

static int make_run(struct run *r, const struct pk_pour *pour, struct pk_batch *batch,
		    struct pk_err *err)
{
	PK_AUTO(pk_strv) parts = PK_STRV_INIT;
	size_t aside = pour->terms.jobs > 1 && r->n >= LEAST ? place_all(r) : 0;

	if (aside >= LEAST) {
		size_t entries = aside / ((size_t)pour->terms.jobs * SHARES);

		divide(r, entries < PK_BATCH_ENTRIES ? entries + 1 : PK_BATCH_ENTRIES, &parts);
		if (pk_batch_run(batch, err) < 0 ||
		    pk_pour_statements(pour, "making the structure", &parts, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < r->n; i++)
		if (!pk_ddl_is_acl(&r->items[i]) && (aside < LEAST || r->after[i]) &&
		    pk_batch_add(batch, &r->items[i], NULL, err) < 0)
			return -1;
	return 0;
}

/* How to log in elsewhere is left out. */
static int make_one(const struct pk_structure *s, const struct pk_ddl_entry *e,
		    struct pk_batch *batch, struct pk_err *err)
{
	return pk_ddl_is(e, "USER MAPPING")
		       ? 0
		       : pk_batch_add(batch, pk_structure_entry(s, e), NULL, err);
}

int pk_before_make(const struct pk_pour *pour, struct pk_conn *target, struct pk_err *err)
{
	const struct pk_ddl *pre = &pour->structure->pre;
	const struct pk_ddl_entry *setting = NULL;
	PK_AUTO(pk_batch) batch = PK_BATCH_INIT(target);
	size_t at = 0;

	while (at < pre->n) {
		struct run run __attribute__((cleanup(run_release))) = { .items = &pre->items[at],
									 .setting = setting };

		while (at + run.n < pre->n && belongs_to_run(&run.items[run.n]))
			run.n++;
		if (make_run(&run, pour, &batch, err) < 0)
			return -1;
		at += run.n;
		if (at == pre->n)
			break;
		if (pk_ddl_is(&pre->items[at], "SETTING"))
			setting = &pre->items[at];
		if (make_one(pour->structure, &pre->items[at++], &batch, err) < 0)
			return -1;
	}
	return pk_batch_run(&batch, err);
}
