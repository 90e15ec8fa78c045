/*
 * A connection. Every one starts with an empty search_path, UTF8, and settings that make deparsed
 * text independent of the session (DateStyle, IntervalStyle, extra_float_digits, TimeZone UTC).
 * Blocking; an interrupt (base/sig.h) cancels the running query, which then fails with 57014 and
 * PK_EXIT_INTERRUPTED. A query begun after the interrupt runs (it may be the clean-up): loops over
 * queries ask pk_interrupted() themselves.
 *
 * An error of the server carries its SQLSTATE, its DETAIL and CONTEXT as detail, and as hint ours
 * for that SQLSTATE or else the server's HINT. A connection that broke has SQLSTATE 08006 or 57P0x.
 */
#ifndef PK_PG_CONN_H
#define PK_PG_CONN_H

#include "base/buf.h"
#include "base/err.h"
#include "pg/conninfo.h"

struct pg_conn;
struct pg_cancel;
struct pg_result;

/* Not to be moved or copied once open. */
struct pk_conn {
	struct pg_conn *handle;
	struct pg_cancel *cancel;
	int version; /* server_version_num: 150020 */
	bool utc;    /* the time zone that sessions there have, unless they say other */
	char *where; /* "host/db" for messages */
	struct pk_buf
		notices; /* what the server said since the last clear, a line each; at most 64 kB */
	bool needs_password; /* after a failed open: the server asked and libpq knew none */
	bool begun; /* by pk_conns_begin(), and stands, our settings asked for */
	struct pk_conn *second; /* pk_conn_second()'s, or NULL */
	struct pk_way *way;  /* shared with the conninfo */
	bool keeps_second;   /* for a reader of whole catalogs (catalog/fetch.h): it will read again */
	bool alone;	     /* there may be no second one; set after it was opened */
};
#define PK_CONN_INIT                                                                               \
	{                                                                                          \
		.notices = PK_BUF_INIT                                                             \
	}

/* Errors name host and database, and hint by cause (server away, wrong password, no such database,
 * TLS). Where there is no place left it is tried for a second. */
int pk_conn_open(struct pk_conn *conn, const struct pk_conninfo *info, struct pk_err *err);
/*
 * Connects several at once, as far as that leads in a second. pk_conn_open() with the same info is still
 * to be called for each: it takes what stands, and does over, and tells, what does not.
 */
void pk_conns_begin(struct pk_conn *const *conns, const struct pk_conninfo *const *infos, size_t n);
/* Both; the first that cannot be opened is the error. */
int pk_conn_open_both(struct pk_conn *a, const struct pk_conninfo *a_info, struct pk_conn *b,
		      const struct pk_conninfo *b_info, struct pk_err *err);
/* Whether it can be connected to, whatever is spoken there ("replication" set): what stands is let go at once. */
int pk_conn_try(const struct pk_conninfo *info, struct pk_err *err);
void pk_conn_release(struct pk_conn *conn);
/* Also waits (a second at most) until the server has let go of it: for roles that may have no more than that one. */
void pk_conn_leave(struct pk_conn *conn);
/*
 * A second connection to where the first one leads, as the same user; opened if need be, and closed
 * with the first one if not by pk_conn_close_second(). NULL: it cannot be had.
 */
struct pk_conn *pk_conn_second(struct pk_conn *first, struct pk_err *err);
void pk_conn_close_second(struct pk_conn *first);
/*
 * Gives search_path, TimeZone and the rest back what the database and the role have for them:
 * before SQL of users runs. pk_conn_own_settings() goes back to ours.
 */
int pk_conn_user_settings(struct pk_conn *conn, struct pk_err *err);
int pk_conn_own_settings(struct pk_conn *conn, struct pk_err *err);
/* The statements of both, "; " behind each, to be sent together with others. */
void pk_buf_add_user_settings(struct pk_buf *sql);
void pk_buf_add_own_settings(struct pk_buf *sql);

/* Rows. Values are NULL for SQL NULL, borrowed until release. */
struct pk_rows {
	struct pg_result *handle;
	int n, columns;
};
#define PK_ROWS_INIT                                                                               \
	{                                                                                          \
		0                                                                                  \
	}
void pk_rows_release(struct pk_rows *rows);
void pk_rows_none(struct pk_rows *ret); /* as of a query that found none, without asking */
const char *pk_rows_get(const struct pk_rows *rows, int row, int column);
const char *pk_rows_named(const struct pk_rows *rows, int row,
			  const char *column);			    /* unknown column: abort */
int pk_rows_column(const struct pk_rows *rows, const char *column); /* -1 when absent */
const char *pk_rows_name(const struct pk_rows *rows, int column);   /* as the server calls it; borrowed */
bool pk_rows_true(const struct pk_rows *rows, int row, int column); /* 't' */
uint32_t pk_rows_number(const struct pk_rows *rows, int row, int column); /* of rows that were asked for as numbers */

/* One statement with text parameters ($1...); params may be NULL. rows may be NULL. */
int pk_query(struct pk_conn *conn, const char *sql, int n_params, const char *const *params,
	     struct pk_rows *rows, struct pk_err *err);
/*
 * One statement without parameters, whose rows are handed over one by one, as one of n 1, and are gone then; the last
 * call has n 0 and tells that they end. What row() returns below 0 stops the statement, with its error.
 */
int pk_query_each(struct pk_conn *conn, const char *sql,
		  int (*row)(void *arg, const struct pk_rows *rows, struct pk_err *err), void *arg, struct pk_err *err);
/*
 * Any SQL text by the simple protocol, several statements included (one implicit transaction then).
 * COPY FROM STDIN and COPY TO STDOUT are refused. The error carries line and column within sql.
 */
int pk_exec(struct pk_conn *conn, const char *sql, struct pk_err *err);
/* As pk_exec, and the number of rows touched by the last statement (-1: does not say). */
int pk_exec_count(struct pk_conn *conn, const char *sql, int64_t *ret_rows, struct pk_err *err);
/*
 * First column of the first row, caller frees; NULL when no row or NULL. n_params -1: by the simple protocol, the last of
 * several statements.
 */
int pk_query_value(struct pk_conn *conn, const char *sql, int n_params, const char *const *params,
		   char **ret, struct pk_err *err);
/*
 * COMMIT, and then (may be NULL) in the same message. Returns 0 when the server has said that it is committed, whatever
 * became of the rest; *ret_then: all of that was done, too. After -1 with the connection lost the outcome is not known.
 */
int pk_conn_commit(struct pk_conn *conn, const char *then, bool *ret_then, struct pk_err *err);
enum pk_tx { PK_TX_IDLE, PK_TX_ACTIVE, PK_TX_FAILED };
enum pk_tx pk_conn_tx(const struct pk_conn *conn);
bool pk_conn_alive(const struct pk_conn *conn);

/* Quoting, at the last moment. */
void pk_buf_add_ident(struct pk_buf *buf,
		      const char *name); /* quotes only where needed, as quote_ident() */
void pk_buf_add_qualified(struct pk_buf *buf, const char *schema,
			  const char *name); /* schema NULL: name alone */
void pk_buf_add_literal(struct pk_buf *buf,
			const char *value); /* 'value', E'..' with backslashes; NULL: NULL */

#endif
