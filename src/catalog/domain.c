#include "catalog/circles.h"
#include "catalog/kind.h"
#include "catalog_sql.h"

enum { TYPE, DEFAULT_VALUE, NOT_NULL, NOT_NULL_CONSTRAINT, CONSTRAINTS };
static const char *const attrs[] = { "type", "default_value", "not_null", "not_null_constraint", "constraints" };

const char *pk_domain_base(const struct pk_object *domain, bool *ret_checked)
{
	*ret_checked = *ret_checked || pk_attr(domain, CONSTRAINTS) || pk_attr(domain, NOT_NULL);
	for (size_t i = 0; i < domain->n_deps; i++) {
		if (domain->deps[i]->kind == &pk_kind_domain && pk_streq(domain->deps[i]->ident, pk_attr(domain, TYPE)))
			return pk_domain_base(domain->deps[i], ret_checked);
	}
	return pk_attr(domain, TYPE);
}

const char *pk_domain_default(const struct pk_object *domain)
{
	return pk_attr(domain, DEFAULT_VALUE);
}

/* Would it take over a default from the type that it is made of? */
static bool is_given_default(const struct pk_object *domain)
{
	for (size_t i = 0; i < domain->n_deps; i++) {
		if (pk_type_has_default(domain->deps[i], pk_attr(domain, TYPE)))
			return true;
	}
	return false;
}

static bool is_not_valid(const char *definition)
{
	return pk_ends_with(definition, " NOT VALID");
}

/* Of every table with such a column; no way around it. */
static void checks_rows(struct pk_stmt *stmt)
{
	stmt->users_lock = "SHARE";
	stmt->scan = true;
	stmt->note = "writes to the tables with such columns wait while their rows are checked";
}

static void add_constraint(struct pk_script *s, const struct pk_object *o, const char *item)
{
	struct pk_stmt *stmt = pk_emit(s, "ALTER DOMAIN %s ADD CONSTRAINT %s %s", o->ident, pk_item_part(s, item, 0),
				       pk_item_part(s, item, 1));

	if (!is_not_valid(pk_item_part(s, item, 1)))
		checks_rows(stmt);
}

static void comment_constraint(struct pk_script *s, const struct pk_object *o, const char *item)
{
	const char *comment = pk_item_part(s, item, 2);

	pk_emit(s, "COMMENT ON CONSTRAINT %s ON DOMAIN %s IS %s", pk_item_part(s, item, 0), o->ident,
		*comment ? comment : "NULL");
}

/* The name of the NOT NULL constraint: of an item of 17 and later, where it has one of its own; else NULL. */
static const char *not_null_name(struct pk_script *s, const struct pk_object *o, bool usual_too)
{
	const char *item = pk_attr(o, NOT_NULL_CONSTRAINT);

	return item && (usual_too || !*pk_item_part(s, item, 1)) ? pk_item_part(s, item, 0) : NULL;
}

static void alter_not_null(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *old = not_null_name(s, from, true), *new = not_null_name(s, to, true);
	const char *item = pk_attr(from, NOT_NULL_CONSTRAINT), *comment = old && new ? pk_item_part(s, item, 2) : "";

	if (pk_attr(from, NOT_NULL) && !pk_attr(to, NOT_NULL))
		pk_emit(s, "ALTER DOMAIN %s DROP NOT NULL", to->ident);
	else if (!pk_attr(from, NOT_NULL) && not_null_name(s, to, false))
		checks_rows(pk_emit(s, "ALTER DOMAIN %s ADD CONSTRAINT %s NOT NULL", to->ident, new));
	else if (!pk_attr(from, NOT_NULL) && pk_attr(to, NOT_NULL))
		checks_rows(pk_emit(s, "ALTER DOMAIN %s SET NOT NULL", to->ident));
	else if (old && new && strcmp(old, new) != 0)
		pk_emit(s, "ALTER DOMAIN %s RENAME CONSTRAINT %s TO %s", to->ident, old, new);
	if (new && strcmp(comment, pk_item_part(s, pk_attr(to, NOT_NULL_CONSTRAINT), 2)) != 0)
		comment_constraint(s, to, pk_attr(to, NOT_NULL_CONSTRAINT));
}

static void drop_default(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "ALTER DOMAIN %s DROP DEFAULT", o->ident);
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *const *items = NULL;
	bool later = pk_tied_later(s, o);
	size_t n = later ? 0 : pk_attr_list(s, pk_attr(o, CONSTRAINTS), &items);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addf(&sql, "CREATE DOMAIN %s AS %s", o->ident, pk_attr(o, TYPE));
	if (pk_attr(o, DEFAULT_VALUE) && !later)
		pk_buf_addf(&sql, " DEFAULT %s", pk_attr(o, DEFAULT_VALUE));
	if (pk_attr(o, NOT_NULL) && not_null_name(s, o, false))
		pk_buf_addf(&sql, " CONSTRAINT %s", not_null_name(s, o, false));
	if (pk_attr(o, NOT_NULL))
		pk_buf_add(&sql, " NOT NULL");
	for (size_t i = 0; i < n; i++) {
		if (!is_not_valid(pk_item_part(s, items[i], 1)))
			pk_buf_addf(&sql, "\n    CONSTRAINT %s %s", pk_item_part(s, items[i], 0),
				    pk_item_part(s, items[i], 1));
	}
	pk_emit(s, "%s", sql.ptr);
	if (!pk_attr(o, DEFAULT_VALUE) && is_given_default(o))
		drop_default(s, o);
	if (not_null_name(s, o, true) && *pk_item_part(s, pk_attr(o, NOT_NULL_CONSTRAINT), 2))
		comment_constraint(s, o, pk_attr(o, NOT_NULL_CONSTRAINT));
	for (size_t i = 0; i < n; i++) {
		if (is_not_valid(pk_item_part(s, items[i], 1)))
			add_constraint(s, o, items[i]);
		if (*pk_item_part(s, items[i], 2))
			comment_constraint(s, o, items[i]);
	}
}

/* What calls functions: the default and the checks. */
static const char *tie(const struct pk_object *o)
{
	return pk_attr(o, CONSTRAINTS) ? pk_attr(o, CONSTRAINTS) : pk_attr(o, DEFAULT_VALUE);
}

static bool tie_uses(const struct pk_object *o, const struct pk_object *used)
{
	return !pk_is_type(pk_attr(o, TYPE), used) && used->kind != &pk_kind_collation;
}

static void untie(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *items;
	size_t n = pk_attr_list(s, pk_attr(from, CONSTRAINTS), &items);

	(void)to;
	for (size_t i = 0; i < n; i++)
		pk_emit(s, "ALTER DOMAIN %s DROP CONSTRAINT %s", from->ident, pk_item_part(s, items[i], 0));
	if (pk_attr(from, DEFAULT_VALUE))
		drop_default(s, from);
}

/* The default last: one that uses a table with such a column would keep constraints from being added. */
static void retie(struct pk_script *s, const struct pk_object *o)
{
	const char *const *items;
	size_t n = pk_attr_list(s, pk_attr(o, CONSTRAINTS), &items);

	for (size_t i = 0; i < n; i++) {
		add_constraint(s, o, items[i]);
		if (*pk_item_part(s, items[i], 2))
			comment_constraint(s, o, items[i]);
	}
	if (pk_attr(o, DEFAULT_VALUE))
		pk_emit(s, "ALTER DOMAIN %s SET DEFAULT %s", o->ident, pk_attr(o, DEFAULT_VALUE));
}

static void alter_constraints(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, pk_attr(from, CONSTRAINTS), &old);
	size_t n_new = pk_attr_list(s, pk_attr(to, CONSTRAINTS), &new);

	for (size_t i = 0; i < n_old; i++) {
		const char *name = pk_item_part(s, old[i], 0), *same = pk_item_find(s, new, n_new, name);

		if (!same || strcmp(pk_item_part(s, same, 1), pk_item_part(s, old[i], 1)) != 0)
			pk_emit(s, "ALTER DOMAIN %s DROP CONSTRAINT %s", to->ident, name);
	}
	for (size_t i = 0; i < n_new; i++) {
		const char *same = pk_item_find(s, old, n_old, pk_item_part(s, new[i], 0));
		bool kept = same && strcmp(pk_item_part(s, same, 1), pk_item_part(s, new[i], 1)) == 0;

		if (!kept)
			add_constraint(s, to, new[i]);
		if (kept ? strcmp(pk_item_part(s, same, 2), pk_item_part(s, new[i], 2)) != 0
			 : *pk_item_part(s, new[i], 2) != '\0')
			comment_constraint(s, to, new[i]);
	}
}

static void alter_default(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (!pk_attr_changed(from, to, DEFAULT_VALUE))
		return;
	if (pk_attr(to, DEFAULT_VALUE))
		pk_emit(s, "ALTER DOMAIN %s SET DEFAULT %s", to->ident, pk_attr(to, DEFAULT_VALUE));
	else
		drop_default(s, to);
}

/* Has anything but the domain rows of that relation as values, or an expression that names its row type? */
static bool names_rows(const struct pk_snapshot *side, const struct pk_object *relation, const struct pk_object *domain)
{
	for (size_t i = 0; i < relation->n_typed_by; i++) {
		if (relation->typed_by[i] != domain)
			return true;
	}
	for (size_t i = 0; i < side->n; i++) {
		const struct pk_object *user = side->objects[i];

		for (size_t k = 0; k < user->n_deps; k++) {
			bool value = user->kind->type ? !pk_by_tie(user, relation) :
				     user->kind == &pk_kind_column && user->parent != relation && pk_column_has_type(user, relation);

			if (user->deps[k] == relation && value)
				return true;
		}
	}
	return false;
}

/* Part of the values of other types? There the server does not look for values that break a new rule, and refuses. */
static bool is_contained(const struct pk_snapshot *side, const struct pk_object *domain, int depth)
{
	for (size_t i = 0; side && i < side->n; i++) {
		const struct pk_object *user = side->objects[i];
		const char *type = user->kind == &pk_kind_column ? pk_column_type(user) :
				   user->kind == &pk_kind_domain ? pk_attr(user, TYPE) : NULL;
		bool uses = false;

		for (size_t k = 0; k < user->n_deps; k++)
			uses |= user->deps[k] == domain && !pk_by_tie(user, domain);
		if (!uses || (!type && !user->kind->type))
			continue;
		if (!type || pk_ends_with(type, "[]") ||
		    (user->kind == &pk_kind_column && names_rows(side, user->parent, domain)) ||
		    (user->kind == &pk_kind_domain && depth < 10 && is_contained(side, user, depth + 1)))
			return true;
	}
	return false;
}

/* A rule that old values may break. */
static bool gains_rule(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, pk_attr(from, CONSTRAINTS), &old);
	size_t n_new = pk_attr_list(s, pk_attr(to, CONSTRAINTS), &new);

	if (pk_attr(to, NOT_NULL) && !pk_attr(from, NOT_NULL))
		return true;
	for (size_t i = 0; i < n_new; i++) {
		const char *same = pk_item_find(s, old, n_old, pk_item_part(s, new[i], 0));

		if (!is_not_valid(pk_item_part(s, new[i], 1)) &&
		    (!same || strcmp(pk_item_part(s, same, 1), pk_item_part(s, new[i], 1)) != 0))
			return true;
	}
	return false;
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	bool apart = pk_tied_later(s, to); /* default and constraints are cut and made again around this */

	if (pk_attr_changed(from, to, TYPE) || (gains_rule(s, from, to) && is_contained(s->from, from, 0)))
		return PK_RETYPE;
	if (!apart)
		alter_default(s, from, to);
	alter_not_null(s, from, to);
	if (!apart)
		alter_constraints(s, from, to);
	return PK_ALTERED;
}

/* What its default and constraints use may go before it does. */
static void set_aside(struct pk_script *s, const struct pk_object *o)
{
	if (!pk_tied_later(s, o))
		untie(s, o, o);
	pk_set_aside_type(s, o);
}

/* What its default and its constraints use comes and goes with them; its type with all of it. */
static enum pk_reaction reaction(const struct pk_object *user, const struct pk_object *used, const struct pk_object *after,
				 enum pk_loss loss)
{
	(void)after;
	if (loss == PK_LOSS_TYPE)
		return PK_UNTOUCHED;
	return tie_uses(user, used) ? PK_RETIED : PK_MADE_ANEW;
}

const struct pk_kind pk_kind_domain = {
	.if_any = "pg_type WHERE typtype = 'd' AND oid >= 16384",
	.name = "domain", .sql_name = "DOMAIN", .folder = "domains", .query = pk_sql_domain, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 5, .grant_on = "DOMAIN", .owned = true, .relation_name = true, .no_relation = true, .type = true,
	.reaction = reaction, .tie = tie, .tie_uses = tie_uses, .untie = untie, .retie = retie,
	.create = create, .alter = alter, .drop = pk_drop_plain, .set_aside = set_aside, .sheds = true,
	.rename = pk_rename_itself, .inside = "constraint", .inside_attr = CONSTRAINTS + 1,
};
