/*
 * Deploy records: refs/postkit/deploys/<remote>, a chain of commits, one a deploy. The tree of each:
 *   record.json            schema 1; what ran, when, from which commit; no hosts, no passwords. "kind": "rollback" when
 *                          migrations were taken back, and "back_to" then, the version that was the last one there
 *   snapshot/              the schema after it, one blob an object
 *   migrations/<file>      all that the remote has by then, the very blobs
 * The truth is in the remote's tracking table; this is its published copy.
 */
#ifndef PK_DEPLOY_RECORD_H
#define PK_DEPLOY_RECORD_H

#include "git/repo.h"

struct pk_record_item {
	char *version, *name, *checksum;
	double seconds;
	bool adopted;
};
struct pk_record {
	struct pk_oid oid;        /* of the record's commit */
	char *remote, *commit, *from, *to, *started, *finished, *by;
	char *back_to; /* of a rollback; "0": nothing stayed */
	bool complete; /* false: a later migration failed */
	bool rollback; /* items were taken back, in that order */
	struct pk_record_item *items;
	size_t n, cap;
};
struct pk_records {
	struct pk_record *items;  /* newest first */
	size_t n, cap;
};
#define PK_RECORDS_INIT { 0 }
void pk_records_release(struct pk_records *records);
/* The text of record.json; oid is left empty. False: it is none, or of another schema, and ret is left alone. */
bool pk_record_parse(const char *text, size_t len, struct pk_record *ret);
/* The newest version on the remote after it; NULL: none. Borrowed. */
const char *pk_record_last(const struct pk_record *record);
/* The newest record that names a version, and its item there (ret may be NULL); NULL: none. Borrowed. */
const struct pk_record *pk_records_find(const struct pk_records *records, const char *version,
					const struct pk_record_item **ret);

/*
 * A deploy or rollback from this repository is at work, or ended before its record was written: what the records say
 * of the remote need not be so any more.
 */
bool pk_record_due(const struct pk_repo *repo, const char *remote);

void pk_record_remotes(const struct pk_repo *repo, struct pk_strv *ret); /* those that have records */
/* The newest max of a remote's records; 0: all. No ref: none. One that cannot be read is left out. */
int pk_records_read(const struct pk_repo *repo, const char *remote, size_t max, struct pk_records *ret,
		    struct pk_err *err);
/*
 * Appends the versions that the remote has had after a record, in the order of their files' names. By these alone: the texts,
 * which somebody else may have brought, are not read.
 */
int pk_record_versions(const struct pk_repo *repo, const struct pk_record *record, struct pk_strv *ret, struct pk_err *err);

#endif
