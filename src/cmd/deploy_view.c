#include "cmd/deploy_view.h"

#include "base/clock.h"
#include "cmd/checks_view.h"
#include "cmd/cmd.h"
#include "cmd/plan_view.h"
#include "cmd/usage.h"
#include "lint/render.h"

static bool is_down(const struct pk_deploy *d)
{
	return d->options.direction == PK_DOWN;
}

/* What is recorded and not run. */
static const char *adopted(const struct pk_deploy *d)
{
	return d->applied.n ? d->chain.items[d->adopt_at].file : "the baseline";
}

/* ---- what is to be done ---- */

/* Of those that are pending because they were taken back. */
static void say_undone(const struct pk_deploy *d)
{
	for (size_t i = 0; i < d->n_pending; i++) {
		const struct pk_migration *m = &d->chain.items[d->pending[i]];
		const struct pk_undone *undone = pk_undone_find(&d->undone, m->version);
		PK_AUTO(pk_buf) by = PK_BUF_INIT;

		if (!undone)
			continue;
		pk_buf_add_safe(&by, undone->by, false);
		pk_say("%s had been rolled back there at %.19s UTC by %s%s", m->file, undone->at, by.ptr,
		       undone->checksum && !pk_streq(undone->checksum, m->checksum) ? ", and was changed since" : "");
	}
}

void pk_view_deploy_state(const struct pk_deploy *d)
{
	PK_FREE char *where = pk_conninfo_where(&d->remote.info);
	const char *s = d->n_pending == 1 ? "" : "s";

	if (d->empty && d->n_pending)
		pk_say("'%s' (%s) is a new database", d->remote.name, where);
	if (d->adopt)
		pk_say("'%s' (%s) has the schema of %s already: it is recorded there, not run", d->remote.name, where,
		       d->chain.items[d->adopt_at].file);
	if (d->resume)
		pk_say("%s was begun by an earlier %s and is gone on with", d->chain.items[d->pending[0]].file,
		       is_down(d) ? "rollback" : "deploy");
	if (d->drifted)
		pk_say("warning: the schema of '%s' is not what its migrations made of it; going on, as asked", d->remote.name);
	if (is_down(d)) {
		pk_say("%zu migration%s to roll back, %s %s", d->n_pending, s,
		       pk_streq(d->back_to, "0") ? "to" : "to what it was after",
		       pk_streq(d->back_to, "0") ? "before the first one" : d->back_to);
		return;
	}
	say_undone(d);
	pk_say("%zu pending migration%s at commit %.10s", d->n_pending, s, d->commit.hex);
}

char *pk_view_deploy_question(const struct pk_deploy *d)
{
	PK_FREE char *where = pk_conninfo_where(&d->remote.info);
	const char *s = d->n_pending == 1 ? "" : "s";

	if (is_down(d))
		return pk_printf("roll back %zu migration%s on '%s' (%s)%s?", d->n_pending, s, d->remote.name, where,
				 pk_gone_lossy(&d->gone) ? " and lose that data" : "");
	if (d->n_pending)
		return pk_printf("run %zu migration%s on '%s' (%s)?", d->n_pending, s, d->remote.name, where);
	return pk_printf("record %s on '%s' (%s)?", adopted(d), d->remote.name, where);
}

void pk_view_deploy_planned(const struct pk_migration *m)
{
	pk_say("  %s%s%s%s%s%s", pk_color(stderr, PK_BOLD), m->file, pk_color(stderr, PK_PLAIN), m->stage ? ", " : "",
	       m->stage ? m->stage : "", m->up_transaction ? "" : ", outside a transaction");
}

/* ---- what was tried ---- */

/* title: above the lines, which are indented then; or NULL. */
static void show_words(const struct pk_buf *words, const char *title)
{
	PK_AUTO(pk_buf) lines = PK_BUF_INIT;

	if (!words->len)
		return;
	pk_view_indented(&lines, words->ptr, title ? "  " : "");
	if (title)
		pk_print(stderr, "%s%s%s\n", pk_color(stderr, PK_RED), title, pk_color(stderr, PK_PLAIN));
	fputs(lines.ptr, stderr);
}

static void show_gone(const struct pk_gone *gone)
{
	PK_AUTO(pk_buf) words = PK_BUF_INIT;

	pk_gone_words(gone, &words);
	show_words(&words, "data that is lost:");
}

static void show_way_back(const struct pk_way_back *back)
{
	PK_AUTO(pk_buf) words = PK_BUF_INIT;

	pk_way_back_words(back, &words);
	show_words(&words, NULL);
}

void pk_view_deploy_tried(const struct pk_deploy *d)
{
	pk_view_usage(stderr, &d->findings);
	pk_view_errors(stderr, &d->findings);
	pk_view_intact(stderr, &d->intact);
	/* Where that is refused, the error shows it. */
	if (d->options.allow_destructive)
		show_gone(&d->gone);
	if (is_down(d) && d->checks.n_wrong)
		pk_say("checks are compared with how it is after the rollback: + is there only with the migrations");
	pk_view_checks(stderr, &d->checks);
	show_way_back(&d->back);
}

void pk_view_deploy_present(const struct pk_deploy *d)
{
	if (d->present.n)
		pk_say("on '%s' at present:", d->remote.name);
	for (size_t i = 0; i < d->present.n; i++)
		pk_say("  %s", d->present.items[i]);
}

/* ---- what was done ---- */

void pk_view_deploy_nothing(const struct pk_deploy *d)
{
	if (!is_down(d))
		pk_print(stdout, "nothing is pending on '%s'\n", d->remote.name);
	else if (!d->applied.n)
		pk_print(stdout, "nothing to roll back: no migration has run on '%s'\n", d->remote.name);
	else
		pk_print(stdout, "nothing to roll back on '%s': %s is the last one there\n", d->remote.name, d->back_to);
}

void pk_view_deploy_done(const struct pk_deploy *d, double seconds)
{
	PK_FREE char *took = pk_duration(seconds);
	size_t n = 0;

	for (size_t i = 0; i < d->n_done; i++)
		n += !d->done[i].adopted;
	if (n)
		pk_print(stdout, "%s %zu migration%s %s '%s' in %s\n", is_down(d) ? "rolled back" : "deployed", n,
			 n == 1 ? "" : "s", is_down(d) ? "on" : "to", d->remote.name, took);
	else
		pk_print(stdout, "recorded %s on '%s' in %s\n", adopted(d), d->remote.name, took);
}
