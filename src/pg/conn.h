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
	struct pk_buf notices;	/* notices and warnings of the server since this was last cleared, a line each; at most 64 kB */
	bool needs_password;	/* after a failed open: the server asked for a password, and libpq knew none */
	bool begun;		/* opened by pk_conns_begin(): connected, and our settings are on their way */
	struct pk_conn *second; /* what pk_conn_second() opened, or NULL */
	struct pk_way *way;	/* the tunnel that it goes through, shared with the conninfo; or NULL */
	bool keeps_second;	/* readers of whole catalogs (catalog/fetch.h) leave the second one open: they come again */
	uint64_t prepared;	/* which of its queries catalog/fetch.h has prepared there */
	bool users;		/* it has the users' settings, from one of several runs of their SQL in a row (trace/run.h) */
	unsigned impatient;	/* not for the caller: which of its idle timeouts were too short for us */
	bool alone;		/* set after opening it: pk_conn_second() refuses, as no more connections may be made there */
};
#define PK_CONN_INIT { .notices = PK_BUF_INIT }

/*
 * Closes what was open in conn first. Errors name host and database, and hint by cause (server away, wrong password, no
 * such database, TLS). Where the server has no place left it is tried again for a second. On failure conn is closed.
 */
int pk_conn_open(struct pk_conn *conn, const struct pk_conninfo *info, struct pk_err *err);
/*
 * A head start: connects up to four at once, and gives up on those that take longer than a second. pk_conn_open() with the
 * same info is still to be called for each: it takes over what has connected, and connects the others anew, with errors.
 */
void pk_conns_begin(struct pk_conn *const *conns, const struct pk_conninfo *const *infos, size_t n);
/* Both at once; the error is that of the first one that cannot be opened. a and b are the caller's to release in any case. */
int pk_conn_open_both(struct pk_conn *a, const struct pk_conninfo *a_info, struct pk_conn *b,
		      const struct pk_conninfo *b_info, struct pk_err *err);
/*
 * 0 when it can be connected to; the connection is closed at once. No SQL is sent, so that it serves for connections of the
 * replication protocol ("replication" set in info) as well.
 */
int pk_conn_try(const struct pk_conninfo *info, struct pk_err *err);
void pk_conn_release(struct pk_conn *conn); /* closes it and its second one; it can be opened again */
/* The same, and waits (a second at most) until the server's process has ended: for roles with a connection limit of one. */
void pk_conn_leave(struct pk_conn *conn);
/*
 * A second connection to the same database as the same user, opened if there is none. It belongs to the first one: closed
 * by pk_conn_close_second(), or else with the first one. NULL, with err set: it cannot be had.
 */
struct pk_conn *pk_conn_second(struct pk_conn *first, struct pk_err *err);
void pk_conn_close_second(struct pk_conn *first);
/*
 * Gives search_path, TimeZone and the rest back what the database and the role have for them:
 * before SQL of users runs. pk_conn_own_settings() goes back to ours. Of idle timeouts that are shorter than a minute ours
 * is a minute, for users' SQL too.
 */
int pk_conn_user_settings(struct pk_conn *conn, struct pk_err *err);
int pk_conn_own_settings(struct pk_conn *conn, struct pk_err *err);
/* The statements of both, "; " behind each, to be sent together with others. */
void pk_buf_add_user_settings(struct pk_buf *sql);
void pk_buf_add_own_settings(struct pk_buf *sql, const struct pk_conn *conn);
/* "RESET ALL; ", and what stays ours nevertheless. */
void pk_buf_add_reset_settings(struct pk_buf *sql, const struct pk_conn *conn);

/* Rows. Values are NULL for SQL NULL, borrowed until release. */
struct pk_rows {
	struct pg_result *handle;
	int n, columns;
};
#define PK_ROWS_INIT { 0 }
void pk_rows_release(struct pk_rows *rows);
void pk_rows_none(struct pk_rows *ret); /* no rows and no columns, as if a query had found none */
const char *pk_rows_get(const struct pk_rows *rows, int row, int column);
const char *pk_rows_named(const struct pk_rows *rows, int row, const char *column); /* of an unknown column: abort() */
int pk_rows_column(const struct pk_rows *rows, const char *column); /* -1 when absent */
const char *pk_rows_name(const struct pk_rows *rows, int column);   /* as the server calls it; borrowed */
bool pk_rows_true(const struct pk_rows *rows, int row, int column); /* 't' */
/* Of a value that is there, in text format. */
int64_t pk_rows_int(const struct pk_rows *rows, int row, int column);
uint32_t pk_rows_oid(const struct pk_rows *rows, int row, int column);
uint32_t pk_rows_number(const struct pk_rows *rows, int row, int column); /* of rows in binary format: an oid or int4 */

/* One statement with text parameters ($1...); params may be NULL. rows may be NULL. */
int pk_query(struct pk_conn *conn, const char *sql, int n_params, const char *const *params,
	     struct pk_rows *rows, struct pk_err *err);
/*
 * One statement without parameters, whose rows are not gathered but handed to row() one by one: rows->n is 1, and the row
 * is gone when row() returns. At the end it is called once more, with n 0. When it returns -1 the statement is cancelled,
 * and its error is the result.
 */
int pk_query_each(struct pk_conn *conn, const char *sql,
		  int (*row)(void *arg, const struct pk_rows *rows, struct pk_err *err), void *arg, struct pk_err *err);
/*
 * Any SQL text by the simple protocol, several statements included (one implicit transaction then).
 * COPY FROM STDIN and COPY TO STDOUT are refused. The error carries line and column within sql.
 */
int pk_exec(struct pk_conn *conn, const char *sql, struct pk_err *err);
/*
 * As pk_query_value with n_params -1; while the server is at it, meanwhile() is called, for what is asked on another
 * connection. Its error comes first.
 */
int pk_query_value_meanwhile(struct pk_conn *conn, const char *sql, int (*meanwhile)(void *arg, struct pk_err *err),
			     void *arg, char **ret, struct pk_err *err);
/* As pk_exec, and the number of rows touched by the last statement (-1: does not say). */
int pk_exec_count(struct pk_conn *conn, const char *sql, int64_t *ret_rows, struct pk_err *err);
/*
 * First column of the first row, caller frees; NULL when no row or NULL. n_params -1: by the simple protocol, the last of
 * several statements.
 */
int pk_query_value(struct pk_conn *conn, const char *sql, int n_params, const char *const *params,
		   char **ret, struct pk_err *err);
/* COMMIT, and what goes to the server in one message with it. */
struct pk_conn_commit {
	const char *first; /* statements, "; " behind each, that still belong to the transaction; NULL: none */
	int n_first;	   /* so many */
	const char *then;  /* statements after it; NULL: none */
	/* set by pk_conn_commit() */
	bool reached; /* all of first was done: an error is COMMIT's own */
	bool all;     /* all of then was done, too */
};
/*
 * 0 when the server has said that it is committed, whatever became of what comes then. -1 and pk_conn_alive() false: whether
 * it is committed is not known.
 */
int pk_conn_commit(struct pk_conn *conn, struct pk_conn_commit *commit, struct pk_err *err);
enum pk_tx { PK_TX_IDLE, PK_TX_ACTIVE, PK_TX_FAILED };
enum pk_tx pk_conn_tx(const struct pk_conn *conn);
bool pk_conn_alive(const struct pk_conn *conn);
/*
 * For whoever can do without what why says has failed: was it an interrupt, or has the connection broken, so that nothing
 * more is to be asked over it? Then why is moved to err, as pk_err_move() does. False: it stays.
 */
bool pk_conn_lost(const struct pk_conn *conn, struct pk_err *why, struct pk_err *err);

/* Quoting, at the last moment. */
void pk_buf_add_ident(struct pk_buf *buf,
		      const char *name); /* quotes only where needed, as quote_ident() */
void pk_buf_add_qualified(struct pk_buf *buf, const char *schema,
			  const char *name); /* schema NULL: name alone */
void pk_buf_add_literal(struct pk_buf *buf,
			const char *value); /* 'value', E'..' with backslashes; NULL: NULL */

#endif
