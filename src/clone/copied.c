#include "clone/copied.h"

#include "base/clock.h"
#include "base/json.h"
#include "git/git.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>

/* Of what is kept and how it is judged: another program does not trust it. */
#define FORMAT "2 " PK_VERSION

#define MOMENT_MAX 1e12 /* seconds; no clock says more */

static const struct {
	const char *name;
	size_t offset;
} texts[] = {
	{ "place", offsetof(struct pk_copied, place) },
	{ "snapshot", offsetof(struct pk_copied, snapshot) },
	{ "stamp", offsetof(struct pk_copied, stamp) },
	{ "structure", offsetof(struct pk_copied, structure) },
	{ "around", offsetof(struct pk_copied, around) },
	{ "role", offsetof(struct pk_copied, role) },
	{ "session", offsetof(struct pk_copied, session) },
	{ "sequences", offsetof(struct pk_copied, sequences) },
	{ "large", offsetof(struct pk_copied, large) },
};

static char **text_at(const struct pk_copied *record, size_t i)
{
	return (char **)((char *)record + texts[i].offset);
}

void pk_copied_release(struct pk_copied *record)
{
	for (size_t i = 0; i < PK_COUNT(texts); i++)
		free(*text_at(record, i));
	pk_strv_release(&record->extensions);
	free(record->tables);
	*record = (struct pk_copied)PK_COPIED_INIT;
}

/* ---- as text ---- */

char *pk_copied_text(const struct pk_copied *record)
{
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	PK_AUTO(pk_buf) tables = PK_BUF_INIT;
	PK_FREE char *extensions = pk_strv_join(&record->extensions, " ");
	char *printed, *ret;

	if (!record->place)
		return NULL;
	pk_json_set_str(json.root, "format", FORMAT);
	for (size_t i = 0; i < PK_COUNT(texts); i++)
		pk_json_set_str(json.root, texts[i].name, *text_at(record, i));
	pk_json_set_num(json.root, "taken", (double)record->taken);
	pk_json_set_str(json.root, "extensions", extensions);
	for (size_t i = 0; i < record->n; i++)
		pk_buf_addf(&tables, "%s%u:%lld", i ? " " : "", record->tables[i].oid, (long long)record->tables[i].rows);
	pk_json_set_str(json.root, "tables", tables.ptr ? tables.ptr : "");
	printed = cJSON_PrintUnformatted(json.root);
	ret = pk_strdup(printed);
	cJSON_free(printed);
	return ret;
}

/* From min, 0 or -1, to max; *s is behind it then. */
static bool parse_number(const char **s, int64_t min, int64_t max, int64_t *ret)
{
	char *end;

	if (!isdigit((unsigned char)(*s)[min < 0 && **s == '-']))
		return false;
	errno = 0;
	*ret = strtoll(*s, &end, 10);
	*s = end;
	return !errno && *ret >= min && *ret <= max;
}

static bool parse_tables(const char *s, struct pk_copied *ret)
{
	size_t n = 1;

	if (!s)
		return false;
	for (const char *p = s; *p; p++)
		n += *p == ':';
	ret->tables = pk_alloc(n * sizeof(*ret->tables));
	while (*s) {
		int64_t oid, rows;

		if (!parse_number(&s, 0, UINT32_MAX, &oid) || *s++ != ':' || !parse_number(&s, -1, INT64_MAX, &rows) ||
		    (*s && *s++ != ' '))
			return false;
		ret->tables[ret->n++] = (struct pk_copied_table){ (uint32_t)oid, rows };
	}
	return true;
}

bool pk_copied_parse(const char *text, struct pk_copied *ret)
{
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	bool good = text && pk_json_parse(text, strlen(text), &json, NULL) == 0 &&
		    pk_streq(pk_json_str(json.root, "format"), FORMAT);

	pk_copied_release(ret);
	for (size_t i = 0; good && i < PK_COUNT(texts); i++) {
		*text_at(ret, i) = pk_strdup(pk_json_str(json.root, texts[i].name));
		good = *text_at(ret, i) != NULL;
	}
	if (good) {
		const char *extensions = pk_json_str(json.root, "extensions");

		double taken = pk_json_num(json.root, "taken", 0);

		good = taken >= 0 && taken <= MOMENT_MAX;
		ret->taken = good ? (int64_t)taken : 0;
		if (extensions && *extensions)
			pk_strv_split(&ret->extensions, extensions, ' ');
		good = good && parse_tables(pk_json_str(json.root, "tables"), ret);
	}
	if (!good)
		pk_copied_release(ret);
	return good;
}

/* ---- what goes into it ---- */

char *pk_copied_word(const struct pk_buf *text)
{
	return pk_git_hash_blob(text->len ? text->ptr : "", text->len);
}

static int value(struct pk_conn *source, const char *sql, char **ret, struct pk_err *err)
{
	free(*ret);
	*ret = NULL;
	return pk_query_value(source, sql, 0, NULL, ret, err);
}

static void add_list(struct pk_buf *text, const struct pk_strv *list)
{
	for (size_t i = 0; i < list->n; i++)
		pk_buf_addf(text, "%s\n", list->items[i]);
	pk_buf_add(text, "--\n");
}

static void add_word(struct pk_buf *text, const char *word)
{
	pk_buf_addf(text, "%s\n", word ? word : "-");
}

void pk_copied_around(struct pk_copied *record, const struct pk_source_facts *facts, const struct pk_carried *carried,
		      const struct pk_strv *unfilled)
{
	const struct pk_buf *const bufs[] = { &carried->shared, &carried->labels, &carried->shared_labels };
	const char *const words[] = { facts->owner, facts->encoding, facts->collate, facts->ctype, facts->provider,
				      facts->locale };
	PK_AUTO(pk_buf) text = PK_BUF_INIT, session = PK_BUF_INIT;

	for (size_t i = 0; i < PK_COUNT(words); i++)
		add_word(&text, words[i]);
	pk_buf_addf(&text, "%d %d %d %d\n", facts->version, facts->has_public, facts->has_plpgsql, facts->public_may);
	add_list(&text, &facts->extensions);
	add_list(&text, &carried->objects);
	add_list(&text, unfilled);
	for (size_t i = 0; i < PK_COUNT(bufs); i++)
		add_word(&text, bufs[i]->ptr);
	if (facts->placed.n + facts->placed_indexes.n) {
		add_list(&text, &facts->placed);
		add_list(&text, &facts->placed_indexes);
	}
	pk_buf_addf(&session, "%d\n", facts->may_create);
	add_list(&session, &facts->settings);
	record->around = pk_copied_word(&text);
	record->session = pk_copied_word(&session);
	record->role = pk_strdup(facts->role);
}

/* Who may read all tables may read the pages too. */
static int take_large(struct pk_copied *record, struct pk_conn *source, struct pk_err *err)
{
	PK_FREE char *readable = NULL, *pages = NULL, *comments = NULL;

	if (value(source, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata", &record->large, err) < 0 ||
	    value(source, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_description WHERE classoid = 2613", &comments, err) < 0 ||
	    value(source, "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_largeobject', 'SELECT')", &readable, err) < 0)
		return -1;
	if (strcmp(record->large, "0") != 0 && pk_streq(readable, "t") &&
	    value(source, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject", &pages, err) < 0)
		return -1;
	if (strcmp(record->large, "0") != 0) {
		PK_FREE char *objects = pk_take(&record->large);

		record->large = pk_printf("%s %s %s", objects, comments, pages ? pages : "-");
	}
	return 0;
}

static int take(struct pk_copied *record, struct pk_conn *source, struct pk_err *err)
{
	/*
	 * A restart is where a server may come back with another history: a backup, a snapshot of its disk,
	 * pg_rewind, pg_resetwal. After a crash transactions that were not flushed may be lost, and their ids are
	 * given again: then the counters begin anew, while the process stays.
	 */
	static const char place[] =
		"SELECT pg_catalog.concat_ws(' ', EXTRACT(epoch FROM pg_catalog.pg_postmaster_start_time()), "
		"coalesce((SELECT EXTRACT(epoch FROM stats_reset)::text FROM pg_catalog.pg_stat_bgwriter), "
		"'none at ' || pg_catalog.clock_timestamp()), d.oid, "
		"CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'standby' ELSE 'primary' END) "
		"FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";
	PK_AUTO(pk_buf) stamp = PK_BUF_INIT;
	PK_FREE char *catalogs = NULL;

	record->taken = (int64_t)pk_time();
	if (value(source, "SELECT pg_catalog.pg_current_snapshot()", &record->snapshot, err) < 0 ||
	    value(source, place, &record->place, err) < 0 || pk_hold_stamp(source, &catalogs, err) < 0 ||
	    take_large(record, source, err) < 0)
		return -1;
	pk_buf_add(&stamp, catalogs ? catalogs : "");
	free(record->stamp);
	record->stamp = pk_copied_word(&stamp);
	return 0;
}

int pk_copied_take(struct pk_copied *record, struct pk_hold *hold, struct pk_err *err)
{
	struct pk_conn *source = &hold->conn;
	PK_AUTO(pk_err) e = PK_ERR_INIT;

	if (source->version < 140000)
		return 0;
	if (pk_exec(source, "SAVEPOINT record", err) < 0 || pk_hold_limit(hold, true, err) < 0)
		return -1;
	if (take(record, source, &e) == 0)
		return pk_hold_limit(hold, false, err) < 0 ? -1 : pk_exec(source, "RELEASE record", err);
	/* What only speaks PostgreSQL's protocol need not know all this; it can be copied for all that. */
	if (pk_conn_lost(source, &e, err))
		return -1;
	pk_copied_release(record);
	return pk_hold_check(hold, err) < 0 ? -1 : pk_exec(source, "ROLLBACK TO record; RELEASE record", err);
}

static void add_script(struct pk_buf *text, const struct pk_ddl *ddl)
{
	for (size_t i = 0; i < ddl->n; i++) {
		const struct pk_ddl_entry *e = &ddl->items[i];

		pk_buf_addf(text, "%s %.*s\n", e->type, (int)e->name_len, e->name ? e->name : "");
		pk_buf_addn(text, e->sql, e->len);
		pk_buf_addc(text, '\n');
	}
	pk_buf_addf(text, "-- %d\n", ddl->plain_strings);
}

char *pk_copied_structure(const struct pk_structure *structure)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_strv) filled = PK_STRV_INIT;

	add_script(&text, &structure->pre);
	add_script(&text, &structure->post);
	/* They come by OID. */
	for (size_t i = 0; i < structure->n_filled; i++)
		pk_strv_push(&filled, structure->filled[i].sql);
	pk_strv_sort(&filled);
	add_list(&text, &filled);
	return pk_copied_word(&text);
}

void pk_copied_rows(struct pk_copied *record, const struct pk_copy_tables *tables, const int64_t *rows)
{
	free(record->tables);
	record->tables = pk_alloc((tables->n + 1) * sizeof(*record->tables));
	record->n = 0;
	for (size_t i = 0; i < tables->n; i++)
		if (!tables->items[i].skip)
			record->tables[record->n++] = (struct pk_copied_table){ tables->items[i].oid, rows[i] };
}

const struct pk_copied_table *pk_copied_find(const struct pk_copied *record, uint32_t oid)
{
	return record->n ? bsearch(&oid, record->tables, record->n, sizeof(*record->tables), pk_oid_compare) : NULL;
}
