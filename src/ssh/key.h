/* A private key's file looked at from outside: of what type, with a passphrase or without. */
#ifndef PK_SSH_KEY_H
#define PK_SSH_KEY_H

#include "base/buf.h"

struct pk_ssh_key {
	char *type;	    /* "ssh-ed25519"; NULL: not to be told from outside */
	struct pk_buf blob; /* the public key, as SSH writes it down; may be empty */
	bool encrypted;
};
#define PK_SSH_KEY_INIT { .blob = PK_BUF_INIT }
void pk_ssh_key_release(struct pk_ssh_key *key);
/* false: that is no private key. */
bool pk_ssh_key_look(struct pk_ssh_key *key, const char *text);
/* From the line of a .pub file; false: that is none. */
bool pk_ssh_key_public(struct pk_ssh_key *key, const char *line);

/*
 * Asks for a secret where SSH_ASKPASS and SSH_ASKPASS_REQUIRE say, on the terminal if not. Caller wipes
 * and frees; NULL: nobody answered.
 */
char *pk_ssh_ask(const char *question);

#endif
