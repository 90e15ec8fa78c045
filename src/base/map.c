#include "base/map.h"
#include "base/text.h"

void pk_map_release(struct pk_map *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->n; i++)
		free(map->entries[i].key);
	free(map->entries);
	free(map->slots);
	*map = (struct pk_map)PK_MAP_INIT;
}

/* The slot of the key, or the empty one where it belongs. A slot holds the entry's index plus 1. */
static size_t find_slot(const struct pk_map *map, const char *key, uint64_t hash)
{
	size_t mask = map->n_slots - 1;
	size_t i = (size_t)hash & mask;
	while (map->slots[i] && (map->entries[map->slots[i] - 1].hash != hash ||
				 strcmp(map->entries[map->slots[i] - 1].key, key) != 0))
		i = (i + 1) & mask;
	return i;
}

static void rehash(struct pk_map *map)
{
	free(map->slots);
	map->n_slots = map->n_slots ? map->n_slots * 2 : 16;
	map->slots = pk_alloc(map->n_slots * sizeof(*map->slots));
	for (size_t i = 0; i < map->n; i++)
		map->slots[find_slot(map, map->entries[i].key, map->entries[i].hash)] = (uint32_t)(i + 1);
}

void *pk_map_get(const struct pk_map *map, const char *key)
{
	if (!map->n)
		return NULL;
	uint32_t found = map->slots[find_slot(map, key, pk_hash(key, strlen(key), 0))];
	return found ? map->entries[found - 1].value : NULL;
}

bool pk_map_set(struct pk_map *map, const char *key, void *value)
{
	if (map->n * 2 >= map->n_slots)
		rehash(map);
	uint64_t hash = pk_hash(key, strlen(key), 0);
	size_t slot = find_slot(map, key, hash);
	if (map->slots[slot]) {
		map->entries[map->slots[slot] - 1].value = value;
		return false;
	}
	if (map->n == map->cap) {
		map->cap = map->cap ? map->cap * 2 : 8;
		map->entries = pk_realloc_array(map->entries, map->cap, sizeof(*map->entries));
	}
	map->entries[map->n].key = pk_strdup(key);
	map->entries[map->n].value = value;
	map->entries[map->n].hash = hash;
	map->slots[slot] = (uint32_t)++map->n;
	return true;
}
