#include "cmd/deploy_events.h"

#include "base/clock.h"
#include "cmd/plan_view.h"

/* Of a migration that has more, those are shown that took long or kept others out. */
#define SHOWN_ALL     100
#define SHOWN_SECONDS 0.1

void pk_deploy_shown_release(struct pk_deploy_shown *shown)
{
	pk_progress_release(&shown->progress);
	pk_waits_release(&shown->waits);
}

static void show_phase(void *arg, const char *text)
{
	(void)arg;
	pk_say("%s", text);
}

static void show_rest(struct pk_deploy_shown *shown)
{
	PK_FREE char *took = pk_duration(shown->passed_seconds);

	if (shown->passed_over)
		pk_say("  %9s  for %zu more statements", took, shown->passed_over);
	shown->n = shown->passed_over = 0;
	shown->passed_seconds = 0;
}

void pk_deploy_show_end(struct pk_deploy_shown *shown)
{
	int n = cJSON_GetArraySize(shown->runs);

	show_rest(shown);
	pk_waits_commit(&shown->waits);
	if (n && shown->measured && shown->statements)
		cJSON_AddItemToObject(cJSON_GetArrayItem(shown->runs, n - 1), "waits", pk_waits_to_json(&shown->waits));
	pk_waits_release(&shown->waits);
	shown->statements = NULL;
}

static void show_migration(void *arg, const struct pk_migration *m)
{
	struct pk_deploy_shown *shown = arg;
	cJSON *run = pk_json_add_object(shown->runs, NULL);

	shown->transaction = shown->down ? m->down_transaction : m->up_transaction;
	pk_json_set_str(run, "version", m->version);
	pk_json_set_str(run, "name", m->name);
	pk_json_set_str(run, "file", m->file);
	pk_json_set_bool(run, "transaction", shown->transaction);
	pk_json_set_bool(run, "reversible", m->down != NULL);
	pk_json_set_str(run, "down", shown->down ? NULL : m->down);
	pk_json_set_str(run, "irreversible", m->irreversible);
	shown->statements = pk_json_add_array(run, "statements");
	if (!shown->json)
		pk_say("  %s%s%s", pk_color(stderr, PK_BOLD), m->file, pk_color(stderr, PK_PLAIN));
}

/* Whether it is one that a line is for. */
static bool has_line(struct pk_deploy_shown *shown, const struct pk_traced *t)
{
	if (++shown->n <= SHOWN_ALL || t->seconds >= SHOWN_SECONDS || t->lock)
		return true;
	shown->passed_over++;
	shown->passed_seconds += t->seconds;
	return false;
}

static void show_statement(void *arg, const struct pk_traced *t)
{
	struct pk_deploy_shown *shown = arg;
	PK_FREE char *took = pk_duration(t->seconds);
	PK_AUTO(pk_buf) line = PK_BUF_INIT;

	cJSON_AddItemToArray(shown->statements, pk_traced_to_json(t));
	pk_waits_add(&shown->waits, t);
	if (!shown->transaction)
		pk_waits_commit(&shown->waits);
	if (shown->json || !has_line(shown, t))
		return;
	pk_view_short(&line, t->sql, 70);
	pk_say("  %9s  %s", took, line.ptr);
	if (t->lock)
		pk_say("             %slocks %s: %s%s%s", pk_color(stderr, PK_DIM), t->relation ? t->relation : "?",
		       t->lock, t->rewrote ? ", rewrites it" : "", pk_color(stderr, PK_PLAIN));
}

static void show_finished(void *arg, const struct pk_migration *m, double seconds)
{
	struct pk_deploy_shown *shown = arg;
	cJSON *run = cJSON_GetArrayItem(shown->runs, cJSON_GetArraySize(shown->runs) - 1);

	(void)m;
	if (run)
		pk_json_set_num(run, "seconds", seconds);
	pk_deploy_show_end(shown);
}

static void show_part(void *arg, const char *part, const struct pk_part_result *result)
{
	const struct pk_deploy_shown *shown = arg;
	PK_FREE char *took = pk_duration(result->seconds);

	if (!shown->json)
		pk_say("  %9s  %s: %s", took, part, result->path);
}

struct pk_deploy_events pk_deploy_show_events(struct pk_deploy_shown *shown)
{
	return (struct pk_deploy_events){
		.phase = show_phase,
		.migration = show_migration,
		.statement = show_statement,
		.finished = show_finished,
		.part = show_part,
		.arg = shown,
		.progress = &shown->progress,
	};
}
