#include "catalog/reload.h"

#include "base/json.h"
#include "base/map.h"
#include "base/sig.h"
#include "base/text.h"
#include "catalog/load_order.h"
#include "catalog_sql.h"

#include <ctype.h>

/* Beyond that many files loading all is as good. */
#define FILES_MAX(all) ((all) / 3 + 8)
#define NAME_MAX_BYTES 62 /* what is longer is cut by the server, and may be spelt longer */

struct reload {
	const struct pk_source *was, *now;
	struct pk_conn *user, *admin;
	struct pk_map here;	/* names of what is in the database; to itself: more than one thing may be meant */
	struct pk_map names;	/* whose objects are made again */
	struct pk_map words;	/* the same in lower case, as files may spell them */
	size_t n_dropped;	/* of names, those whose objects are gone */
	struct pk_map old_files; /* of was, by path */
	bool *read;		/* of now, the files that matter */
	struct pk_source part;	/* these; borrowed from now, but for the list */
	struct pk_load load;	/* of these */
	bool refused;
};

static void reload_release(struct reload *r)
{
	pk_map_release(&r->here);
	pk_map_release(&r->names);
	pk_map_release(&r->words);
	pk_map_release(&r->old_files);
	pk_load_release(&r->load);
	free(r->part.items);
	free(r->read);
}

static void add_name(struct reload *r, const char *name)
{
	PK_FREE char *lower = pk_strdup(name);

	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	/* Such can be spelt in ways that are not looked for. */
	r->refused |= strlen(name) > NAME_MAX_BYTES || strpbrk(name, "\"'\\") || pk_map_get(&r->here, name) == &r->here;
	pk_map_set(&r->words, lower, r);
	pk_map_set(&r->names, name, r);
}

/* ---- what changed ---- */

bool pk_source_reloadable(const struct pk_source *source)
{
	PK_AUTO(pk_load) load = PK_LOAD_INIT;

	for (size_t i = 0; i < source->n; i++)
		if (source->items[i].support || strcasestr(source->items[i].text, "u&\""))
			return false;
	if (pk_load_read(&load, source, NULL) < 0 || load.sets_role)
		return false;
	for (size_t i = 0; i < load.n; i++)
		if (load.items[i].again == PK_AGAIN_OPAQUE)
			return false;
	return true;
}

struct mention {
	struct reload *r;
	size_t here, again; /* names of things that are in the database, and of those made again */
	bool add;	    /* the former become the latter */
	bool doubtful;	    /* a name may mean more than one thing */
};

static void see_name(void *arg, const char *name)
{
	struct mention *m = arg;
	void *known = pk_map_get(&m->r->here, name);

	m->doubtful |= known == &m->r->here;
	m->here += known != NULL;
	m->again += pk_map_get(&m->r->names, name) != NULL;
	if (known && m->add)
		add_name(m->r, name);
}

static struct mention mentions(struct reload *r, const struct pk_load_item *item, bool add)
{
	struct mention m = { .r = r, .add = add };

	pk_load_visit_names(item, see_name, &m);
	return m;
}

static void add_defined(struct reload *r, const struct pk_load_item *item)
{
	for (const char **name = item->defines; name && *name; name++)
		add_name(r, *name);
}

/* It came, went or changed: what it is about is made again. */
static void add_changed(struct reload *r, const struct pk_load_item *item)
{
	if (item->defines && (item->again == PK_AGAIN_MADE || item->again == PK_AGAIN_COPY)) {
		add_defined(r, item);
		return;
	}
	struct mention m = mentions(r, item, true);
	r->refused |= item->again == PK_AGAIN_OPAQUE || item->again == PK_AGAIN_NOT || m.here + m.again == 0;
}

static bool same_item(const struct pk_load *a, size_t i, const struct pk_load *b, size_t k)
{
	return pk_streq(a->items[i].text, b->items[k].text) &&
	       pk_streq(a->contexts[a->items[i].context], b->contexts[b->items[k].context]);
}

static int read_one(const struct pk_source_file *file, struct pk_load *ret)
{
	const struct pk_source one = { .items = (struct pk_source_file *)file, .n = file ? 1 : 0 };

	return pk_load_read(ret, &one, NULL);
}

/* Statements from the first to the last that is another one: between them the order may have changed. */
static void compare_file(struct reload *r, const struct pk_source_file *from, const struct pk_source_file *to)
{
	PK_AUTO(pk_load) a = PK_LOAD_INIT;
	PK_AUTO(pk_load) b = PK_LOAD_INIT;
	size_t first = 0, last = 0;

	r->refused |= read_one(from, &a) < 0 || read_one(to, &b) < 0 || b.sets_role ||
		      (to && strcasestr(to->text, "u&\""));
	if (r->refused)
		return;
	while (first < a.n && first < b.n && same_item(&a, first, &b, first))
		first++;
	while (last < a.n - first && last < b.n - first && same_item(&a, a.n - 1 - last, &b, b.n - 1 - last))
		last++;
	for (int made = 1; made >= 0; made--) { /* what others are about first */
		for (size_t i = first; i < a.n - last; i++)
			if ((a.items[i].defines != NULL) == made)
				add_changed(r, &a.items[i]);
		for (size_t i = first; i < b.n - last; i++)
			if ((b.items[i].defines != NULL) == made)
				add_changed(r, &b.items[i]);
	}
}

static void find_changes(struct reload *r)
{
	struct pk_map left = PK_MAP_INIT;
	size_t changed = 0;

	for (size_t i = 0; i < r->was->n; i++)
		pk_map_set(&r->old_files, r->was->items[i].path, &r->was->items[i]);
	for (size_t i = 0; i < r->now->n && !r->refused; i++) {
		const struct pk_source_file *to = &r->now->items[i];
		const struct pk_source_file *from = pk_map_get(&r->old_files, to->path);

		pk_map_set(&left, to->path, r);
		r->read[i] = !from || !pk_streq(from->text, to->text);
		r->refused |= r->read[i] && ++changed > FILES_MAX(r->now->n);
		if (r->read[i] && !r->refused)
			compare_file(r, from, to);
	}
	for (size_t i = 0; i < r->was->n && !r->refused; i++)
		if (!pk_map_get(&left, r->was->items[i].path))
			compare_file(r, &r->was->items[i], NULL);
	pk_map_release(&left);
}

/* ---- what follows from that ---- */

static bool is_word(unsigned char c)
{
	return isalnum(c) || c == '_' || c == '$' || c >= 0x80;
}

/* Does a word of the text spell one of the names, bodies of functions and comments included? */
static bool spells_word(const struct reload *r, const char *text)
{
	char word[NAME_MAX_BYTES + 1];
	size_t n = 0;

	for (const char *p = text;; p++) {
		if (is_word((unsigned char)*p)) {
			if (n < sizeof(word))
				word[n] = (char)tolower((unsigned char)*p);
			n++;
			continue;
		}
		if (n && n < sizeof(word)) {
			word[n] = '\0';
			if (pk_map_get(&r->words, word))
				return true;
		}
		n = 0;
		if (!*p)
			return false;
	}
}

static bool spells(const struct reload *r, const char *text)
{
	if (spells_word(r, text))
		return true;
	for (size_t i = 0; i < r->names.n; i++) {
		const char *name = r->names.entries[i].key, *p = name;

		while (is_word((unsigned char)*p))
			p++;
		if (*p && strstr(text, name)) /* one that has to be quoted */
			return true;
	}
	return false;
}

/* Those that matter. */
static void read_files(struct reload *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->now->n; i++) {
		r->read[i] = r->read[i] || spells(r, r->now->items[i].text);
		n += r->read[i];
	}
	r->refused |= n > FILES_MAX(r->now->n);
	if (r->refused || (r->part.items && n == r->part.n)) /* the same as before: none ever ceases to matter */
		return;
	pk_load_release(&r->load);
	free(r->part.items);
	r->part = (struct pk_source){ .items = pk_alloc((n + 1) * sizeof(*r->part.items)) };
	for (size_t i = 0; i < r->now->n; i++)
		if (r->read[i])
			r->part.items[r->part.n++] = r->now->items[i];
	r->refused = pk_load_read(&r->load, &r->part, NULL) < 0;
}

static bool is_in(const struct reload *r, const char *name)
{
	return name && pk_map_get(&r->names, name);
}

/* Is it to be run again? What follows from that for others is added. */
static bool is_again(struct reload *r, const struct pk_load_item *item)
{
	if (item->again == PK_AGAIN_KEY)
		return is_in(r, item->on) || is_in(r, item->refers_to);
	if (!mentions(r, item, false).again)
		return false;
	r->refused |= item->again == PK_AGAIN_OPAQUE || item->again == PK_AGAIN_NOT;
	if (item->again == PK_AGAIN_MADE || item->again == PK_AGAIN_COPY)
		add_defined(r, item);
	if (item->again == PK_AGAIN_CHANGE || item->again == PK_AGAIN_COPY)
		mentions(r, item, true);
	return true;
}

/* Until nothing follows any more. */
static void follow(struct reload *r)
{
	size_t n;

	do {
		n = r->names.n;
		read_files(r);
		for (size_t i = 0; i < r->load.n && !r->refused; i++)
			r->load.items[i].done = !is_again(r, &r->load.items[i]);
	} while (!r->refused && r->names.n > n);
}

/* ---- in the database ---- */

static int read_here(struct reload *r)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(r->admin, pk_sql_reload_barred, 0, NULL, &rows, NULL) < 0 || rows.n)
		return -1;
	pk_rows_release(&rows);
	if (pk_query(r->admin, pk_sql_reload_names, 0, NULL, &rows, NULL) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_map_set(&r->here, pk_rows_get(&rows, i, 0), pk_rows_true(&rows, i, 1) ? &r->here : (void *)r);
	return 0;
}

/* What has one of the names that are new. */
static int drop_new(struct reload *r)
{
	PK_AUTO(pk_json) list = { .root = cJSON_CreateArray() };
	PK_AUTO(pk_rows) drops = PK_ROWS_INIT;

	for (; r->n_dropped < r->names.n; r->n_dropped++)
		cJSON_AddItemToArray(list.root, cJSON_CreateString(r->names.entries[r->n_dropped].key));
	PK_FREE char *text = pk_json_print(list.root);
	const char *const params[] = { text };
	if (pk_query(r->admin, pk_sql_reload_drop, 1, params, &drops, NULL) < 0)
		return -1;
	for (int i = 0; i < drops.n; i++)
		if (!pk_rows_get(&drops, i, 0) || pk_exec(r->admin, pk_rows_get(&drops, i, 0), NULL) < 0)
			return -1;
	return 0;
}

static int add_gone(struct reload *r)
{
	PK_AUTO(pk_rows) gone = PK_ROWS_INIT;

	if (pk_query(r->admin, pk_sql_reload_gone, 0, NULL, &gone, NULL) < 0)
		return -1;
	for (int i = 0; i < gone.n; i++) {
		if (!pk_rows_get(&gone, i, 0))
			return -1;
		add_name(r, pk_rows_get(&gone, i, 0));
	}
	return r->refused ? -1 : 0;
}

static int drop_all(struct reload *r)
{
	if (pk_exec(r->admin, "BEGIN", NULL) < 0 || pk_exec(r->admin, pk_sql_reload_begin, NULL) < 0)
		return -1;
	while (r->n_dropped < r->names.n) {
		if (drop_new(r) < 0 || add_gone(r) < 0)
			return -1;
		if (r->n_dropped < r->names.n)
			follow(r);
		if (r->refused)
			return -1;
	}
	return pk_exec(r->admin,
		       "DROP EVENT TRIGGER postkit_reload_note; DROP FUNCTION postkit.reload_note(); COMMIT", NULL);
}

/* In an empty database another order of things could have given them other names, or names another meaning. */
static int check_order(struct reload *r)
{
	PK_AUTO(pk_rows) numbered = PK_ROWS_INIT;

	pk_map_release(&r->here);
	if (pk_query(r->admin, pk_sql_reload_numbered, 0, NULL, &numbered, NULL) < 0 || numbered.n ||
	    pk_exec(r->admin, pk_sql_reload_end, NULL) < 0 || read_here(r) < 0)
		return -1;
	return 0;
}

static int run_again(struct reload *r, const struct pk_super_trust *trust)
{
	size_t n = r->load.n; /* loading may split statements */
	PK_FREE bool *again = pk_alloc((n + 1) * sizeof(*again));

	for (size_t i = 0; i < n; i++)
		again[i] = !r->load.items[i].done;
	if (pk_load_run(&r->load, r->user, r->admin, trust, NULL) < 0 || check_order(r) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (again[i] && mentions(r, &r->load.items[i], false).doubtful)
			return -1;
	return 0;
}

enum pk_reload pk_source_reload(const struct pk_source *was, const struct pk_source *now, struct pk_conn *user,
				struct pk_conn *admin, const struct pk_super_trust *trust)
{
	struct reload r __attribute__((cleanup(reload_release))) = {
		.was = was,
		.now = now,
		.user = user,
		.admin = admin,
		.read = pk_alloc((now->n + 1) * sizeof(bool)),
	};

	if (read_here(&r) < 0)
		return PK_RELOAD_REFUSED;
	find_changes(&r);
	if (!r.refused)
		follow(&r);
	if (r.refused || pk_interrupted())
		return PK_RELOAD_REFUSED;
	return drop_all(&r) < 0 || run_again(&r, trust) < 0 ? PK_RELOAD_SPOILT : PK_RELOADED;
}
