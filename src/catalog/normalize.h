/* Deparsed text made stable: what the server prints again after reading its own print. */
#ifndef PK_CATALOG_NORMALIZE_H
#define PK_CATALOG_NORMALIZE_H

#include "base/arena.h"

/*
 * The server's deparse is not idempotent. varchar IN ('a') prints (ARRAY['a'::character varying])::text[],
 * which, read again, prints ARRAY[('a'::character varying)::text]; a BETWEEN 1 AND 2 AND b prints
 * (((a >= 1) AND (a <= 2)) AND b), which, read again, prints ((a >= 1) AND (a <= 2) AND b); EXISTS
 * (SELECT 'x') prints EXISTS ( SELECT 'x'::text), which, read again, prints 'x'::text AS text, and $1
 * in a body prints x, then x AS x. This gives the second form, but without such an alias, and is a fixpoint; what is
 * quoted ('', "", $$) stays. Returns text itself when there is nothing to do, else a string in the arena.
 */
const char *pk_normalize(struct pk_arena *arena, const char *text);

#endif
