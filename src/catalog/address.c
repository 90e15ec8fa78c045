#include "catalog/address.h"

#define HOPS_MAX 5

void pk_addresses_release(struct pk_addresses *addresses)
{
	free(addresses->slots);
	*addresses = (struct pk_addresses)PK_ADDRESSES_INIT;
}

static bool is_at(const struct pk_addressed *slot, struct pk_address address)
{
	return slot->address.classid == address.classid && slot->address.oid == address.oid &&
	       slot->address.subid == address.subid;
}

/* The slot of the address, or the free one where it belongs. */
static struct pk_addressed *slot_of(const struct pk_addresses *addresses, struct pk_address address)
{
	size_t mask = addresses->n_slots - 1;
	uint64_t hash = (((uint64_t)address.oid << 32) ^ ((uint64_t)(uint32_t)address.subid << 12) ^ address.classid) *
			0x9e3779b97f4a7c15u; /* 2^64 by the golden ratio: spreads what differs in few bits */
	size_t i = (size_t)(hash >> 32) & mask;

	while (addresses->slots[i].address.classid && !is_at(&addresses->slots[i], address))
		i = (i + 1) & mask;
	return &addresses->slots[i];
}

struct pk_addressed *pk_addresses_find(const struct pk_addresses *addresses, struct pk_address address)
{
	struct pk_addressed *slot = addresses->n ? slot_of(addresses, address) : NULL;

	return slot && slot->address.classid ? slot : NULL;
}

static void grow(struct pk_addresses *addresses)
{
	struct pk_addresses old = *addresses;

	addresses->n_slots = old.n_slots ? old.n_slots * 2 : 1024;
	addresses->slots = pk_alloc(addresses->n_slots * sizeof(*addresses->slots));
	for (size_t i = 0; i < old.n_slots; i++)
		if (old.slots[i].address.classid)
			*slot_of(addresses, old.slots[i].address) = old.slots[i];
	free(old.slots);
}

struct pk_addressed *pk_addresses_add(struct pk_addresses *addresses, struct pk_address address)
{
	if (addresses->n * 2 >= addresses->n_slots)
		grow(addresses);
	struct pk_addressed *slot = slot_of(addresses, address);
	if (!slot->address.classid) {
		slot->address = address;
		addresses->n++;
	}
	return slot;
}

struct pk_object *pk_addresses_object(const struct pk_addresses *addresses, struct pk_address address)
{
	struct pk_address at = address;

	for (int hops = 0; hops < HOPS_MAX && at.classid; hops++) {
		const struct pk_addressed *slot = pk_addresses_find(addresses, at);

		if (slot && slot->object)
			return slot->object;
		at = slot ? slot->alias : (struct pk_address){ 0 };
	}
	if (!address.subid)
		return NULL;
	address.subid = 0;
	return pk_addresses_object(addresses, address);
}
