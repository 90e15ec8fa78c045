/* Statements of schema files in an order in which most of them succeed at once. */
#ifndef PK_CATALOG_LOAD_ORDER_H
#define PK_CATALOG_LOAD_ORDER_H

#include "base/map.h"
#include "catalog/label.h"
#include "catalog/load.h"
#include "sql/action.h"

/* By what a statement defines or changes. Up to TABLE, definitions may use one another in any direction. */
enum pk_load_rank {
	PK_RANK_SCHEMA,
	PK_RANK_EXTENSION,
	PK_RANK_EARLY_PRIVILEGES, /* ALTER DEFAULT PRIVILEGES above what they are meant for */
	PK_RANK_TYPE,
	PK_RANK_SEQUENCE,
	PK_RANK_FUNCTION,
	PK_RANK_TABLE,
	PK_RANK_ALTER,
	PK_RANK_KEY,
	PK_RANK_INDEX,
	PK_RANK_FOREIGN_KEY,
	PK_RANK_VIEW,
	PK_RANK_PART,
	PK_RANK_OTHER,
	PK_RANK_COMMENT,
	PK_RANK_OWNER,
	PK_RANK_GRANT_MANY, /* before what is said of one thing */
	PK_RANK_REVOKE,
	PK_RANK_GRANT, /* and what has to stay behind it in its file */
	PK_RANK_REVOKE_SCHEMA, /* then nobody may be left who can name what is in it, not even its owner */
	PK_RANK_GRANT_SCHEMA,
	PK_RANK_DEFAULT_PRIVILEGES,
	PK_RANK_EVENT_TRIGGER, /* must not see the loading */
};

/* What becomes of a statement when something that it names is dropped and made again: reload.c. */
enum pk_load_again {
	PK_AGAIN_OPAQUE, /* it may do anything */
	PK_AGAIN_NOT,	 /* it cannot be run again, but names all that it uses */
	PK_AGAIN_MADE,	 /* what it defines is dropped, and it is run again */
	PK_AGAIN_COPY,	 /* the same, and it takes over what others are by then: they are run again, too */
	PK_AGAIN_PART,	 /* a part that went along: run again */
	PK_AGAIN_KEY,	 /* the same, of a foreign key, which goes along with either of its tables */
	PK_AGAIN_CHANGE, /* it changes what others made: they are run again, then it is */
	PK_AGAIN_SAID,	 /* run again as often as one likes */
};

struct pk_load_item {
	const struct pk_source_file *file;
	const struct pk_statement *statement;
	const char *text; /* what is sent: the statement, or it with IF NOT EXISTS put in */
	const char *without_rows; /* a materialized view whose rows may be elsewhere: as it is tried then; or NULL */
	enum pk_load_rank rank;
	size_t context;			/* which settings of its file hold */
	struct pk_super_stmt super;	/* what a superuser may have to run */
	struct pk_label_stmt label;	/* SECURITY LABEL; else without a provider */
	bool shell;			/* CREATE TYPE of a name alone, which uses nothing but its schema */
	bool body;			/* CREATE FUNCTION or PROCEDURE, whose body is to be checked */
	enum pk_load_again again;
	const char *on, *refers_to;	/* PK_AGAIN_KEY: the names of its tables */
	const char *whole, *partition;	/* ATTACH PARTITION, PARTITION OF: the names of both; else NULL */
	bool revokes, on_schema, operator_class; /* on_schema: a right */
	bool replaces;			/* CREATE OR REPLACE */
	const char *about;		/* OWNER TO, GRANT, REVOKE: the name of what is given; NULL: of several */
	const char *shared;		/* a key, an index or a check: the name of its table, whose partitions have a share; else NULL */
	const char **defines;		/* names, without schemas; NULL terminated; or NULL */
	size_t *deps, n_deps, cap_deps; /* items that define a name which this one mentions, then: */
	size_t first_share;		/* of partitions' keys, indexes and checks that its own may take over */
	enum { PK_MARK_NONE, PK_MARK_OPEN, PK_MARK_DONE } mark; /* while sorting */
	bool cut;						/* a circle of tables closes here */
	size_t stand_in;					/* 1 + the item that makes the routine without its body first; 0: none */
	bool done;
	struct pk_err err; /* of the last try */
};
struct pk_load {
	struct pk_arena arena;
	struct pk_statements *files; /* of each source file */
	size_t n_files;
	struct pk_load_item *items;
	size_t n, cap;
	size_t *order;	       /* indices of items */
	const char **contexts; /* SQL that sets what the files set; [0] is "" */
	size_t n_contexts;
	bool sets_role;		/* a file says SET ROLE or SET SESSION AUTHORIZATION */
	struct pk_map definers; /* name to list of items */
};
#define PK_LOAD_INIT { 0 }
void pk_load_release(struct pk_load *load);
struct pk_load_item *pk_load_add(struct pk_load *load); /* moves the items */

/* SQL that gives a session the settings that hold for some statements. */
void pk_load_settings(const struct pk_load *load, size_t context, struct pk_buf *ret);
/* The place within the statement becomes a place in the file. */
void pk_load_place_error(const struct pk_load_item *item, struct pk_err *err);
/*
 * Loading leaves bodies of functions unchecked, as what they use may come later. Those that like does not
 * have are checked afterwards as CREATE FUNCTION does, unless their file says SET check_function_bodies = off.
 */
int pk_load_check_bodies(const struct pk_load *load, struct pk_conn *user, const struct pk_snapshot *like,
			 struct pk_err *err);

/* Splits, judges and refuses what has no place in a schema file. */
int pk_load_read(struct pk_load *load, const struct pk_source *source, struct pk_err *err);
void pk_load_sort(struct pk_load *load);
/* Has something failed for now that has to come before it whatever happens? patient: or that it seems to use. */
bool pk_load_waits(const struct pk_load *load, const struct pk_load_item *item, bool patient);
/* Runs what is not done yet: pk_source_load() without the reading. */
int pk_load_run(struct pk_load *load, struct pk_conn *user, struct pk_conn *admin, const struct pk_super_trust *trust,
		struct pk_err *err);
/* By all actions of the statement, and its text. */
enum pk_load_again pk_load_again_of(const struct pk_action *actions, size_t n, const char *text);
/* Calls fn with each name in an item's text, strings included that may be one; arg is its own. */
void pk_load_visit_names(const struct pk_load_item *item, void (*fn)(void *arg, const char *name), void *arg);
/*
 * Takes the foreign keys out of the tables that are not there yet, as statements of their own at the end; where there
 * are none, makes routines without their bodies first, or takes out the defaults and checks of tables, then of domains.
 * Returns how many: 0 means that nothing more can be done.
 */
size_t pk_load_cut_circles(struct pk_load *load);
/* It failed because what it makes is there: made as support, which serves as well. */
bool pk_load_stands_in(const struct pk_load *load, const struct pk_load_item *item);
/* Whether a statement that is not done yet defines the name. */
const struct pk_load_item *pk_load_definer(const struct pk_load *load, const char *name);

#endif
