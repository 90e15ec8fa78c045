#include "clone/less.h"

#include "base/text.h"
#include "clone/mask_facts.h"
#include "clone/suspect.h"
#include "pg/sqlstate.h"
#include "sql/closed.h"

#define SECTION "postkit.table."

void pk_less_release(struct pk_less *less)
{
	pk_masks_release(&less->masks);
	pk_strv_release(&less->exclude);
	for (size_t i = 0; i < less->n_wheres; i++) {
		free(less->wheres[i].pattern);
		free(less->wheres[i].condition);
	}
	free(less->wheres);
	pk_sample_release(&less->sample);
	free(less->moment);
	pk_buf_release(&less->settings);
	pk_buf_release(&less->options);
	pk_strv_release(&less->unproven);
	pk_strv_release(&less->notes);
	*less = (struct pk_less)PK_LESS_INIT;
}

/* ---- settings and options ---- */

static void add_where(struct pk_less *less, const char *pattern, size_t n, const char *condition, struct pk_buf *terms)
{
	less->wheres = pk_realloc_array(less->wheres, less->n_wheres + 1, sizeof(*less->wheres));
	less->wheres[less->n_wheres++] = (struct pk_less_where){ pk_strndup(pattern, n), pk_strdup(condition) };
	pk_buf_addf(terms, "where %.*s\n%s\n", (int)n, pattern, condition);
}

static void add_exclude(struct pk_less *less, const struct pk_strv *patterns, struct pk_buf *terms)
{
	for (size_t i = 0; i < patterns->n; i++) {
		pk_strv_push(&less->exclude, patterns->items[i]);
		pk_buf_addf(terms, "exclude %s\n", patterns->items[i]);
	}
}

static void read_settings(const struct pk_config *config, struct pk_less *ret)
{
	static const char where[] = ".where";
	PK_AUTO(pk_strv) exclude = PK_STRV_INIT;

	pk_masks_terms(&ret->masks, &ret->settings);
	pk_config_all(config, "excludeData", &exclude);
	add_exclude(ret, &exclude, &ret->settings);
	for (size_t i = 0; i < config->n; i++) {
		const char *key = config->items[i].key;

		if (pk_starts_with(key, SECTION) && pk_ends_with(key, where) &&
		    strlen(key) > strlen(SECTION) + strlen(where))
			add_where(ret, key + strlen(SECTION), strlen(key) - strlen(SECTION) - strlen(where),
				  config->items[i].value, &ret->settings);
	}
	ret->schema_only = pk_config_bool(config, "schemaOnly", false);
	if (ret->schema_only)
		pk_buf_add(&ret->settings, "schema only\n");
}

int pk_less_read(const struct pk_config *config, const struct pk_repo *repo, const struct pk_less_options *options,
		 struct pk_less *ret, struct pk_err *err)
{
	if (pk_masks_read(config, repo, &ret->masks, err) < 0)
		return -1;
	read_settings(config, ret);
	if (pk_sample_read(config, options ? &options->sample : NULL, &ret->sample, &ret->settings, &ret->options, err) < 0)
		return -1;
	if (!options)
		return 0;
	add_exclude(ret, &options->exclude, &ret->options);
	for (size_t i = 0; i < options->where.n; i++) {
		const char *text = options->where.items[i], *at = strchr(text, '=');

		if (!at || at == text || !at[1]) {
			pk_err_set(err, "--where takes a table and a condition: --where 'public.events=id > 1000'");
			return pk_err_exit(err, PK_EXIT_USAGE);
		}
		add_where(ret, text, (size_t)(at - text), at + 1, &ret->options);
	}
	if (options->schema_only)
		pk_buf_add(&ret->options, "schema only\n");
	ret->schema_only = ret->schema_only || options->schema_only;
	return 0;
}

bool pk_less_leaves_out(const struct pk_less *less)
{
	return less->exclude.n || less->n_wheres || less->schema_only || less->sample.asked;
}

bool pk_less_narrows(const struct pk_less *less)
{
	return pk_less_leaves_out(less) || less->masks.n || less->masks.required;
}

static void add_hash(struct pk_buf *out, const struct pk_buf *text)
{
	pk_buf_addf(out, "|%016llx", text->len ? (unsigned long long)pk_hash(text->ptr, text->len, 0) : 0ULL);
}

char *pk_less_terms(const struct pk_less *less)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	if (less && (less->settings.len || less->options.len)) {
		add_hash(&out, &less->settings);
		add_hash(&out, &less->options);
	}
	return pk_buf_take(&out);
}

bool pk_less_fits(const struct pk_less *less, const char *terms)
{
	PK_FREE char *wanted = pk_less_terms(less);
	PK_AUTO(pk_buf) settings = PK_BUF_INIT;

	if (strcmp(wanted, terms) == 0)
		return true;
	if (less && less->options.len)
		return false;
	if (!*terms || !less)
		return false;
	add_hash(&settings, &less->settings);
	return pk_starts_with(terms, settings.ptr);
}

static void list_asked(const struct pk_less *less, struct pk_buf *ret)
{
	const struct {
		bool asked;
		const char *name;
	} all[] = { { less->masks.n > 0, "masks" },
		    { less->masks.required, "mask.required" },
		    { less->exclude.n > 0, "excludeData" },
		    { less->n_wheres > 0, "where" },
		    { less->schema_only, "schemaOnly" },
		    { less->sample.asked, "sample" } };

	for (size_t i = 0; i < PK_COUNT(all); i++)
		if (all[i].asked)
			pk_buf_addf(ret, "%s%s", ret->len ? ", " : "", all[i].name);
}

int pk_less_by_command(struct pk_less *less, const struct pk_config *config, const char *remote, struct pk_err *err)
{
	PK_FREE char *key = pk_printf("remote.%s.cloneAsMade", remote);
	PK_AUTO(pk_buf) asked = PK_BUF_INIT;

	if (!less)
		return 0;
	pk_strv_release(&less->notes);
	if (less->options.len) {
		pk_err_set(err, "the cloneCommand of remote '%s' makes its clones, and --exclude-data, --schema-only, "
				"--where and --sample are for copies", remote);
		return pk_err_exit(err, PK_EXIT_USAGE);
	}
	list_asked(less, &asked);
	if (!asked.len)
		return 0;
	if (pk_config_bool_protected(config, key, false)) {
		pk_strv_pushf(&less->notes, "what the cloneCommand of '%s' makes is taken as it is, without: %s", remote,
			      asked.ptr);
		return 0;
	}
	pk_err_set(err, "the cloneCommand of remote '%s' makes clones of everything, and the settings ask for less: %s", remote,
		   asked.ptr);
	return pk_err_hint(err,
			   "where the command itself masks and leaves out what has to be: git config postkit.%s true;\n"
			   "git config --unset postkit.remote.%s.cloneCommand has clones copied, with masks",
			   key, remote);
}

/* ---- in the snapshot ---- */

/* Where large objects have their bytes. */
static bool is_large(const char *pattern)
{
	return pk_glob(pattern, strchr(pattern, '.') ? "pg_catalog.pg_largeobject" : "pg_largeobject");
}

static bool leaves_out_large(const struct pk_less *less)
{
	bool any = less->masks.n > 0;

	for (size_t i = 0; i < less->exclude.n; i++)
		any = any || is_large(less->exclude.items[i]);
	return any;
}

/* Tables of the patterns, and those patterns that no table has. */
static void exclude(struct pk_less *less, const struct pk_mask_facts *facts, struct pk_copy_tables *tables)
{
	for (size_t p = 0; p < less->exclude.n; p++) {
		bool used = is_large(less->exclude.items[p]);

		for (size_t i = 0; i < facts->n_tables; i++) {
			const struct pk_mask_table *t = &facts->tables[i];
			struct pk_copy_table *copy;

			if (!pk_mask_table_is(t, less->exclude.items[p]))
				continue;
			used = true;
			copy = pk_copy_tables_find(tables, t->oid);
			if (copy && !copy->skip)
				pk_strv_pushf(&less->notes, "no rows of %s.%s", t->schema, t->name);
			if (copy)
				copy->skip = true;
		}
		if (!used)
			pk_strv_pushf(&less->notes, "warning: no table is '%s'", less->exclude.items[p]);
	}
}

static int try_condition(struct pk_conn *source, const struct pk_mask_table *t, const char *condition, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "SELECT FROM ONLY ");
	pk_buf_add_qualified(&sql, t->schema, t->name);
	pk_buf_addf(&sql, " WHERE false AND (%s)", condition);
	return pk_query(source, sql.ptr, 0, NULL, NULL, err);
}

/* Of several that are for the table the last one counts; NULL: none is. */
static const char *condition_of(const struct pk_less *less, const struct pk_mask_table *t)
{
	const char *condition = NULL;

	for (size_t w = 0; w < less->n_wheres; w++)
		if (pk_mask_table_is(t, less->wheres[w].pattern))
			condition = less->wheres[w].condition;
	return condition;
}

/* t: copy's, of facts. */
static int restrict_table(struct pk_less *less, struct pk_conn *source, const struct pk_mask_facts *facts,
			  const struct pk_mask_table *t, struct pk_copy_table *copy, struct pk_err *err)
{
	const char *condition = condition_of(less, t);
	PK_AUTO(pk_strv) columns = PK_STRV_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	const struct pk_closed how = { .columns = &columns, .functions = &less->masks.functions, .moment = less->moment };

	if (!condition)
		return 0;
	for (size_t i = 0; i < t->n; i++)
		pk_strv_push(&columns, facts->columns[t->first + i].name);
	if (pk_sql_closed(condition, &how, &sql, err) < 0 || try_condition(source, t, sql.ptr, err) < 0)
		return pk_err_wrap(err, "condition of table '%s'", t->names.items[0]);
	/* For all connections of a copy now is one time, which is another one for the next copy. */
	copy->unsteady = copy->unsteady || !pk_sql_steady(condition, NULL) || !pk_sql_steady(sql.ptr, &less->masks.functions);
	if (copy->where)
		pk_buf_addf(&sql, " AND (%s)", copy->where);
	free(copy->where);
	copy->where = pk_buf_take(&sql);
	pk_strv_pushf(&less->notes, "of %s.%s the rows where %s", t->schema, t->name, condition);
	return 0;
}

/* A condition that narrows nothing may have been meant to keep something out. */
static void tell_unused_wheres(struct pk_less *less, const struct pk_mask_facts *facts)
{
	for (size_t w = 0; w < less->n_wheres; w++) {
		bool used = false;

		for (size_t i = 0; i < facts->n_tables && !used; i++)
			used = pk_mask_table_is(&facts->tables[i], less->wheres[w].pattern);
		if (!used)
			pk_strv_pushf(&less->notes, "warning: no table is '%s'", less->wheres[w].pattern);
	}
}

static int restrict_tables(struct pk_less *less, struct pk_conn *source, const struct pk_mask_facts *facts,
			   struct pk_copy_tables *tables, struct pk_err *err)
{
	for (size_t i = 0; i < facts->n_tables; i++) {
		const struct pk_mask_table *t = &facts->tables[i];
		struct pk_copy_table *copy = pk_copy_tables_find(tables, t->oid);

		if (copy && !copy->skip && restrict_table(less, source, facts, t, copy, err) < 0)
			return -1;
	}
	tell_unused_wheres(less, facts);
	return 0;
}

/* Without a length in the cast, so that the copy refuses what is too long where the source would cut it. */
static void mask_column(struct pk_copy_table *t, const struct pk_masked *m, const struct pk_strv *functions)
{
	t->unsteady = t->unsteady || !pk_sql_steady(m->sql, functions);
	for (size_t i = 0; i < t->n_columns; i++) {
		if (strcmp(t->columns[i].name, m->column) != 0)
			continue;
		free(t->columns[i].expr);
		free(t->columns[i].type);
		t->columns[i].expr = pk_strdup(m->sql);
		t->columns[i].type = pk_strdup(m->type);
	}
}

/* Of a partitioned table its partitions are. */
static bool has_rows_copied(uint32_t oid, const struct pk_mask_facts *facts, const struct pk_copy_tables *tables)
{
	for (size_t i = 0; i < facts->n_tables; i++) {
		const struct pk_copy_table *t = facts->tables[i].oid == oid || facts->tables[i].root == oid ?
							pk_copy_tables_find(tables, facts->tables[i].oid) :
							NULL;

		if (t && !t->skip)
			return true;
	}
	return false;
}

static int check_required(const struct pk_less *less, struct pk_conn *source, const struct pk_mask_facts *facts,
			  const struct pk_copy_tables *tables, const struct pk_masked_columns *masked, struct pk_err *err)
{
	PK_AUTO(pk_suspects) found = PK_SUSPECTS_INIT;
	PK_AUTO(pk_buf) list = PK_BUF_INIT;
	size_t n = 0;

	if (!less->masks.required || less->schema_only)
		return 0;
	if (pk_suspects_find(source, &found, err) < 0)
		return -1;
	pk_suspects_without(&found, masked);
	for (size_t i = 0; i < found.n; i++) {
		const struct pk_suspect *s = &found.items[i];

		if (!has_rows_copied(s->table, facts, tables))
			continue;
		n++;
		pk_buf_addf(&list, "%s%s.%s.%s: %s", list.len ? "\n" : "", s->schema, s->name, s->column, s->why);
	}
	if (!n)
		return 0;
	pk_err_set(err, "%zu column%s look%s personal and %s no mask, which mask.required asks for", n, n == 1 ? "" : "s",
		   n == 1 ? "s" : "", n == 1 ? "has" : "have");
	pk_err_detail(err, "%s", list.ptr);
	return pk_err_hint(err, "git postkit mask --suggest prints settings for them; what is not personal is masked by its own name: "
				"column = column");
}

static int mask(struct pk_less *less, struct pk_conn *source, const struct pk_mask_facts *facts,
		struct pk_copy_tables *tables, struct pk_err *err)
{
	PK_AUTO(pk_masked_columns) masked = PK_MASKED_COLUMNS_INIT;
	size_t n = 0;

	if (pk_masks_resolve(&less->masks, source, &masked, err) < 0 ||
	    check_required(less, source, facts, tables, &masked, err) < 0)
		return -1;
	for (size_t i = 0; i < masked.n; i++) {
		struct pk_copy_table *t = pk_copy_tables_find(tables, masked.items[i].table);

		if (!t || t->skip || !masked.items[i].sql)
			continue;
		mask_column(t, &masked.items[i], &less->masks.functions);
		n++;
	}
	if (n)
		pk_strv_pushf(&less->notes, "%zu column%s masked", n, n == 1 ? "" : "s");
	for (size_t i = 0; i < masked.unused.n; i++)
		pk_strv_pushf(&less->notes, "warning: mask %s matches no column", masked.unused.items[i]);
	return 0;
}

static int narrow(void *arg, struct pk_hold *hold, const struct pk_conninfo *target, struct pk_copy_tables *tables,
		  struct pk_err *err)
{
	struct pk_less *less = arg;
	struct pk_conn *source = &hold->conn;
	PK_AUTO(pk_mask_facts) facts = PK_MASK_FACTS_INIT;

	pk_strv_release(&less->notes);
	pk_strv_release(&less->unproven);
	if ((less->exclude.n || less->n_wheres || less->masks.required || less->sample.asked) &&
	    pk_mask_facts_read(source, &facts, err) < 0)
		return -1;
	free(less->moment);
	less->moment = NULL;
	if (pk_query_value(source, "SELECT pg_catalog.now()", 0, NULL, &less->moment, err) < 0)
		return -1;
	exclude(less, &facts, tables);
	if (restrict_tables(less, source, &facts, tables, err) < 0 || mask(less, source, &facts, tables, err) < 0)
		return -1;
	if (less->schema_only)
		return 0;
	const struct pk_sample_source from = { .hold = hold, .facts = &facts, .functions = &less->masks.functions };
	return pk_sample_choose(&less->sample, &from, target, tables, &less->notes, err);
}

void pk_less_apply(struct pk_less *less, struct pk_copy_options *options)
{
	if (!less)
		return;
	options->narrow = narrow;
	options->narrow_arg = less;
	options->unproven = &less->unproven;
	options->notes = &less->notes;
	options->schema_only = options->schema_only || less->schema_only;
	options->no_large = less->sample.no_large = leaves_out_large(less);
}

/* What a server says of a value that it cannot read or hold quotes it. */
int pk_less_explain(const struct pk_less *less, struct pk_err *err)
{
	static const char too_long[] = PK_SQLSTATE_STRING_DATA_RIGHT_TRUNCATION;
	static const char no_such_key[] = PK_SQLSTATE_FOREIGN_KEY_VIOLATION;
	bool value = strncmp(err->sqlstate, "22", 2) == 0, held = strncmp(err->sqlstate, "23", 2) == 0;

	if (less && (less->exclude.n || less->n_wheres) && strcmp(err->sqlstate, no_such_key) == 0)
		return pk_err_hint(err, "rows refer to rows that were left out: leave them out as well");
	if (!less || !less->masks.n || (!value && !held))
		return -1;
	if (value && strcmp(err->sqlstate, too_long) != 0) {
		PK_FREE char *what = pk_strndup(err->msg, strcspn(err->msg, ":"));

		free(err->msg);
		free(err->detail);
		err->msg = pk_printf("%s: a value cannot be made into what its column takes (SQLSTATE %s)", what, err->sqlstate);
		err->detail = NULL;
	}
	free(err->hint);
	err->hint = NULL;
	return pk_err_hint(err, "a mask may be the cause: git postkit mask lists them");
}
