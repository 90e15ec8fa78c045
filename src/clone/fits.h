/* Whether the files of a cluster mean the same on this machine, and what a backup of it has to know. */
#ifndef PK_CLONE_FITS_H
#define PK_CLONE_FITS_H

#include "clone/copy.h"

struct pk_fits {
	int major;
	char *oid;	 /* of the database */
	char *superuser; /* name of the bootstrap superuser */
	int64_t size;	 /* of the cluster, as far as it may be known */
	bool quick;	 /* a checkpoint there has little to write, so that it may be done at once */
	double wait;	 /* seconds that one takes which spreads what it writes, at most */
	struct pk_strv others;	 /* databases, beside it */
	struct pk_strv spaces;	 /* folders of tablespaces */
	struct pk_strv settings; /* "name=value" that recovery needs as it was there */
};
#define PK_FITS_INIT { 0 }
void pk_fits_release(struct pk_fits *fits);
/* Each reason why not is an error of its own, with what to do. here: a server of this machine's programs. */
int pk_fits_read(struct pk_conn *source, struct pk_conn *here, const struct pk_source_facts *facts, struct pk_fits *ret,
		 struct pk_err *err);
/* What lies in pg_catalog, or belongs to others there, would run where only the server's own is expected: an error. */
int pk_fits_odd(struct pk_conn *conn, struct pk_err *err);

#endif
