#include "catalog/texts.h"

#include "base/text.h"
#include "catalog/kind.h"
#include "git/git.h"
#include <pthread.h>

#define THREAD_OBJECTS	4000
#define SCRATCH_OBJECTS 256

static void add_path(struct pk_arena *arena, struct pk_object *o)
{
	PK_AUTO(pk_buf) path = PK_BUF_INIT;
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	if (o->schema) {
		pk_buf_add_path_name(&path, o->schema);
		pk_buf_addc(&path, '/');
	}
	pk_buf_addf(&path, "%s/", o->kind->name);
	if (o->parent && !o->kind->relation_name && strcmp(o->parent->name, o->name) != 0)
		pk_buf_addf(&name, "%s.", o->parent->name);
	pk_buf_add(&name, o->name);
	pk_buf_add_path_name(&path, name.ptr);
	pk_buf_add(&path, ".sql");
	o->path = pk_arena_strdup(arena, path.ptr);
}

/* scratch: for what a text is made of on the way. */
static void write_text(struct pk_arena *arena, struct pk_arena *scratch, struct pk_object *o, int version)
{
	struct pk_script s = { .arena = scratch, .canonical = true, .version = version };
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_object_create(&s, o);
	pk_script_text(&s, &text);
	pk_script_release(&s);
	if (!text.len)
		return;
	o->text = pk_arena_strdup(arena, text.ptr);
	pk_git_hash(o->text, text.len, &o->blob);
	add_path(arena, o);
}

/* Of every second object: a text is made of what was read, and of no other text. */
struct half {
	struct pk_snapshot *snap;
	size_t first;
	struct pk_arena arena;
};

static void *write_half(void *arg)
{
	struct half *half = arg;
	struct pk_snapshot *snap = half->snap;
	struct pk_arena scratch = PK_ARENA_INIT;

	for (size_t i = half->first, n = 0; i < snap->n; i += 2) {
		if (snap->objects[i]->kind->part)
			continue;
		write_text(&half->arena, &scratch, snap->objects[i], snap->version);
		if (++n % SCRATCH_OBJECTS == 0)
			pk_arena_release(&scratch);
	}
	pk_arena_release(&scratch);
	return NULL;
}

/* On two processors where it is worth starting a thread: the server has nothing left to do by now. */
void pk_snapshot_write_texts(struct pk_snapshot *snap)
{
	struct half halves[] = { { .snap = snap, .first = 0 }, { .snap = snap, .first = 1 } };
	pthread_t other;
	bool started = snap->n > THREAD_OBJECTS && pthread_create(&other, NULL, write_half, &halves[1]) == 0;

	write_half(&halves[0]);
	if (started)
		pthread_join(other, NULL);
	else
		write_half(&halves[1]);
	for (size_t i = 0; i < PK_COUNT(halves); i++)
		pk_arena_take(&snap->arena, &halves[i].arena);
}
