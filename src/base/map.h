/* String keys to pointers (hash, insertion order kept for iteration). Keys are copied, values borrowed. */
#ifndef PK_MAP_H
#define PK_MAP_H

#include "base/base.h"

struct pk_map_entry {
	char *key;
	void *value;
	uint64_t hash;
};
struct pk_map {
	struct pk_map_entry *entries; /* in order of insertion; n of them; no removal */
	size_t n, cap;
	uint32_t *slots;
	size_t n_slots;
};
#define PK_MAP_INIT { 0 }

void pk_map_release(struct pk_map *map);
void *pk_map_get(const struct pk_map *map, const char *key);      /* NULL when absent */
bool pk_map_set(struct pk_map *map, const char *key, void *value); /* true when the key is new */

#endif
