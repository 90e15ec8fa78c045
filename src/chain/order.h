/* One chain out of migrations that were made beside each other: which come first, and what that changes of the others. */
#ifndef PK_CHAIN_ORDER_H
#define PK_CHAIN_ORDER_H

#include "chain/chain.h"

/* How firm a migration stands where it is; the firmer ones come first. */
enum pk_settled {
	PK_SETTLED_DEPLOYED,  /* it has run on a remote: it cannot be changed any more */
	PK_SETTLED_PUBLISHED, /* others have it already */
	PK_SETTLED_NOT,
};

/* A migration's place in the one chain. */
struct pk_order_item {
	size_t index;	    /* into the chain's items */
	enum pk_settled as; /* as firm as what builds on it */
	bool again; /* what it starts from is another schema than its header says, or it gets another version */
	char *version; /* the new one; NULL: it keeps its own */
};
struct pk_order {
	struct pk_order_item *items; /* as many as migrations, in their order */
	size_t n;
	size_t first; /* the first that is to be proven again; n: the chain holds as it is */
};
#define PK_ORDER_INIT { 0 }
void pk_order_release(struct pk_order *order);

/*
 * as: of each migration of the chain. Within what is equally firm the versions decide. Versions that would not ascend
 * any more become `now` ("20260131120000") or what comes after the one before.
 */
void pk_chain_order(const struct pk_chain *chain, const enum pk_settled *as, const char *now,
		    struct pk_order *ret);

#endif
