/*
 * NOT NULL of columns. Up to 17 a mark; from 18 on a constraint with a name, which may be NOT VALID
 * and NO INHERIT. What a parent gains and loses its heirs gain and lose, but for what they have
 * said themselves, which 18 keeps. The name of what an heir has from its parent, and whether it is
 * valid, depend on how it became one, and cannot be changed: no part of the picture.
 */
#include "catalog/column.h"

/* The server chooses a name that no constraint of the schema has yet: another's now, or of what is there before. */
static bool is_usual(const struct pk_script *s, const struct pk_object *o)
{
	if (!pk_attr(o, NOT_NULL_NAME))
		return true;
	for (size_t i = 0; pk_attr(o, NOT_NULL_USUAL) && s->from && i < s->from->n; i++) {
		const struct pk_object *old = s->from->objects[i];

		if (old->kind == o->kind && pk_streq(old->schema, o->schema) &&
		    pk_streq(pk_attr(old, NOT_NULL_NAME), pk_attr(o, NOT_NULL_NAME)))
			return false;
	}
	return pk_attr(o, NOT_NULL_USUAL);
}

void pk_column_add_not_null(const struct pk_script *s, const struct pk_object *o, struct pk_buf *out)
{
	bool inherited = pk_attr(o, NOT_NULL_INHERITED);

	if (!pk_attr(o, NOT_NULL) || (pk_attr(o, NOT_NULL_INVALID) && !inherited))
		return;
	if (!inherited && !is_usual(s, o))
		pk_buf_addf(out, " CONSTRAINT %s", pk_attr(o, NOT_NULL_NAME));
	pk_buf_addf(out, " %s", pk_attr(o, NOT_NULL));
}

static struct pk_stmt *emit(struct pk_script *s, const struct pk_object *table, const char *lock, const char *sql)
{
	struct pk_stmt *stmt = pk_emit(s, "%s", sql);

	stmt->about = table;
	stmt->lock = lock;
	stmt->heirs = PK_ALL_HEIRS;
	return stmt;
}

static struct pk_stmt *alter_table(struct pk_script *s, const struct pk_object *o, const char *lock, const char *action)
{
	return emit(s, o->parent, lock, pk_arena_printf(s->arena, "ALTER TABLE %s %s", o->parent->ident, action));
}

static struct pk_stmt *on_constraint(struct pk_script *s, const struct pk_object *o, const char *lock, const char *verb,
				     const char *name, const char *rest)
{
	return alter_table(s, o, lock, pk_arena_printf(s->arena, "%s CONSTRAINT %s%s", verb, name, rest));
}

static bool no_inherit(const struct pk_object *o)
{
	return pk_ends_with(pk_attr(o, NOT_NULL), " NO INHERIT");
}

/* With its name, where there is one; not_valid: also when it is to be valid later. */
static struct pk_stmt *add_constraint(struct pk_script *s, const struct pk_object *o, bool not_valid)
{
	return on_constraint(s, o, "ACCESS EXCLUSIVE", "ADD", pk_attr(o, NOT_NULL_NAME),
			     pk_arena_printf(s->arena, " NOT NULL %s%s%s", pk_attr(o, QUOTED),
					     no_inherit(o) ? " NO INHERIT" : "", not_valid ? " NOT VALID" : ""));
}

static void validate(struct pk_script *s, const struct pk_object *o, const char *name)
{
	struct pk_stmt *stmt = on_constraint(s, o, "SHARE UPDATE EXCLUSIVE", "VALIDATE", name, "");

	stmt->scan = true;
	stmt->own_transaction = pk_script_online(s, o->parent);
	stmt->note = "reads and writes go on while the rows are checked";
}

static struct pk_stmt *set_plainly(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt = emit(s, o->parent, "ACCESS EXCLUSIVE",
				    pk_arena_printf(s->arena, "%s SET NOT NULL", pk_column_alter(s, o, false)));

	pk_stmt_joins(stmt, o->parent);
	return stmt;
}

/* A valid CHECK proves it, so that SET NOT NULL need not read the table under its lock. */
static void set_proven(struct pk_script *s, const struct pk_object *o)
{
	const char *name = pk_name_with(s, pk_arena_printf(s->arena, "postkit_%s", o->name), "_not_null");

	on_constraint(s, o, "ACCESS EXCLUSIVE", "ADD", name,
		      pk_arena_printf(s->arena, " CHECK (%s IS NOT NULL) NOT VALID", pk_attr(o, QUOTED)))
		->note = "holds for new rows from here on";
	validate(s, o, name);
	set_plainly(s, o)->note = "proven by the check, so the table is not read";
	on_constraint(s, o, "ACCESS EXCLUSIVE", "DROP", name, "");
}

/* Has the table a check, before and after, from which it follows? */
static bool is_proven(const struct pk_object *from, const struct pk_object *to)
{
	return pk_constraint_proves_not_null(from->parent, from->name) && pk_constraint_proves_not_null(to->parent, to->name);
}

static void set(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, bool plainly)
{
	bool constraint = pk_attr(to, NOT_NULL_NAME), online = pk_script_online(s, to->parent) && !plainly;

	if (constraint && (pk_attr(to, NOT_NULL_INVALID) || online)) {
		add_constraint(s, to, true);
		if (!pk_attr(to, NOT_NULL_INVALID))
			validate(s, to, pk_attr(to, NOT_NULL_NAME));
	} else if (!pk_attr(to, NOT_NULL_INHERITED) && (!is_usual(s, to) || no_inherit(to))) {
		add_constraint(s, to, false)->scan = true;
	} else if (from && is_proven(from, to)) {
		set_plainly(s, to)->note = "a check proves it, so the table is not read";
	} else if (online) {
		set_proven(s, to);
	} else {
		set_plainly(s, to)->scan = true;
	}
}

void pk_column_set_not_null(struct pk_script *s, const struct pk_object *o)
{
	set(s, NULL, o, false);
}

/* Up to 17 what a table loses its heirs lose as well, whatever they say. Heirs can be left out, partitions cannot. */
static bool spares_heirs(const struct pk_object *from, const struct pk_object *table)
{
	return !pk_attr(from, NOT_NULL_NAME) && !pk_table_is_partitioned(table);
}

/* A partition's own, which cannot be without NOT NULL (17 and later have them from the whole alone). */
static bool is_apart(const struct pk_object *heir)
{
	return pk_attr(heir, IDENTITY) && !pk_attr(heir->origin, IDENTITY) && pk_table_is_partitioned(heir->origin->parent);
}

static bool stays_attached(const struct pk_script *s, const struct pk_object *heir)
{
	const struct pk_object *after = s->to ? pk_snapshot_find(s->to, heir->key) : NULL;

	return after && pk_table_stays_attached(heir, after) && s->stays_heir(s, after);
}

/* Partitions, and theirs, that have one and stay: they are by themselves meanwhile, since an identity that goes takes its numbers along. */
static void set_apart(struct pk_script *s, const struct pk_object *table, const struct pk_object *from, bool back)
{
	for (size_t i = 0; s->stays_heir && i < table->n_heirs; i++) {
		const struct pk_object *heir = table->heirs[i], *own = NULL;

		for (size_t j = 0; j < heir->n_children && !own; j++)
			if (heir->children[j]->kind == from->kind && strcmp(heir->children[j]->name, from->name) == 0)
				own = heir->children[j];
		if (!own || !stays_attached(s, heir))
			continue;
		if (!is_apart(own))
			set_apart(s, heir, from, back);
		else if (back)
			pk_partition_attach(s, pk_attachment_of(heir), table->ident, heir->ident)->scan = true;
		else
			pk_partition_detach(s, table->ident, heir->ident);
	}
}

static void drop(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	bool spares = spares_heirs(from, to->parent);
	struct pk_stmt *stmt;

	set_apart(s, from->parent, from, false);
	stmt = emit(s, to->parent, "ACCESS EXCLUSIVE", pk_arena_printf(s->arena, "%s DROP NOT NULL", pk_column_alter(s, to, spares)));
	if (spares)
		stmt->heirs = PK_NO_HEIRS;
	pk_stmt_joins(stmt, to->parent);
	set_apart(s, from->parent, from, true);
}

static void comment(struct pk_script *s, const struct pk_object *o)
{
	const char *text = pk_attr(o, NOT_NULL_COMMENT);

	pk_emit(s, "COMMENT ON CONSTRAINT %s ON %s IS %s", pk_attr(o, NOT_NULL_NAME), o->parent->ident, text ? text : "NULL");
}

static bool passes_on(const struct pk_object *o)
{
	return pk_attr(o, NOT_NULL) && !no_inherit(o);
}

bool pk_column_takes_not_null(const struct pk_object *from, const struct pk_object *to, const struct pk_object *heir)
{
	if (!passes_on(from) || pk_attr(to, NOT_NULL))
		return false;
	if (!pk_attr(from, NOT_NULL_NAME))
		return !spares_heirs(from, from->parent);
	return pk_attr(heir, NOT_NULL_INHERITED) && strcmp(pk_attr(heir, NOT_NULL_INHERITED), "local") != 0;
}

/* An heir's own, of a column that comes with INHERITS. */
static bool said_apart(const struct pk_script *s, const struct pk_object *o)
{
	return !s->canonical && pk_column_comes_with_parents(s, o) && pk_attr(o, NOT_NULL) && !(o->origin && passes_on(o->origin));
}

void pk_column_not_null_extras(struct pk_script *s, const struct pk_object *o)
{
	if (pk_attr(o, NOT_NULL_INHERITED))
		return;
	if (said_apart(s, o))
		set(s, NULL, o, true);
	else if (pk_attr(o, NOT_NULL_INVALID))
		add_constraint(s, o, true);
	if (pk_attr(o, NOT_NULL_COMMENT))
		comment(s, o);
}

/* Both have it, on a server that gives it a name. Returns false when the comment went with the old one. */
static bool change(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, bool plainly)
{
	const char *old = pk_attr(from, NOT_NULL_NAME), *new = pk_attr(to, NOT_NULL_NAME);
	bool renamed = strcmp(old, new) != 0 && !pk_attr(to, NOT_NULL_INHERITED);

	/* Renaming reaches the heirs, and fails where theirs has another name. */
	if ((!pk_attr(from, NOT_NULL_INVALID) && pk_attr(to, NOT_NULL_INVALID)) || (renamed && pk_attr(from, NOT_NULL_APART))) {
		drop(s, from, from);
		set(s, from, to, plainly);
		return false;
	}
	if (renamed)
		on_constraint(s, to, "ACCESS EXCLUSIVE", "RENAME", old, pk_arena_printf(s->arena, " TO %s", new));
	if (no_inherit(from) != no_inherit(to))
		on_constraint(s, to, "ACCESS EXCLUSIVE", "ALTER", new, no_inherit(to) ? " NO INHERIT" : " INHERIT");
	if (pk_attr(from, NOT_NULL_INVALID) && !pk_attr(to, NOT_NULL_INVALID))
		validate(s, to, new);
	return true;
}

/* What happens to the parent's, before. True when that leaves nothing to do. */
static bool follows(const struct pk_object *from, const struct pk_object *to, bool *had)
{
	bool parent_had = passes_on(from->origin), parent_has = passes_on(to->origin);

	if (parent_had && parent_has)
		return pk_attr(from, NOT_NULL_INHERITED) && pk_attr(to, NOT_NULL_INHERITED);
	if (!parent_had && parent_has) {
		*had = true;
		return pk_attr(to, NOT_NULL);
	}
	/* Where the parent keeps it for itself the heirs keep theirs. */
	if (parent_had && !parent_has && !pk_attr(to->origin, NOT_NULL) && !spares_heirs(from->origin, to->origin->parent))
		*had = is_apart(from) || pk_streq(pk_attr(from, NOT_NULL_INHERITED), "local");
	return false;
}

void pk_column_alter_not_null(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, bool plainly)
{
	bool had = pk_attr(from, NOT_NULL), has = pk_attr(to, NOT_NULL), kept;
	const char *comment_before;

	if (pk_column_stays_heir(from, to) && follows(from, to, &had))
		return;
	kept = had && has;
	if (had && !has)
		drop(s, from, to);
	else if (!had && has)
		set(s, from, to, plainly);
	else if (kept && pk_attr(from, NOT_NULL_NAME) && pk_attr(to, NOT_NULL_NAME))
		kept = change(s, from, to, plainly);
	comment_before = kept ? pk_attr(from, NOT_NULL_COMMENT) : NULL;
	if (has && pk_attr(to, NOT_NULL_NAME) && !pk_streq(comment_before, pk_attr(to, NOT_NULL_COMMENT)))
		comment(s, to);
}
