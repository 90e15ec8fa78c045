/*
 * The script that pg_restore -v writes of an archive's structure, as the entries it consists of: each says
 * what it makes, and is a piece of SQL that servers understand as it stands. What psql alone understands
 * (\restrict, settings) is no part of any. Reads only; the text stays where it is.
 */
#ifndef PK_CLONE_DDL_H
#define PK_CLONE_DDL_H

#include "base/buf.h"
#include "base/err.h"

struct pk_ddl_entry {
	int id; /* the archive's: the same in every script of it; 0: a setting for what follows */
	uint32_t class_oid, oid; /* catalog and OID on the source; 0 where there is none */
	char type[32];		 /* "TABLE", "FK CONSTRAINT", ... */
	const char *name;	 /* of name_len bytes */
	size_t name_len;
	const char *schema; /* its name, and what follows in its line; see pk_ddl_in() */
	const char *needs; /* ids that it depends on, a space before each, up to a line's end */
	const char *sql;   /* of len bytes */
	size_t len;
	const char *logged; /* a line of it, of an identity: LOGGED; NULL */
};
struct pk_ddl {
	struct pk_buf text;
	struct pk_ddl_entry *items;
	size_t n, cap;
	bool plain_strings; /* standard_conforming_strings is off where it came from */
};
#define PK_DDL_INIT { .text = PK_BUF_INIT }
void pk_ddl_release(struct pk_ddl *ddl);
/* Takes the text out of the buffer. */
int pk_ddl_parse(struct pk_buf *text, struct pk_ddl *ret, struct pk_err *err);
/* Blanks what servers before 15 do not know, and where it says nothing: all their sequences are logged. */
void pk_ddl_logged_always(struct pk_ddl *ddl);
bool pk_ddl_is(const struct pk_ddl_entry *entry, const char *type);
bool pk_ddl_is_acl(const struct pk_ddl_entry *entry); /* privileges */
bool pk_ddl_in(const struct pk_ddl_entry *entry, const char *schema);
bool pk_ddl_needs(const struct pk_ddl_entry *entry, const int *ids, size_t n); /* one of them */
/* NULL: none of that id. */
const struct pk_ddl_entry *pk_ddl_find(const struct pk_ddl *ddl, int id);

#endif
