#include "trace/trace.h"

void pk_trace_release(struct pk_trace *trace)
{
	free(trace->items);
	free(trace->deleted);
	pk_arena_release(&trace->arena);
	*trace = (struct pk_trace)PK_TRACE_INIT;
}

static void add_locks(cJSON *object, const struct pk_traced *t)
{
	cJSON *array = pk_json_add_array(object, "locks");

	for (size_t i = 0; i < t->n_locks; i++) {
		cJSON *item = pk_json_add_object(array, NULL);

		pk_json_set_str(item, "relation", t->locks[i].relation);
		pk_json_set_str(item, "mode", t->locks[i].mode);
		if (t->sampled)
			pk_json_set_num(item, "seconds", t->locks[i].seconds);
	}
}

static void add_files(cJSON *object, const struct pk_traced *t)
{
	cJSON *array = pk_json_add_array(object, "files");

	for (size_t i = 0; i < t->n_files; i++) {
		cJSON *item = pk_json_add_object(array, NULL);

		pk_json_set_str(item, "relation", t->files[i].relation);
		pk_json_set_str(item, "index_of", t->files[i].table);
		pk_json_set_bool(item, "built", t->files[i].built);
		pk_json_set_num(item, "bytes", (double)t->files[i].bytes);
	}
}

static void add_sampled(cJSON *object, const struct pk_traced *t)
{
	cJSON *array = pk_json_add_array(object, "phases");

	pk_json_set_bool(object, "sampled", true);
	pk_json_set_num(object, "waited", t->waited);
	for (size_t i = 0; i < t->n_phases; i++) {
		cJSON *item = pk_json_add_object(array, NULL);

		pk_json_set_str(item, "phase", t->phases[i].name);
		pk_json_set_num(item, "seconds", t->phases[i].seconds);
	}
}

static void add_known(cJSON *object, const char *key, int64_t value)
{
	if (value >= 0)
		pk_json_set_num(object, key, (double)value);
}

cJSON *pk_traced_to_json(const struct pk_traced *t)
{
	cJSON *object = cJSON_CreateObject();

	pk_json_set_str(object, "sql", t->sql);
	pk_json_set_num(object, "line", t->line);
	pk_json_set_num(object, "seconds", t->seconds);
	add_known(object, "rows", t->rows);
	add_known(object, "read", t->read);
	add_known(object, "written", t->written);
	add_known(object, "wal", t->wal);
	pk_json_set_str(object, "lock", t->lock);
	pk_json_set_str(object, "relation", t->relation);
	pk_json_set_str(object, "held", t->held);
	pk_json_set_str(object, "held_on", t->held_on);
	pk_json_set_bool(object, "rewrote", t->rewrote);
	pk_json_set_str(object, "rewritten", t->rewritten);
	add_locks(object, t);
	add_files(object, t);
	if (t->sampled)
		add_sampled(object, t);
	return object;
}

cJSON *pk_trace_to_json(const struct pk_trace *trace)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < trace->n; i++)
		cJSON_AddItemToArray(array, pk_traced_to_json(&trace->items[i]));
	return array;
}
