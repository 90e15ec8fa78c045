#include "trace/waits.h"

/* Weakest first. */
static const struct {
	const char *mode;
	enum pk_lock_block blocks;
} modes[] = {
	{ "ACCESS SHARE", PK_BLOCKS_SCHEMA },
	{ "ROW SHARE", PK_BLOCKS_SCHEMA },
	{ "ROW EXCLUSIVE", PK_BLOCKS_SCHEMA },
	{ "SHARE UPDATE EXCLUSIVE", PK_BLOCKS_SCHEMA },
	{ "SHARE", PK_BLOCKS_WRITES },
	{ "SHARE ROW EXCLUSIVE", PK_BLOCKS_WRITES },
	{ "EXCLUSIVE", PK_BLOCKS_WRITES },
	{ "ACCESS EXCLUSIVE", PK_BLOCKS_READS },
};

unsigned pk_lock_rank(const char *mode)
{
	unsigned i = PK_COUNT(modes);

	while (i > 0 && !pk_streq(modes[i - 1].mode, mode))
		i--;
	return i;
}

enum pk_lock_block pk_lock_blocks(const char *mode)
{
	unsigned rank = pk_lock_rank(mode);

	return rank ? modes[rank - 1].blocks : PK_BLOCKS_SCHEMA;
}

void pk_waits_release(struct pk_waits *waits)
{
	for (size_t i = 0; i < waits->n; i++)
		free(waits->items[i].relation);
	free(waits->items);
	*waits = (struct pk_waits)PK_WAITS_INIT;
}

static struct pk_wait *find(struct pk_waits *waits, const char *relation)
{
	for (size_t i = 0; i < waits->n; i++)
		if (pk_streq(waits->items[i].relation, relation))
			return &waits->items[i];
	waits->items = pk_realloc_array(waits->items, waits->n + 1, sizeof(*waits->items));
	waits->items[waits->n] = (struct pk_wait){
		.relation = pk_strdup(relation),
		.reads_since = -1,
		.writes_since = -1,
	};
	return &waits->items[waits->n++];
}

void pk_waits_add(struct pk_waits *waits, const struct pk_traced *traced)
{
	for (size_t i = 0; i < traced->n_locks; i++) {
		unsigned rank = pk_lock_rank(traced->locks[i].mode);
		struct pk_wait *w;

		if (!rank || modes[rank - 1].blocks == PK_BLOCKS_SCHEMA)
			continue;
		w = find(waits, traced->locks[i].relation);
		if (rank > pk_lock_rank(w->mode))
			w->mode = modes[rank - 1].mode;
		if (w->writes_since < 0)
			w->writes_since = waits->at;
		if (w->reads_since < 0 && modes[rank - 1].blocks == PK_BLOCKS_READS)
			w->reads_since = waits->at;
	}
	waits->at += traced->seconds;
}

static void end(double *longest, double *since, double now)
{
	if (*since >= 0 && now - *since > *longest)
		*longest = now - *since;
	*since = -1;
}

void pk_waits_commit(struct pk_waits *waits)
{
	for (size_t i = 0; i < waits->n; i++) {
		end(&waits->items[i].reads, &waits->items[i].reads_since, waits->at);
		end(&waits->items[i].writes, &waits->items[i].writes_since, waits->at);
	}
}

cJSON *pk_waits_to_json(const struct pk_waits *waits)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < waits->n; i++) {
		cJSON *item = pk_json_add_object(array, NULL);

		pk_json_set_str(item, "relation", waits->items[i].relation);
		pk_json_set_str(item, "mode", waits->items[i].mode);
		pk_json_set_num(item, "reads", waits->items[i].reads);
		pk_json_set_num(item, "writes", waits->items[i].writes);
	}
	return array;
}
