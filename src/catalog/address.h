/* Catalog addresses (pg_depend's classid, objid, objsubid) and what they stand for, while a schema is read. */
#ifndef PK_CATALOG_ADDRESS_H
#define PK_CATALOG_ADDRESS_H

#include "base/base.h"

struct pk_object;

#define PK_PG_CLASS 1259 /* pg_class itself, in every version */

struct pk_address {
	uint32_t classid, oid;
	int32_t subid;
};
struct pk_addressed {
	struct pk_address address, alias; /* alias.classid 0: it stands for itself */
	struct pk_object *object;	  /* NULL: none of ours */
	bool member;			  /* belongs to an extension */
};
struct pk_addresses {
	struct pk_addressed *slots; /* a power of two, half of them free; classid 0: free */
	size_t n, n_slots;
};
#define PK_ADDRESSES_INIT { 0 }
void pk_addresses_release(struct pk_addresses *addresses);
/* NULL: nothing is known of it. */
struct pk_addressed *pk_addresses_find(const struct pk_addresses *addresses, struct pk_address address);
/* Made if need be; good until the next call. */
struct pk_addressed *pk_addresses_add(struct pk_addresses *addresses, struct pk_address address);
/* The object that an address means, as itself, through aliases, or as a part of another; or NULL. */
struct pk_object *pk_addresses_object(const struct pk_addresses *addresses, struct pk_address address);

#endif
