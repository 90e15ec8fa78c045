#include "clone/sample_reference.h"

#include "clone/sample_plan.h"
#include "sql/closed.h"

#include <ctype.h>
#include <strings.h>

void pk_reference_release(struct pk_reference *r)
{
	pk_strv_release(&r->from);
	pk_strv_release(&r->to);
	free(r->schema);
	free(r->table);
	free(r->when);
	*r = (struct pk_reference)PK_REFERENCE_INIT;
}

/* ---- as text ---- */

static void skip_space(const char **at)
{
	*at += strspn(*at, " \t\n");
}

static bool take_text(const char **at, const char *text)
{
	skip_space(at);
	if (!pk_starts_with(*at, text))
		return false;
	*at += strlen(text);
	return true;
}

/* NULL: there is none. Caller frees. */
static char *take_name(const char **at)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;
	const char *p;

	skip_space(at);
	p = *at;
	if (*p == '"') {
		for (p++; *p && (*p != '"' || p[1] == '"'); p++)
			pk_buf_addc(&name, *p == '"' ? *p++ : *p);
		p += *p == '"' ? 1 : 0;
	} else {
		for (; isalnum((unsigned char)*p) || *p == '_' || *p == '$' || (unsigned char)*p >= 128; p++)
			pk_buf_addc(&name, (char)((unsigned char)*p < 128 ? tolower((unsigned char)*p) : *p));
	}
	if (!name.len)
		return NULL;
	*at = p;
	return pk_buf_take(&name);
}

static bool take_names(const char **at, struct pk_strv *ret)
{
	do {
		char *name = take_name(at);

		if (!name)
			return false;
		pk_strv_push_take(ret, name);
	} while (take_text(at, ","));
	return true;
}

static bool take_all(const char *at, struct pk_reference *ret)
{
	bool brackets = take_text(&at, "(");

	if (!take_names(&at, &ret->from) || (brackets && !take_text(&at, ")")) || !take_text(&at, "->"))
		return false;
	ret->schema = take_name(&at);
	if (!ret->schema || !take_text(&at, "."))
		return false;
	ret->table = take_name(&at);
	if (!ret->table || !take_text(&at, "(") || !take_names(&at, &ret->to) || !take_text(&at, ")"))
		return false;
	skip_space(&at);
	if (strncasecmp(at, "when", 4) == 0 && (at[4] == ' ' || at[4] == '(')) {
		ret->when = pk_strdup(at + 4);
		return true;
	}
	return !*at;
}

int pk_reference_parse(const char *text, struct pk_reference *ret, struct pk_err *err)
{
	if (take_all(text, ret) && ret->from.n == ret->to.n)
		return 0;
	pk_err_set(err, "'%s' is not a reference", text);
	pk_err_hint(err, "column -> schema.table(column), and where it is one only sometimes: when condition");
	return pk_err_exit(err, PK_EXIT_USAGE);
}

/* ---- of tables that there are ---- */

/* Types whose values the server compares as they are, whichever two of a row they are. */
static bool compares(const char *a, const char *b)
{
	static const char *const families[][3] = { { "smallint", "integer", "bigint" },
						   { "text", "character varying", "character" } };
	size_t found[2] = { PK_COUNT(families), PK_COUNT(families) };

	for (size_t i = 0; i < PK_COUNT(families); i++)
		for (size_t k = 0; k < PK_COUNT(families[i]); k++) {
			found[0] = strcmp(families[i][k], a) == 0 ? i : found[0];
			found[1] = strcmp(families[i][k], b) == 0 ? i : found[1];
		}
	return found[0] < PK_COUNT(families) ? found[0] == found[1] : strcmp(a, b) == 0 && strcmp(a, "uuid") == 0;
}

static int add_columns(const struct pk_sample_plan *p, const struct pk_mask_table *from, const struct pk_mask_table *to,
		       const struct pk_reference *r, struct pk_ref *ret, struct pk_err *err)
{
	ret->not_null = !r->when;
	for (size_t i = 0; i < r->from.n; i++) {
		const struct pk_mask_column *a = pk_mask_column_find(p->facts, from, r->from.items[i]);
		const struct pk_mask_column *b = pk_mask_column_find(p->facts, to, r->to.items[i]);

		if (!a || !b)
			return pk_err_set(err, "'%s' has no column '%s'", a ? to->names.items[0] : from->names.items[0],
					  a ? r->to.items[i] : r->from.items[i]);
		pk_strv_push(&ret->from_columns, a->name);
		pk_strv_push(&ret->to_columns, b->name);
		if (pk_streq(a->collation, b->collation))
			pk_strv_push(&ret->operators, "OPERATOR(pg_catalog.=)");
		else
			pk_strv_pushf(&ret->operators, "COLLATE %s OPERATOR(pg_catalog.=)",
				      b->collation ? b->collation : "pg_catalog.\"default\"");
		ret->not_null = ret->not_null && a->not_null;
		ret->textual = ret->textual || !compares(a->type, b->type);
	}
	return 0;
}

static int add_when(const struct pk_sample_plan *p, const struct pk_mask_table *from, const char *when,
		    struct pk_ref *ret, struct pk_err *err)
{
	PK_AUTO(pk_strv) columns = PK_STRV_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_buf) try = PK_BUF_INIT;
	const struct pk_closed how = { .columns = &columns, .functions = p->functions };

	for (size_t i = 0; i < from->n; i++)
		pk_strv_push(&columns, p->facts->columns[from->first + i].name);
	if (pk_sql_closed(when, &how, &sql, err) < 0)
		return -1;
	pk_buf_add(&try, "SELECT FROM ONLY ");
	pk_buf_add_qualified(&try, from->schema, from->name);
	pk_buf_addf(&try, " WHERE false AND (%s)", sql.ptr);
	ret->when = pk_buf_take(&sql);
	return pk_query(&p->source->conn, try.ptr, 0, NULL, NULL, err);
}

static int add_reference(struct pk_sample_plan *p, const struct pk_mask_table *from, const char *text, struct pk_err *err)
{
	PK_AUTO(pk_reference) r = PK_REFERENCE_INIT;
	const struct pk_mask_table *to = NULL;
	struct pk_ref *ref = pk_refs_add(&p->refs, text);

	if (pk_reference_parse(text, &r, err) < 0)
		return -1;
	for (size_t i = 0; i < p->facts->n_tables && !to; i++)
		if (pk_streq(p->facts->tables[i].schema, r.schema) && pk_streq(p->facts->tables[i].name, r.table))
			to = &p->facts->tables[i];
	if (!to || !pk_refs_find(&p->refs, from->oid, &ref->from) || !pk_refs_find(&p->refs, to->oid, &ref->to))
		return pk_err_set(err, "there is no table '%s.%s'", r.schema, r.table);
	if (add_columns(p, from, to, &r, ref, err) < 0)
		return -1;
	return r.when ? add_when(p, from, r.when, ref, err) : 0;
}

static bool is_part_of_match(const struct pk_sample_plan *p, const struct pk_mask_table *t, const char *pattern)
{
	for (size_t i = 0; i < p->facts->n_tables; i++)
		if (p->facts->tables[i].oid == t->root && t->root != t->oid && !p->facts->tables[i].has_rows)
			return pk_mask_table_is(&p->facts->tables[i], pattern);
	return false;
}

int pk_sample_plan_references(struct pk_sample_plan *p, struct pk_err *err)
{
	const struct pk_strv *all = &p->sample->references;

	for (size_t r = 0; r + 1 < all->n; r += 2)
		for (size_t i = 0; i < p->facts->n_tables; i++) {
			const struct pk_mask_table *t = &p->facts->tables[i];

			if (!pk_mask_table_is(t, all->items[r]) || is_part_of_match(p, t, all->items[r]))
				continue;
			if (add_reference(p, t, all->items[r + 1], err) < 0)
				return pk_err_wrap(err, "reference '%s' of table '%s'", all->items[r + 1], t->names.items[0]);
		}
	return 0;
}
