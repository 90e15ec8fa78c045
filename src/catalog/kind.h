/*
 * Kinds of objects: one file each and one row in the table of kinds.c. A kind knows its catalog
 * query, how to create, alter and drop; nothing else in the program switches on the kind.
 *
 * A query must run on every version from PostgreSQL 14; what only some have stands on lines that
 * end in "-- pg>=16" or "-- pg<16" and are sent to those alone (catalog/query.h).
 *
 * Every text in an object (ident, owner, comment, attributes) is a piece of SQL that the server
 * quoted or deparsed; schema and name alone are raw.
 */
#ifndef PK_CATALOG_KIND_H
#define PK_CATALOG_KIND_H

#include "catalog/script.h"
#include "catalog/snapshot.h"

enum pk_outcome {
	PK_SAME,
	PK_ALTERED,      /* in place; dependents need not know */
	PK_ALTERED_TYPE, /* in place, but what depends on it has to be dropped before and made again after */
	PK_RECREATE,     /* drop and create */
	PK_RETYPE,       /* a type or collation: the old one is renamed, columns move to the new one, the old one dropped */
};

/* What happened to something that an object uses, and what that means for the object. */
enum pk_loss {
	PK_LOSS_TYPE, /* its type changed in place */
	PK_LOSS_GONE, /* dropped for good */
	PK_LOSS_ANEW, /* dropped and made again */
};
enum pk_reaction {
	PK_UNTOUCHED,
	PK_MADE_ANEW,
	PK_RETYPED, /* a column: moves to the type that takes the old one's place */
	PK_RETIED,  /* its tie is cut before and made again after */
	PK_SAID_AGAIN, /* the server makes it anew by itself, and forgets its extras and comment */
};

struct pk_kind {
	const char *name;           /* "table": in paths, keys and messages (there by pk_kind_words) */
	const char *sql_name;       /* "TABLE": in COMMENT ON, ALTER ... OWNER TO */
	const char *folder;         /* of schema files; NULL: written into the parent's file */
	const char *query;          /* catalog/sql/<name>.sql; its lines by version: catalog/query.h */
	/*
	 * A FROM clause: where it finds no row the query would not, and is not run; or the name of a catalog that has no
	 * rows in a new database; NULL: always run.
	 */
	const char *if_any;
	/* What of it the role may not see, in words, or NULL: reported. No function: all is seen. */
	const char *(*unseen)(const struct pk_object *o);
	const char *const *attrs;   /* names of the columns of the query that are attributes */
	size_t n_attrs;
	int rank;                   /* order of creation among what is free to come next */
	int sql_name_attr;          /* 1 + index of the attribute that is the SQL name (FUNCTION or PROCEDURE); 0: sql_name */
	const char *takes;          /* the privilege on relations it uses that its owner, or who makes it, must have; or NULL */
	const char *grant_on;       /* "TABLE": in GRANT ... ON; NULL: no privileges */
	int grant_name_attr;        /* 1 + index of the attribute that names it in GRANT; 0: ident */
	/* What its statements lock, its relation or itself, unless they say other; NULL: nothing. */
	const char *lock_create, *lock_alter, *lock_drop;
	/*
	 * The query is for very many rows: it joins, and has no subquery for each row but such that read
	 * one table, so that the server may be told to hash (its guesses without statistics end in nested loops).
	 */
	bool hash_joins;
	bool opens_relations;       /* the query deparses what names columns: the server opens their relations */
	bool superuser;             /* pk_create_defined() is a superuser's */
	bool owned;                 /* ALTER ... OWNER TO */
	bool relation_name;         /* shares the name space of relations and types with others */
	bool no_row_type;           /* of which it is a relation alone */
	bool no_relation;           /* of which it is a type alone */
	bool part;                  /* has no text of its own: columns */
	bool comes_first;           /* is there before its parent, and takes along what uses it: the shell of a type */
	bool shape;                 /* of what a partition must have before it is attached: columns, keys, indexes */
	bool attachment;            /* the place of a partition under its parent */
	bool type;                  /* columns can have it: a collation, too */
	int also_type_attr;         /* 1 + index of the attribute that names a type which comes with it: a multirange */
	bool routine;               /* shares the name space of functions and aggregates */
	int body_attr;              /* 1 + index of the attribute that creates it with a body that is text; 0: none */
	int places_attr;            /* 1 + index of the attribute whose text may name columns by their places: places.c; 0: none */
	bool grows;                 /* its changes in place only add to it: what uses it may stay until later */
	bool extension;             /* what belongs to it is left alone */
	bool columns_apart;         /* a relation whose columns come and go by statements of their own */
	size_t most_parts;          /* it can ever have, those that are gone included; 0: any number */
	bool keeps_rows;            /* a view with rows of its own */
	bool foreign;               /* one whose rows are elsewhere */
	int superusers_attr;        /* 1 + index of the attribute without which its owner counts; with it, it is some superuser; 0: none */
	bool linked;                /* goes with its parent and with what else it uses, but for columns */
	bool carried;               /* a copy of a database is given it by its text: what reaches elsewhere */
	bool shared;                /* its catalog is the cluster's: a database copied by the server lacks it */
	bool blocks_type_change;    /* a column that it uses cannot change its type */
	const struct pk_kind *sorts_by; /* what uses one of these that it uses may need it, to sort; NULL: nothing does */
	bool stays;                 /* never made anew because what it uses is */
	int parent_attr;            /* 1 + index of the attribute that names the index or constraint it is a partition's share of */
	int state_attr;             /* 1 + index of the attribute that is no part of the picture, and not copied with it; 0: none */
	int grant_prefix_attr;      /* 1 + index of the attribute that stands before GRANT, grant_name_attr names the kind; 0: none */

	/*
	 * Sets what the query leaves out since it follows from its row, its parent and the relation whose oid is its
	 * column other_oid (NULL: it is not known), if only ident. NULL: nothing.
	 */
	void (*complete)(struct pk_arena *arena, struct pk_object *o, const struct pk_object *other);
	/* The attribute that it may leave NULL (1 + index), and what tells it then, oid and text of the oids $1. 0: none */
	int rest_attr;
	const char *rest;
	/* Does it take a name among relations and types without being one? NULL: as relation_name says. */
	bool (*takes_relation_name)(const struct pk_object *o);
	/* The relation that comes with it without being an object, as SQL names it: an identity's sequence. NULL: none. */
	const char *(*brings)(struct pk_script *s, const struct pk_object *o);
	/* Can its relation have only one such, whatever its name? NULL: no. */
	bool (*exclusive)(const struct pk_object *o);
	/* May it stand in the statement that makes its parent? NULL: no. */
	bool (*folds)(const struct pk_object *o);
	/* What neither that nor create() says: storage of a column, the comment on a constraint's index. from NULL: new. */
	void (*extras)(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
	/* What is its own, where the column of a parent that is added (first) brought it along. Of kinds with origins. */
	void (*follow)(struct pk_script *s, const struct pk_object *first, const struct pk_object *o);
	/* Does it see, and may it forbid, whatever is done? Then it goes before all else, and comes after it. NULL: no. */
	bool (*watches)(const struct pk_object *o);
	/* Does its relation have to be made anew when its type changes? NULL: no. */
	bool (*fixed)(const struct pk_object *o);
	/* Does the server make it, with the one that it is a partition's share of? NULL: no. */
	bool (*comes_by_itself)(const struct pk_object *o);
	/* The table that a foreign key refers to, as SQL names it; NULL: none. */
	const char *(*references)(const struct pk_object *o);
	/*
	 * What the loss of something it uses means; after: what that becomes, or NULL. No function: made anew; at a change of
	 * type only if blocks_type_change.
	 */
	enum pk_reaction (*reaction)(const struct pk_object *user, const struct pk_object *used,
				     const struct pk_object *after, enum pk_loss loss);
	/*
	 * A tie to others that a statement of its own cuts and makes, so that circles come apart: a
	 * column's default, a sequence's owner, a table's parents, a domain's checks, what a view shows,
	 * a function's parsed body. tie() is NULL where there is none.
	 */
	const char *(*tie)(const struct pk_object *o);
	bool (*tie_same)(const struct pk_object *from, const struct pk_object *to); /* NULL: alter() sees to it */
	void (*untie)(struct pk_script *s, const struct pk_object *from, const struct pk_object *to); /* to NULL: it goes */
	void (*retie)(struct pk_script *s, const struct pk_object *to); /* NULL: late() does it */
	/* Must it be cut before all other changes, and made after them? NULL: no. */
	bool (*tie_apart)(const struct pk_object *from, const struct pk_object *to);
	/* Does it use the relation or type by its tie alone? NULL: the tie uses functions and the like alone. */
	bool (*tie_uses)(const struct pk_object *o, const struct pk_object *used);
	bool tie_in_files;          /* schema files say what stands in for it, too: it is not to be seen from the tie */
	bool tied_to_column;        /* the tie names a column: goes with it, belongs to its owner, is no part of creation */
	/*
	 * What a relation says about its indexes (replica identity, CLUSTER ON), once they exist, and the
	 * parents that an existing table is given, once it has their columns. from NULL: new.
	 */
	void (*late)(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);

	/* Statements that make the object, without owner, comment, security labels and privileges. */
	void (*create)(struct pk_script *s, const struct pk_object *o);
	/*
	 * Statements from one to the other; attributes differ. Decides, and emits when the outcome is
	 * PK_ALTERED or PK_ALTERED_TYPE. What was emitted for other outcomes is thrown away.
	 */
	enum pk_outcome (*alter)(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
	void (*drop)(struct pk_script *s, const struct pk_object *o);
	/*
	 * Of what is made anew because its own definition changes, on a relation that is in use: makes the
	 * new one under another name while the old one still serves; create() with s->beside set gives it
	 * the name, after drop(). NULL: the kind cannot. Both or none are there.
	 */
	void (*stand_beside)(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
	bool (*can_stand_beside)(const struct pk_object *from, const struct pk_object *to);
	/*
	 * Makes room for the new one of the same name: a type while columns move to the new one (PK_RETYPE),
	 * a table that is made anew while its rows do. It is called pk_aside_ident() then. NULL: is dropped.
	 */
	void (*set_aside)(struct pk_script *s, const struct pk_object *o);
	bool sheds; /* set aside, it lets go of all but types */
	/* Moves the rows of the old table, which stands aside, into the new one, which is complete but for its parts. */
	void (*refill)(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
	void (*drop_aside)(struct pk_script *s, const struct pk_object *from, const struct pk_object *to); /* NULL: plainly */

	/* Rows that were taken from what stood in for others are taken again. NULL: it takes none from others. */
	void (*refresh)(struct pk_script *s, const struct pk_object *o);

	/* Gives the object, under the name `from` by then, the name `to`; both unquoted. NULL: there is no way. */
	void (*rename)(struct pk_script *s, const struct pk_object *o, const char *from, const char *to);
	/* Is there no way for this one: the shell of a type, a check of a typed table? NULL: no. */
	bool (*keeps_name)(const struct pk_object *o);
	bool named_freely;          /* its name is nobody's business: where it alone differs, it is renamed unasked */
	int named_attr;             /* 1 + index of the attribute in whose text the name stands; 0: none */
	/* Does it take its new name from the parent's of the same name? NULL: no. */
	bool (*renamed_along)(const struct pk_object *o);
	/* Have the heirs of its relation one of the same name, which is renamed with it? NULL: no. */
	bool (*renames_heirs)(const struct pk_object *o);
	const char *inside;         /* what has a name in it without being an object: "value"; NULL: nothing */
	int inside_attr;            /* 1 + index of the attribute that lists these, by quoted names */
};

extern const struct pk_kind *const pk_kinds[]; /* ends with NULL */

extern const struct pk_kind pk_kind_schema, pk_kind_extension, pk_kind_enum, pk_kind_composite, pk_kind_domain,
	pk_kind_range, pk_kind_sequence, pk_kind_function, pk_kind_aggregate, pk_kind_table, pk_kind_column, pk_kind_identity,
	pk_kind_attachment, pk_kind_constraint, pk_kind_index, pk_kind_view, pk_kind_matview, pk_kind_trigger,
	pk_kind_policy, pk_kind_rule, pk_kind_statistics, pk_kind_default_acl, pk_kind_collation,
	pk_kind_text_search_parser, pk_kind_text_search_template, pk_kind_text_search_dictionary,
	pk_kind_text_search_configuration,
	pk_kind_base_type, pk_kind_shell, pk_kind_operator, pk_kind_operator_family, pk_kind_operator_class, pk_kind_cast,
	pk_kind_conversion, pk_kind_access_method, pk_kind_language, pk_kind_transform,
	pk_kind_foreign_data_wrapper, pk_kind_foreign_server, pk_kind_user_mapping, pk_kind_foreign_table,
	pk_kind_publication, pk_kind_publication_table, pk_kind_publication_schema, pk_kind_subscription,
	pk_kind_event_trigger, pk_kind_partition_trigger;

/* Helpers for kinds. */
static inline const char *pk_attr(const struct pk_object *o, int index) { return o->attr[index]; }
static inline bool pk_attr_changed(const struct pk_object *a, const struct pk_object *b, int index)
{
	return !pk_streq(a->attr[index], b->attr[index]);
}
/* Lists inside an attribute are separated by \x01; parts of an item by \x02. Items are in the script's arena. */
#define PK_LIST_SEP '\x01'
#define PK_PART_SEP '\x02'
/* *ret_items: in the script's arena; returns how many. attr NULL or "": none. */
size_t pk_attr_list(struct pk_script *s, const char *attr, const char *const **ret_items);
/* The part of an item (0-based), copied into the arena; "" when absent. */
const char *pk_item_part(struct pk_script *s, const char *item, int part);
/* The item whose first part is the name, or NULL. */
const char *pk_item_find(struct pk_script *s, const char *const *items, size_t n, const char *name);
/* Items name \x02 'value': " OPTIONS (...)" to create, with ADD, SET and DROP to alter; "" when there is none. */
const char *pk_foreign_options(struct pk_script *s, const char *options);
const char *pk_foreign_options_change(struct pk_script *s, const char *from, const char *to);
/* Items joined: "a, b". NULL for an empty list. */
const char *pk_attr_joined(struct pk_script *s, const char *attr);
/* SET (...) and RESET (...) of options, "ALTER TABLE x " before each. */
void pk_alter_options(struct pk_script *s, const char *alter_what, const char *from, const char *to);
const char *pk_sql_name(const struct pk_object *o);
bool pk_object_folds(const struct pk_object *o);
bool pk_object_comes_by_itself(const struct pk_object *o);
bool pk_takes_relation_name(const struct pk_object *o);
/*
 * What only one object at a time can be called: adds the names among relations, types and routines that it takes with
 * this name, raw, and what is its multirange's.
 */
void pk_add_taken_names(struct pk_script *s, const struct pk_object *o, const char *schema, const char *name, struct pk_strv *names);
void pk_add_relation_name(struct pk_strv *names, const char *schema, const char *name);
void pk_add_type_name(struct pk_strv *names, const char *schema, const char *name);
const char *pk_object_tie(const struct pk_object *o);
bool pk_tied_later(const struct pk_script *s, const struct pk_object *o);
/* "CREATE <sql_name> <ident> (<first attribute>)" */
void pk_create_defined(struct pk_script *s, const struct pk_object *o);
/* "DROP <sql_name> <ident>" */
void pk_drop_plain(struct pk_script *s, const struct pk_object *o);
/* Outcome of kinds that are always made anew. */
/* What alter() returns where it says why. */
enum pk_outcome pk_anew(struct pk_script *s, enum pk_outcome outcome, const char *why);
enum pk_outcome pk_alter_recreate(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
/* The part of a table that says where it is attached; NULL: no partition. */
const struct pk_object *pk_part_named(const struct pk_object *of, const struct pk_kind *kind, const char *name); /* NULL: none */
const struct pk_object *pk_attachment_of(const struct pk_object *table);
/* A name made of another one and a suffix, quoted; none that anything has before or after. */
const char *pk_name_with(struct pk_script *s, const char *name, const char *suffix);
/* Under which the new one is built while the old one still has the name (s->beside). */
const char *pk_beside_name(struct pk_script *s, const struct pk_object *o);
const char *pk_beside_ident(struct pk_script *s, const struct pk_object *o);
/* Where words stand in a piece of SQL outside of parentheses and quotes; NULL: nowhere. */
const char *pk_find_outside(const char *sql, const char *words);
void pk_kind_words(struct pk_buf *out, const char *kind); /* "materialized view" of "materialized_view" */
const char *pk_aside_name(struct pk_script *s, const char *name);
/* The two parts of a qualified name: quoted, and as it is. */
const char *pk_schema_of_ident(struct pk_arena *arena, const char *ident);
const char *pk_name_of_ident(struct pk_script *s, const char *ident);
/* table_move.c */
void pk_table_set_aside(struct pk_script *s, const struct pk_object *o);
void pk_table_refill(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
void pk_table_drop_aside(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
bool pk_table_forces_security(const struct pk_object *table);
/* ALTER <sql_name> x RENAME TO x__replaced; its name after that is pk_aside_ident(). */
void pk_set_aside_type(struct pk_script *s, const struct pk_object *o);
const char *pk_aside_ident(struct pk_script *s, const struct pk_object *o);

/* Is there a way to another name for it, beside making it anew? */
bool pk_can_be_renamed(const struct pk_object *o);
/* "ALTER <sql_name> <ident> RENAME TO ..." */
void pk_rename_itself(struct pk_script *s, const struct pk_object *o, const char *from, const char *to);
/* "ALTER TABLE <parent> RENAME <sql_name> ... TO ..." */
void pk_rename_in_parent(struct pk_script *s, const struct pk_object *o, const char *from, const char *to);
/* Has it something inside (kind->inside) of that name, unquoted? */
bool pk_has_inside(struct pk_script *s, const struct pk_object *o, const char *name);
void pk_rename_inside(struct pk_script *s, const struct pk_object *o, const char *from, const char *to);
/* What follows the name in how SQL names it: "(integer)" of a function, " ON public.t" of a trigger. */
const char *pk_ident_tail(const struct pk_object *o);
/* The name without that, where it is part of it: "f" of "f(integer)". In the arena. */
const char *pk_bare_name(struct pk_arena *arena, const struct pk_object *o);
bool pk_is_named(const struct pk_object *o, const char *name);
/* How SQL names it under another name: "public.new", "new ON public.t", "public.new(integer)". */
const char *pk_ident_named(struct pk_script *s, const struct pk_object *o, const char *name);

/*
 * Children of a kind, or (NULL) those that always go with it; the list is in the arena. For the fingerprint they stand
 * by name, for people columns stand as they are.
 */
size_t pk_children(struct pk_script *s, const struct pk_object *o, const struct pk_kind *kind, const struct pk_object ***ret);
/* Everything that makes the object and its parts: creation, owner, comment, security labels, privileges. */
void pk_object_create(struct pk_script *s, const struct pk_object *o);

/* Owner, comment, security labels and privileges, the same for all kinds. Creation: what differs from what CREATE gives. */
void pk_common_create(struct pk_script *s, const struct pk_object *o);
/* What the server forgets when it makes it anew by itself: its comment and extras. */
void pk_common_again(struct pk_script *s, const struct pk_object *o);
void pk_common_alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
bool pk_common_same(const struct pk_script *s, const struct pk_object *a, const struct pk_object *b);

/* Have its values a cast of their own to what takes its place: of a composite type, also below domains? */
bool pk_type_has_cast(const struct pk_object *type);
/* Is this, as format_type() has it, the type or relation's row type, or an array of it? */
bool pk_is_type(const char *text, const struct pk_object *type);

/* Makes its text name columns by their places in the order of their names; and as it has to be said by whoever runs it. */
void pk_places_by_name(struct pk_arena *arena, struct pk_object *o);
const char *pk_places_said(struct pk_script *s, const struct pk_object *o);
bool pk_places_name(const struct pk_object *o, const struct pk_object *table); /* does it name columns of that so? */

/* Pieces of tables that others need. */
void pk_column_definition(struct pk_script *s, const struct pk_object *column, struct pk_buf *out, bool with_default);
/* Of a typed table: "name WITH OPTIONS DEFAULT ... NOT NULL". */
bool pk_column_has_options(const struct pk_object *column);
void pk_column_options(struct pk_script *s, const struct pk_object *column, struct pk_buf *out);
bool pk_column_inherited(const struct pk_object *column);
const char *pk_column_type(const struct pk_object *column); /* without its modifier */
struct pk_object *pk_column_at(const struct pk_object *relation, long number); /* NULL: it has none such */
void pk_column_set_identity(struct pk_object *column, const char *options); /* while it is read */
const char *pk_column_collation(const struct pk_object *column); /* NULL: its type's */
const char *pk_column_quoted(const struct pk_object *column);
/* A value of the old column, as it can be assigned to the new one. */
const char *pk_column_value(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
/* Can a foreign key stay while one of its columns changes from one to the other, and its other side has or has not? */
bool pk_column_keeps_keys(const struct pk_object *from, const struct pk_object *to);
/* Does it lose NOT NULL, and this heir's column with it, whatever that says? */
bool pk_column_takes_not_null(const struct pk_object *from, const struct pk_object *to, const struct pk_object *heir);
bool pk_column_follows_type(const struct pk_object *column); /* of a typed table: comes and goes with its type's */
bool pk_column_has_default(const struct pk_object *column); /* its own, or its type's */
bool pk_column_generated(const struct pk_object *column);
/* Is its default another one for each row? Also where that is not known. */
bool pk_column_default_varies(const struct pk_object *column);
const char *pk_column_identity(struct pk_script *s, const struct pk_object *column); /* its sequence, as SQL names it; or NULL */
/* to NULL: its table makes room for another one. */
void pk_column_stand_in(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, enum pk_stand_in stand_in);
/* Changes the type of a column that keeps its definition, because the type behind it was replaced, or back from what stands in. */
void pk_column_retype(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, enum pk_stand_in from_stand_in);
bool pk_column_has_type(const struct pk_object *column, const struct pk_object *type); /* or an array of it */
bool pk_sequence_is_unlogged(const struct pk_object *sequence);
void pk_sequence_set_logging(struct pk_script *s, const struct pk_object *sequence); /* LOGGED or UNLOGGED, as it is */
void pk_identity_keep_logging(struct pk_script *s, const struct pk_object *identity); /* where it is not its table's */
/* Has a new identity of that table to come in a statement of its own? With SET LOGGED it would be as the table was. */
bool pk_identity_waits_for_logging(const struct pk_script *s, const struct pk_object *table);
/* No value lies in both: the sequence has to restart in the same statement. */
bool pk_sequence_bounds_apart(const char *old_min, const char *new_min, const char *old_max, const char *new_max);
/* A sequence that takes another one's place goes on behind the numbers that the column holds. */
void pk_sequence_go_on(struct pk_script *s, const struct pk_object *column, const char *ident, const char *increment,
		       const char *min, const char *max);
void pk_sequence_succeeds(struct pk_script *s, const struct pk_object *sequence, const struct pk_object *column);
/* The last value, where it would lie outside new bounds, moved into them; nothing else changes. Apart: nothing. */
void pk_sequence_into_bounds(struct pk_script *s, const char *ident, const char *old_min, const char *new_min,
			     const char *old_max, const char *new_max);
/* Has the table a valid check from which it follows that the column (raw name) is not null? */
bool pk_constraint_proves_not_null(const struct pk_object *table, const char *column);
/* The table that a foreign key refers to; NULL: none, or its own, or it is none. */
const struct pk_object *pk_constraint_referenced(const struct pk_object *o);
/* The same one, proven, that an heir has by itself on the old side: the whole's takes it in. NULL: it has none. */
const struct pk_object *pk_constraint_of_heir(const struct pk_script *s, const struct pk_object *heir, const struct pk_object *o);
/* A foreign key that is taken in loses its triggers on the table that it refers to. */
#define PK_TAKEN_IN "ACCESS EXCLUSIVE"
bool pk_constraint_same_sort(const struct pk_object *a, const struct pk_object *b); /* true for two indexes, too */
bool pk_constraint_is_check(const struct pk_object *o); /* false for objects of other kinds too */
/* The type that a domain comes down to; whether it or one below it checks values. */
const char *pk_domain_base(const struct pk_object *domain, bool *ret_checked);
const char *pk_domain_default(const struct pk_object *domain); /* NULL: none */
/* Does the text name that type, and has that a default: a domain, or a base type? Arrays have none. */
bool pk_type_has_default(const struct pk_object *type, const char *text);
const char *pk_range_subtype(struct pk_arena *arena, const struct pk_object *range);
/* False also where it is not known. */
bool pk_function_is_stable(const struct pk_object *function); /* or immutable */
bool pk_constraint_merged(const struct pk_object *constraint); /* a check that a parent has too, or only it */
/* ALTER ... CLUSTER ON or SET WITHOUT CLUSTER; what: "TABLE". from NULL: new. */
void pk_late_cluster(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, int attr,
		     const char *what);
/* Of tables and foreign tables: their first attributes, what stands between the brackets of CREATE, and their parents. */
enum { PK_TABLE_IS_PARTITION, PK_TABLE_INHERITS };
void pk_table_parts(struct pk_script *s, const struct pk_object *o, bool typed, struct pk_buf *list);
const char *pk_table_parents(const struct pk_object *o);
/* Is it an heir of the parent all along? */
bool pk_table_keeps_parent(const struct pk_object *from, const struct pk_object *to, const char *parent);
bool pk_table_parents_same(const struct pk_object *from, const struct pk_object *to);
const char *pk_table_of_type(const struct pk_object *table); /* NULL: no typed table */
/* Of the same tables all along, without leaving them meanwhile. */
bool pk_table_stays_heir(const struct pk_object *from, const struct pk_object *to);
void pk_table_leave_parents(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
void pk_table_leave_all(struct pk_script *s, const struct pk_object *from);
/* An heir must have the parents' columns and checks already. from NULL: new, nothing. */
void pk_table_join_parents(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
/* It stands aside; its rows go into a table of plain columns, with what stands in for some, which takes its place. */
void pk_table_park(struct pk_script *s, const struct pk_object *o);
enum pk_reaction pk_table_reaction(const struct pk_object *user, const struct pk_object *used,
				   const struct pk_object *after, enum pk_loss loss);
static inline const char *pk_alter_table(const struct pk_object *table)
{
	return table->kind->foreign ? "ALTER FOREIGN TABLE" : "ALTER TABLE";
}
bool pk_table_is_partition(const struct pk_object *table);
/* Is it a partition of the same table, for the same bounds, all along? */
bool pk_table_stays_attached(const struct pk_object *from, const struct pk_object *to);
/* Tables as SQL names them; the bounds are the attachment's. */
struct pk_stmt *pk_partition_attach(struct pk_script *s, const struct pk_object *attachment, const char *whole, const char *table);
struct pk_stmt *pk_partition_detach(struct pk_script *s, const char *whole, const char *table);
/* The locks that a statement takes for making away with a partition, beside that on itself. */
void pk_partition_goes(struct pk_script *s, struct pk_stmt *stmt, const struct pk_object *table);
/* The table that it is a partition of; NULL: none. */
const struct pk_object *pk_partition_of(const struct pk_object *table);
/* A primary key, or the table's replica identity: can its columns not do without NOT NULL? */
bool pk_table_needs_not_null(const struct pk_object *part);
bool pk_table_is_unlogged(const struct pk_object *table);
bool pk_table_is_partitioned(const struct pk_object *table);
const char *pk_table_partition_key(const struct pk_object *table); /* "RANGE (a, b)"; NULL: it is not partitioned */

#endif
