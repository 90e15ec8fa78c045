/* Passwords as a server keeps them. */
#ifndef PK_PG_SCRAM_H
#define PK_PG_SCRAM_H

#include "base/err.h"

/*
 * The secret of SCRAM-SHA-256 (RFC 5802, RFC 7677) for ALTER ROLE ... PASSWORD, as PostgreSQL writes it:
 * SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>. It has one iteration, where PostgreSQL makes 4096: they
 * slow down whoever guesses, and nobody guesses 192 random bits, while each connection would pay for them, on both
 * sides. So only for passwords that are random. Caller frees and wipes.
 */
int pk_scram_secret(const char *password, char **ret, struct pk_err *err);

#endif
