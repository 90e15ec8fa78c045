/*
 * The queries that a database runs, as its pg_stat_statements has counted them, and what their names mean there:
 * relations with their columns, functions, search paths. Values are taken out of the texts before anything else is done
 * with them; what then is not known to be a statement on rows is counted and thrown away.
 */
#ifndef PK_CATALOG_WORKLOAD_H
#define PK_CATALOG_WORKLOAD_H

#include "base/arena.h"
#include "base/map.h"
#include "git/repo.h"
#include "pg/conn.h"
#include "sql/uses.h"

struct pk_work {
	const char *text; /* $1 in the place of literals, no comments */
	uint64_t calls;
	double mean_ms;
	const char *role;
	const char *const *path; /* schemas that its names are searched in, NULL terminated */
};
/* What goes or changes with something else. */
struct pk_link {
	enum pk_link_kind {
		PK_LINK_HEIR, /* a partition or another heir of a table: to its name */
		PK_LINK_VIEW, /* a view that reads a column (NULL: it reads none by name) of a relation */
		PK_LINK_ENUM, /* a column whose values are of an enum, be it in arrays or by a domain */
	} kind;
	const char *schema, *name, *column;	     /* of the table, the relation, the type */
	const char *to_schema, *to_name, *to_column; /* to_column: of PK_LINK_ENUM */
};
struct pk_workload {
	struct pk_arena arena;
	const char *remote;	    /* where it runs, for messages */
	const char *why_not, *hint; /* why nothing is known of it; why_not NULL: it is */
	const char *since;     /* when counting began, "2026-01-31 12:00 UTC"; NULL: not known */
	time_t read;	       /* when it was asked */
	bool kept;	       /* then, not now, */
	const char *why_now;   /* because of this; NULL: nobody tried */
	struct pk_work *items; /* the most called first */
	size_t n, cap;
	size_t hidden; /* statements whose text the role may not read */
	size_t unread; /* whose text is cut, lost, or does not parse */
	size_t ours; /* of the role that asks, reading tables as git postkit does before it copies them: left out */
	bool more; /* only the most called were read */
	struct pk_map relations, functions;
	struct pk_link *links;
	size_t n_links, cap_links;
};
#define PK_WORKLOAD_INIT { 0 }
void pk_workload_release(struct pk_workload *workload);

/*
 * Reads, in a transaction that can do nothing else, and ends it; statements longer than some seconds are given up. What
 * keeps it from being read is no error, but ret->why_not; -1: interrupted. The connection must not be in a transaction.
 */
int pk_workload_read(struct pk_conn *conn, const char *remote, struct pk_workload *ret,
		     struct pk_err *err);
/* The same as said by an error, which is emptied. remote NULL: there is none. */
void pk_workload_refused(struct pk_workload *workload, const char *remote, struct pk_err *why);

/*
 * The last one that was read is kept in a file of the repository's own folder, for this user alone: for whoever must not
 * connect. Absent or damaged: why_not.
 */
void pk_workload_load(const struct pk_repo *repo, const char *remote, struct pk_workload *ret);
/* Keeps what was read now, as far as that can be written; where it could not be read, what was kept takes its place. */
void pk_workload_keep_or_load(struct pk_workload *workload, const struct pk_repo *repo);

/* Removes it, as far as it is there. */
void pk_workload_forget(const struct pk_repo *repo, const char *remote);

/* What names mean to the query: borrowed from both. */
struct pk_uses_catalog pk_workload_names(const struct pk_workload *workload, const struct pk_work *work);

/* For those who fill one. */
struct pk_work *pk_workload_add(struct pk_workload *workload, const char *text, const char *role,
				const char *path);
/* column NULL: that the relation is there. */
void pk_workload_add_column(struct pk_workload *workload, const char *schema, const char *relation,
			    const char *column);
/* One of those that are called so. overload NULL: what it takes is not known. */
void pk_workload_add_function(struct pk_workload *workload, const char *schema, const char *name,
			      const struct pk_overload *overload);
void pk_workload_add_link(struct pk_workload *workload, const struct pk_link *link);

/* All of them. columns: NULL terminated, of a relation; overload: of a function, one after the other. */
typedef void pk_workload_name(void *arg, const char *schema, const char *name,
			      const char *const *columns, const struct pk_overload *overload);
void pk_workload_each_relation(const struct pk_workload *workload, pk_workload_name *fn, void *arg);
void pk_workload_each_function(const struct pk_workload *workload, pk_workload_name *fn, void *arg);

#endif
