#include "clone/mask.h"

#include "base/clock.h"
#include "base/text.h"
#include "clone/fake.h"
#include "clone/mask_facts.h"
#include "sql/closed.h"

#include <ctype.h>

#define SECTION	 "mask."
#define KEY_NAME "maskKey"

void pk_masks_release(struct pk_masks *masks)
{
	for (size_t i = 0; i < masks->n; i++) {
		free(masks->rules[i].pattern);
		free(masks->rules[i].key);
		free(masks->rules[i].expr);
	}
	free(masks->rules);
	free(masks->key);
	pk_strv_release(&masks->functions);
	*masks = (struct pk_masks)PK_MASKS_INIT;
}

void pk_masked_columns_release(struct pk_masked_columns *columns)
{
	for (size_t i = 0; i < columns->n; i++) {
		struct pk_masked *m = &columns->items[i];

		free(m->schema);
		free(m->name);
		free(m->column);
		free(m->expr);
		free(m->sql);
		free(m->type);
	}
	free(columns->items);
	pk_strv_release(&columns->unused);
	*columns = (struct pk_masked_columns)PK_MASKED_COLUMNS_INIT;
}

/* ---- settings ---- */

static int read_key(const struct pk_config *config, const struct pk_repo *repo, struct pk_masks *ret, struct pk_err *err)
{
	const char *kept = pk_config_get_protected(config, KEY_NAME);

	if (kept && !pk_fake_key_valid(kept)) {
		pk_err_set(err, "postkit." KEY_NAME " is not %d hexadecimal digits", PK_FAKE_KEY_DIGITS);
		return pk_err_hint(err, "git config --unset postkit." KEY_NAME " has a new one made; fakes change with it");
	}
	ret->key = kept ? pk_strdup(kept) : pk_random_hex(PK_FAKE_KEY_DIGITS / 2);
	return kept || !repo ? 0 : pk_config_set(repo, "postkit." KEY_NAME, ret->key, err);
}

int pk_masks_read(const struct pk_config *config, const struct pk_repo *repo, struct pk_masks *ret, struct pk_err *err)
{
	const char *required = pk_config_any(config, "mask.required");

	for (size_t i = 0; i < config->n; i++) {
		const char *key = config->items[i].key, *last = strrchr(key, '.');

		if (!pk_starts_with(key, SECTION) || last < key + strlen(SECTION))
			continue;
		ret->rules = pk_realloc_array(ret->rules, ret->n + 1, sizeof(*ret->rules));
		ret->rules[ret->n++] = (struct pk_mask_rule){
			.pattern = pk_strndup(key + strlen(SECTION), (size_t)(last - key) - strlen(SECTION)),
			.key = pk_strdup(last + 1),
			.expr = pk_strdup(config->items[i].value),
		};
	}
	for (size_t i = 0; i < config->n; i++)
		if (strcmp(config->items[i].key, "postkit.maskfunction") == 0 &&
		    config->items[i].scope != PK_SCOPE_TRACKED)
			pk_strv_push(&ret->functions, config->items[i].value);
	ret->required = required && pk_config_truth(required);
	return ret->n ? read_key(config, repo, ret, err) : 0;
}

void pk_masks_terms(const struct pk_masks *masks, struct pk_buf *ret)
{
	for (size_t i = 0; i < masks->n; i++)
		pk_buf_addf(ret, "%s\n%s\n%s\n", masks->rules[i].pattern, masks->rules[i].key, masks->rules[i].expr);
	if (masks->n)
		pk_buf_addf(ret, "%s\n", masks->key);
	if (masks->required)
		pk_buf_add(ret, "required\n");
}

/* ---- which column ---- */

/* Keys of git's settings have no case, and '-' where names have '_'. */
static bool is_key_of(const char *key, const char *column)
{
	for (; *key && *column; key++, column++)
		if (tolower((unsigned char)*column) != *key && !(*column == '_' && *key == '-'))
			return false;
	return *key == *column;
}

static int column_of_key(const struct pk_mask_facts *facts, const struct pk_mask_table *t,
			 const struct pk_mask_rule *rule, struct pk_mask_column **ret, struct pk_err *err)
{
	*ret = NULL;
	for (size_t i = 0; i < t->n; i++) {
		struct pk_mask_column *c = &facts->columns[t->first + i];

		if (!is_key_of(rule->key, c->name))
			continue;
		if (*ret) {
			pk_err_set(err, "'%s' of [mask \"%s\"] is '%s' as well as '%s' of %s.%s", rule->key, rule->pattern,
				   (*ret)->name, c->name, t->schema, t->name);
			return pk_err_hint(err, "[mask \"%s.%s.%s\"] with = ... says which", t->schema, t->name, c->name);
		}
		*ret = c;
	}
	return 0;
}

/* [mask "schema.table.column"] with = ... */
static struct pk_mask_column *column_of_path(const struct pk_mask_facts *facts, const struct pk_mask_table *t,
					     const char *table, const struct pk_mask_rule *rule)
{
	for (size_t i = 0; i < t->n && strcmp(rule->key, "with") == 0; i++) {
		struct pk_mask_column *c = &facts->columns[t->first + i];
		PK_FREE char *path = pk_printf("%s.%s", table, c->name);

		if (pk_glob(rule->pattern, path))
			return c;
	}
	return NULL;
}

/* A table goes by its own name, and by those of what it is a part of. */
static int apply_rule(const struct pk_mask_facts *facts, const struct pk_mask_table *t, const struct pk_mask_rule *rule,
		      bool *ret_used, struct pk_err *err)
{
	for (size_t i = 0; i < t->names.n; i++) {
		struct pk_mask_column *c = NULL;

		if (pk_glob(rule->pattern, t->names.items[i]) && column_of_key(facts, t, rule, &c, err) < 0)
			return -1;
		if (!c)
			c = column_of_path(facts, t, t->names.items[i], rule);
		if (!c)
			continue;
		c->expr = rule->expr;
		c->own = c->name;
		*ret_used = true;
	}
	return 0;
}

static int apply_rules(const struct pk_masks *masks, const struct pk_mask_facts *facts, struct pk_strv *ret_unused,
		       struct pk_err *err)
{
	for (size_t r = 0; r < masks->n; r++) {
		bool used = false;

		for (size_t i = 0; i < facts->n_tables; i++)
			if (apply_rule(facts, &facts->tables[i], &masks->rules[r], &used, err) < 0)
				return -1;
		if (!used)
			pk_strv_pushf(ret_unused, "%s: %s", masks->rules[r].pattern, masks->rules[r].key);
	}
	return 0;
}

/* ---- keys that refer ---- */

static bool is_masked(const struct pk_mask_column *c)
{
	return c->expr && !pk_sql_is_column(c->expr, c->own);
}

/* What refers to a masked column is masked as that is; a mask of the one alone would leave it referring to nothing. */
static int follow_keys(struct pk_mask_facts *facts, struct pk_err *err)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < facts->n_keys; i++) {
			struct pk_mask_column *from = &facts->columns[facts->keys[i].from],
					      *to = &facts->columns[facts->keys[i].to];

			if (!is_masked(to) || from->expr)
				continue;
			from->expr = to->expr;
			from->own = to->own;
			again = true;
		}
	}
	for (size_t i = 0; i < facts->n_keys; i++) {
		const struct pk_mask_column *from = &facts->columns[facts->keys[i].from],
					    *to = &facts->columns[facts->keys[i].to];

		if (is_masked(from) != is_masked(to) && !(is_masked(from) && pk_sql_is_null(from->expr)))
			return pk_err_set(err, "column '%s' of '%s' refers to '%s' of '%s': mask both, or none", from->name,
					  facts->tables[from->table].names.items[0], to->name,
					  facts->tables[to->table].names.items[0]);
	}
	return 0;
}

static size_t group_of(const struct pk_mask_facts *facts, size_t column)
{
	while (facts->columns[column].group != column)
		column = facts->columns[column].group;
	return column;
}

/* Columns whose values meet must have fakes of one form: as short as the shortest, as unique as the most unique. */
static void join_groups(struct pk_mask_facts *facts)
{
	for (size_t i = 0; i < facts->n_keys + facts->n_same; i++) {
		const struct pk_mask_key *k = i < facts->n_keys ? &facts->keys[i] : &facts->same[i - facts->n_keys];
		size_t a = group_of(facts, k->from), b = group_of(facts, k->to);
		struct pk_mask_column *from = &facts->columns[a], *to = &facts->columns[b];

		if (a == b)
			continue;
		from->group = b;
		if (from->length && (!to->length || from->length < to->length))
			to->length = from->length;
		if (from->unique > to->unique)
			to->unique = from->unique;
		to->folds = to->folds || from->folds;
	}
}

/* ---- SQL ---- */

static int masked_error(const struct pk_mask_table *t, const struct pk_mask_column *c, struct pk_err *err)
{
	return pk_err_wrap(err, "mask of column '%s' of '%s'", c->name, t->names.items[0]);
}

/*
 * As the type that the column has at its bottom, without a length: the clone then refuses what is too long, where a cast
 * to that length would cut it.
 */
static int render(const struct pk_masks *masks, const struct pk_mask_facts *facts, size_t column, struct pk_buf *ret,
		  struct pk_err *err)
{
	const struct pk_mask_column *c = &facts->columns[column], *group = &facts->columns[group_of(facts, column)];
	const struct pk_mask_table *t = &facts->tables[c->table];
	struct pk_fakes fakes = { .key = masks->key, .length = group->length, .unique = group->unique, .folds = group->folds };
	PK_AUTO(pk_strv) columns = PK_STRV_INIT;
	struct pk_closed how = { .columns = &columns, .functions = &masks->functions, .fake = pk_fake_sql, .arg = &fakes };

	if (c->generated)
		return pk_err_set(err, "the column is computed from others: mask those");
	if (c->not_null && pk_sql_is_null(c->expr))
		return pk_err_set(err, "the column cannot be NULL");
	if (strcmp(c->own, c->name) != 0) {
		how.other = c->own;
		how.own = c->name;
		pk_strv_push(&columns, c->name);
	}
	for (size_t i = 0; i < t->n && !how.other; i++)
		pk_strv_push(&columns, facts->columns[t->first + i].name);
	pk_buf_add(ret, "CAST(");
	if (pk_sql_closed(c->expr, &how, ret, err) < 0)
		return -1;
	pk_buf_addf(ret, " AS %s)", c->type);
	return 0;
}

/* The source has to understand it; no row is read. */
static int try(struct pk_conn *source, const struct pk_mask_table *t, const char *sql, struct pk_err *err)
{
	PK_AUTO(pk_buf) query = PK_BUF_INIT;

	pk_buf_addf(&query, "SELECT %s FROM ONLY ", sql);
	pk_buf_add_qualified(&query, t->schema, t->name);
	pk_buf_add(&query, " WHERE false");
	return pk_query(source, query.ptr, 0, NULL, NULL, err);
}

static int resolve_column(const struct pk_masks *masks, struct pk_conn *source, const struct pk_mask_facts *facts,
			  size_t column, struct pk_masked_columns *ret, struct pk_err *err)
{
	const struct pk_mask_column *c = &facts->columns[column];
	const struct pk_mask_table *t = &facts->tables[c->table];
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (is_masked(c) && (render(masks, facts, column, &sql, err) < 0 || try(source, t, sql.ptr, err) < 0))
		return masked_error(t, c, err);
	ret->items = pk_realloc_array(ret->items, ret->n + 1, sizeof(*ret->items));
	ret->items[ret->n++] = (struct pk_masked){
		.table = t->oid,
		.root = t->root,
		.schema = pk_strdup(t->schema),
		.name = pk_strdup(t->name),
		.column = pk_strdup(c->name),
		.expr = pk_strdup(c->expr),
		.type = pk_strdup(c->type),
		.sql = is_masked(c) ? pk_buf_take(&sql) : NULL,
	};
	return 0;
}

int pk_masks_resolve(const struct pk_masks *masks, struct pk_conn *source, struct pk_masked_columns *ret,
		     struct pk_err *err)
{
	PK_AUTO(pk_mask_facts) facts = PK_MASK_FACTS_INIT;

	if (masks->n == 0)
		return 0;
	if (pk_mask_facts_read(source, &facts, err) < 0 || apply_rules(masks, &facts, &ret->unused, err) < 0 ||
	    follow_keys(&facts, err) < 0)
		return -1;
	join_groups(&facts);
	for (size_t i = 0; i < facts.n_columns; i++)
		if (facts.columns[i].expr && facts.tables[facts.columns[i].table].has_rows &&
		    resolve_column(masks, source, &facts, i, ret, err) < 0)
			return -1;
	return 0;
}
