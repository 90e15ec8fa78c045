/*
 * What the files of known hosts say of a server. ssh-keygen finds the lines (it knows hashes, patterns
 * and ports); the key that the server shows is judged here, and anything but a match is refused.
 */
#ifndef PK_SSH_KNOWN_H
#define PK_SSH_KNOWN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

enum pk_known { PK_KNOWN_MATCH, PK_KNOWN_NONE, PK_KNOWN_CHANGED, PK_KNOWN_REVOKED };

struct pk_knowns {
	struct pk_strv types, keys; /* side by side; keys in base64 */
	struct pk_strv revoked;	    /* keys */
	bool authority;		    /* host certificates of an authority would be believed */
};
#define PK_KNOWNS_INIT { 0 }
void pk_knowns_release(struct pk_knowns *knowns);
/* Lines as `ssh-keygen -F name` prints them. */
void pk_knowns_read(struct pk_knowns *knowns, const char *lines);
/* All files that exist. */
int pk_knowns_find(struct pk_knowns *knowns, const char *name, const struct pk_strv *files,
		   struct pk_err *err);
enum pk_known pk_knowns_judge(const struct pk_knowns *knowns, const char *type, const char *key);

/* The first word of a key as SSH writes it down; NULL: that is none. Caller frees. */
char *pk_ssh_blob_type(const unsigned char *blob, size_t n);
void pk_buf_add_base64(struct pk_buf *buf, const unsigned char *data, size_t n);
/* Up to the first byte that is not of base64; blanks and line ends are passed over. */
void pk_buf_add_unbase64(struct pk_buf *buf, const char *text);

#endif
