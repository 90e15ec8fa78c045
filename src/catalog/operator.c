#include "catalog/kind.h"
#include "catalog_sql.h"

enum { OPERATOR, FUNCTION, LEFT_TYPE, RIGHT_TYPE, COMMUTATOR, NEGATOR, MERGES, HASHES, RESTRICTION, JOINING };
static const char *const attrs[] = { "operator", "function", "left_type", "right_type", "commutator", "negator",
				     "merges", "hashes", "restriction", "joining" };

/* Parts of COMMUTATOR and NEGATOR. */
enum { WRITTEN, IDENT, SHELL };

static void add_reference(struct pk_script *s, const struct pk_object *o, int attr, const char *word, struct pk_buf *sql)
{
	if (pk_attr(o, attr))
		pk_buf_addf(sql, ",\n    %s = OPERATOR(%s)", word, pk_item_part(s, pk_attr(o, attr), WRITTEN));
}

static void add(struct pk_buf *sql, const char *word, const char *value)
{
	if (value)
		pk_buf_addf(sql, ",\n    %s = %s", word, value);
}

/* A commutator or negator that is not there yet becomes a shell, and is filled in when its turn comes. */
static void create(struct pk_script *s, const struct pk_object *o)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addf(&sql, "CREATE OPERATOR %s (\n    FUNCTION = %s", pk_attr(o, OPERATOR), pk_attr(o, FUNCTION));
	add(&sql, "LEFTARG", pk_attr(o, LEFT_TYPE));
	add(&sql, "RIGHTARG", pk_attr(o, RIGHT_TYPE));
	add_reference(s, o, COMMUTATOR, "COMMUTATOR", &sql);
	add_reference(s, o, NEGATOR, "NEGATOR", &sql);
	add(&sql, "RESTRICT", pk_attr(o, RESTRICTION));
	add(&sql, "JOIN", pk_attr(o, JOINING));
	if (pk_attr(o, MERGES))
		pk_buf_add(&sql, ",\n    MERGES");
	if (pk_attr(o, HASHES))
		pk_buf_add(&sql, ",\n    HASHES");
	pk_emit(s, "%s\n)", sql.ptr);
}

static const struct pk_object *find(struct pk_script *s, const struct pk_snapshot *side, const char *reference)
{
	return side ? pk_snapshot_find(side, pk_arena_printf(s->arena, "operator %s", pk_item_part(s, reference, IDENT))) :
		      NULL;
}

/* What is made as an operator's commutator says so of both; what is dropped is forgotten by the other. */
static bool settles_itself(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, int attr)
{
	const char *old = pk_attr(from, attr), *new = pk_attr(to, attr);

	if (pk_streq(old, new))
		return true;
	if (old && (new || !find(s, s->from, old) || find(s, s->to, old)))
		return false;
	return !new || (!find(s, s->from, new) && find(s, s->to, new));
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	static const struct {
		int attr;
		const char *word;
	} estimators[] = { { RESTRICTION, "RESTRICT" }, { JOINING, "JOIN" } };
	PK_AUTO(pk_buf) set = PK_BUF_INIT;

	if (pk_attr_changed(from, to, FUNCTION) || pk_attr_changed(from, to, MERGES) || pk_attr_changed(from, to, HASHES) ||
	    !settles_itself(s, from, to, COMMUTATOR) || !settles_itself(s, from, to, NEGATOR))
		return PK_RECREATE;
	for (size_t i = 0; i < PK_COUNT(estimators); i++)
		if (pk_attr_changed(from, to, estimators[i].attr))
			pk_buf_addf(&set, "%s%s = %s", set.len ? ", " : "", estimators[i].word,
				    pk_attr(to, estimators[i].attr) ? pk_attr(to, estimators[i].attr) : "NONE");
	if (set.len)
		pk_emit(s, "ALTER OPERATOR %s SET (%s)", to->ident, set.ptr);
	return PK_ALTERED;
}

/* Shells that it left behind go too, or their schema could not. */
static void drop(struct pk_script *s, const struct pk_object *o)
{
	static const int references[] = { COMMUTATOR, NEGATOR };

	pk_drop_plain(s, o);
	for (size_t i = 0; i < PK_COUNT(references); i++) {
		const char *reference = pk_attr(o, references[i]);

		if (reference && *pk_item_part(s, reference, SHELL))
			pk_emit(s, "DROP OPERATOR IF EXISTS %s", pk_item_part(s, reference, IDENT));
	}
}

const struct pk_kind pk_kind_operator = {
	.name = "operator", .sql_name = "OPERATOR", .folder = "operators", .query = pk_sql_operator, .attrs = attrs,
	.if_any = "pg_operator WHERE oid >= 16384",
	.n_attrs = PK_COUNT(attrs), .rank = 9, .owned = true, .create = create, .alter = alter, .drop = drop,
};
