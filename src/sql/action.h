/*
 * What a statement does, as plain facts: one action a statement, or one a subcommand of ALTER TABLE.
 * Rules and the loader work on these, so that libpg_query's structs stay in this folder.
 */
#ifndef PK_SQL_ACTION_H
#define PK_SQL_ACTION_H

#include "sql/split.h"

enum pk_verb {
	PK_OTHER,
	PK_CREATE,
	PK_ALTER,
	PK_DROP,
	PK_RENAME,
	PK_COMMENT,
	PK_GRANT,
	PK_REVOKE,
	PK_OWNER,
	PK_SELECT,
	PK_INSERT,
	PK_UPDATE,
	PK_DELETE,
	PK_MERGE,
	PK_TRUNCATE,
	PK_COPY,
	PK_COPY_PROGRAM,
	PK_LOCK,
	PK_VACUUM,
	PK_CLUSTER,
	PK_REINDEX,
	PK_REFRESH,
	PK_DO,
	PK_CALL,
	PK_SET,
	PK_BEGIN,
	PK_COMMIT,
	PK_ROLLBACK,
	PK_SAVEPOINT,
	PK_UNPARSED,
};
/*
 * Subcommands of ALTER TABLE and relatives; the whole statement is PK_ALTER. Columns and constraints of
 * CREATE TABLE follow its action as PK_CREATE with PK_ADD_COLUMN and PK_ADD_CONSTRAINT.
 */
enum pk_sub {
	PK_SUB_NONE,
	PK_ADD_COLUMN,
	PK_DROP_COLUMN,
	PK_ALTER_TYPE,
	PK_SET_NOT_NULL,
	PK_DROP_NOT_NULL,
	PK_SET_DEFAULT,
	PK_DROP_DEFAULT,
	PK_ADD_CONSTRAINT,
	PK_DROP_CONSTRAINT,
	PK_VALIDATE,
	PK_ADD_VALUE,
	PK_SET_LOGGED,
	PK_SET_UNLOGGED,
	PK_SET_TABLESPACE,
	PK_SET_ACCESS_METHOD,
	PK_ADD_IDENTITY,
	PK_DROP_EXPRESSION,
	PK_ATTACH,
	PK_DETACH,
	PK_ENABLE_RLS,
	PK_DISABLE_TRIGGER,
	PK_ENABLE_TRIGGER,
	PK_SUB_LIGHT, /* options, statistics: nobody who reads or writes waits */
	PK_SUB_OTHER,
};
enum pk_constraint {
	PK_CON_NONE,
	PK_CON_PRIMARY,
	PK_CON_UNIQUE,
	PK_CON_CHECK,
	PK_CON_FOREIGN,
	PK_CON_EXCLUDE,
	PK_CON_NOT_NULL
};

struct pk_action {
	enum pk_verb verb;
	enum pk_verb said; /* PK_UNPARSED: what its first words say it is; object, name and constraint likewise */
	enum pk_sub sub;
	/*
	 * "table", "index", "view", "materialized view", "type", "domain", "function", "role", "extension", "schema",
	 * "database", "sequence", "trigger", "policy", "column", "constraint", "enum value", ...; NULL when none.
	 */
	const char *object;
	/*
	 * Of the object; NULL where not given. For functions the name alone. PK_GRANT, PK_REVOKE: NULL of several, and of
	 * ALL ... IN SCHEMA. PK_SET: name of the setting ("all" for RESET ALL and DISCARD ALL).
	 */
	const char *schema, *name;
	const char *rel_schema, *rel_name; /* the relation it is on: index, trigger, policy, constraint, DML target */
	const char *column;		   /* column concerned */
	/* RENAME; SET SCHEMA is a RENAME whose ref_schema is the new schema; ALTER DOMAIN: the constraint. */
	const char *new_name;
	const char *type; /* ADD COLUMN, ALTER TYPE, domains, casts, transforms: as SQL text, e.g. "character varying(20)" */
	const char *collation; /* of the type, as given; or NULL */
	/*
	 * Expression of a default, USING, CHECK or generated column, as SQL text; a cast's target; enum value added; PK_SET:
	 * the value; PK_LOCK: the mode; PK_DO: the body; PK_UNPARSED: what the grammar says, or NULL; CREATE DOMAIN: its
	 * CHECK, else its default.
	 */
	const char *def;
	enum pk_constraint constraint;
	/* Key columns of a constraint or index, labels of CREATE TYPE ... AS ENUM; NULL terminated, or NULL. */
	const char *const *columns;
	const bool *expressions;	/* of an index: which of columns are SQL text, no names; or NULL */
	const char *const *ref_columns; /* of REFERENCES, as columns; NULL: the primary key */
	const char *method;		/* of an index: "btree", "gin" */
	const char *where;		/* predicate of an index, WHERE of DML, as SQL text */
	/* REFERENCES; ATTACH/DETACH: the partition; OWNED BY; PARTITION OF: the parent; CREATE FOREIGN DATA WRAPPER: the validator. */
	const char *ref_schema, *ref_name;
	const char *using_index; /* ADD CONSTRAINT ... USING INDEX */
	bool concurrently, if_exists, if_not_exists, cascade, unique, not_valid, not_null, only,
		has_default, serial, identity, generated, has_where, replace, temporary,
		partition_of, unlogged, partitioned, /* CREATE TABLE ... PARTITION BY */
		default_partition,		     /* ATTACH or PARTITION OF ... DEFAULT */
		local,				     /* SET LOCAL */
		full,				     /* VACUUM FULL */
		nulls_equal,			     /* NULLS NOT DISTINCT, of an index or constraint */
		inert, /* CREATE or ALTER SUBSCRIPTION that connects to nobody and gives it no slot */
		nested;	  /* found inside a DO body: line is in the body */
	const char *args; /* of a routine: types of what it takes, "integer, text"; NULL: not said */
	const char *language; /* of a routine, as given; NULL: sql */
	const char *provider; /* of a security label, whose text is def (NULL: none) and type what kind of object it is on; or NULL */
	bool superuser;	      /* it says something that only superusers may say */
	bool shell;	   /* CREATE TYPE of a name alone */
	bool reads_values; /* routines, publications: to make it, values of types may be read that are not the server's own */
	int leakproof_at;  /* CREATE FUNCTION, and ALTER FUNCTION that says nothing else: 1 + where LEAKPROOF
			      stands in the statement; 0: it is not said */
	int line, col;	  /* in the text that was split, 1-based */
	size_t place;	  /* of a subcommand of ALTER TABLE: how many stand before it */
	size_t statement; /* index into the statements */
};
struct pk_actions {
	struct pk_arena arena;
	struct pk_action *items;
	size_t n, cap;
};
#define PK_ACTIONS_INIT { 0 }
void pk_actions_release(struct pk_actions *actions);
/* Facts of all statements, in order. Inline constraints of ADD COLUMN give actions of their own after it
   (ADD_CONSTRAINT with column set). Plain statements in DO bodies follow their DO, marked nested. Statements
   that did not parse give PK_UNPARSED, for the server to judge. Never fails. */
void pk_sql_actions(const struct pk_statements *statements, struct pk_actions *ret);

/* Role names that a text creates or names in GRANT, OWNER TO, POLICY ... TO, DO bodies included. */
struct pk_strv;
void pk_sql_roles(const struct pk_statements *statements, struct pk_strv *ret);
/* Tablespaces that a text puts tables and indexes into. */
void pk_sql_spaces(const char *text, struct pk_strv *ret);
/* False: it names none, which is quicker to see than what it consists of. */
bool pk_sql_may_name_roles(const char *text);

/*
 * CREATE TABLE or CREATE DOMAIN without its foreign keys, or its defaults and checks, which come as ALTER ... in ret; a
 * domain's default comes last.
 * NULL when it has none, or is something else. Caller frees.
 */
enum pk_apart { PK_APART_FOREIGN_KEYS, PK_APART_EXPRESSIONS };
char *pk_sql_take_apart(const char *create, enum pk_apart what, struct pk_strv *ret);
/*
 * CREATE FUNCTION or PROCEDURE whose body the server would parse, with a text that uses nothing in its place. NULL when
 * its body is text, or it is something else. Caller frees.
 */
char *pk_sql_stand_in(const char *create);
/* A body that gives NULL or no rows, as a literal, for a routine whose own does not matter. NULL: it is none. Caller frees. */
char *pk_sql_idle_body(const char *create);
/* CREATE ... with OR REPLACE, where it does not say so. Caller frees. */
char *pk_sql_or_replace(const char *create);

/* What an expression is: constant or stable (no rewrite as a default), volatile, or unknown functions. */
enum pk_volatility { PK_VOL_STABLE, PK_VOL_VOLATILE, PK_VOL_UNKNOWN };
enum pk_volatility pk_sql_expr_volatility(const char *expr_sql);
/* The names of functions in an expression that are not known here, without schema; for the catalog to judge. */
void pk_sql_expr_functions(const char *expr_sql, struct pk_strv *ret);
/* True when an expression holds a subquery. */
bool pk_sql_expr_has_subquery(const char *expr_sql);
/* True when CHECK (expr) proves that column is not null: "c IS NOT NULL", alone or as an arm of AND. */
bool pk_sql_proves_not_null(const char *expr_sql, const char *column);
/* True for a bare column, or that column cast by :: to exactly type (NULL: to anything). */
bool pk_sql_is_plain_cast(const char *expr_sql, const char *column, const char *type);
/*
 * True when a string constant of a statement may become a value of the type (its name without schema): it is the
 * value's text, and not cast to another type alone. What a comment or the body of a routine says is no constant.
 */
bool pk_sql_may_make(const char *sql, const char *type, const char *value);

#endif
