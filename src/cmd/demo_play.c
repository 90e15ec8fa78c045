/* The play of the demo: scenes as rows of a table, each a command that is shown and run, or an edit. */
#include "base/fs.h"
#include "base/print.h"
#include "base/proc.h"
#include "base/sig.h"
#include "base/term.h"
#include "cmd/demo.h"
#include "cmd/demo_edit.h"

enum kind {
	HEADING,
	TALK,
	COMMAND, /* succeeds */
	REFUSED, /* is refused */
	CHANGE,	 /* what the developer does in the files */
};

struct step {
	enum kind kind;
	const char *text;
	int (*edit)(const char *shop, struct pk_err *err);
	const char *input; /* of a command, as a here-document */
};

/* clang-format off */
#define TITLE(text) { HEADING, text, NULL, NULL }
#define SAY(text) { TALK, text, NULL, NULL }
#define RUN(text) { COMMAND, text, NULL, NULL }
#define FEED(text, input) { COMMAND, text, NULL, input }
#define REFUSE(text) { REFUSED, text, NULL, NULL }
#define EDIT(text, edit) { CHANGE, text, edit, NULL }
/* clang-format on */

static const struct step play[] = {
	TITLE("A repository, and the database as files"),
	RUN("git clone -q origin.git shop"),
	RUN("git postkit init"),
	RUN("git postkit remote add prod @URL@ --default"),
	RUN("git postkit import --yes"),
	RUN("git add ."),
	RUN("git commit -q -m 'the shop as it is in production'"),
	RUN("git push -q -u origin main"),

	TITLE("A feature, on a branch with a private clone of production"),
	RUN("git switch -q -c loyalty"),
	RUN("git postkit start"),
	EDIT("edit the schema files: a column, a table, an index, a view", pk_demo_edit_feature),
	RUN("git add --intent-to-add db"),
	RUN("git diff -U0 db"),
	RUN("git postkit plan"),
	RUN("git postkit apply"),
	RUN("git postkit commit -m 'loyalty points and coupons'"),
	RUN("git push -q -u origin loyalty"),

	TITLE("Merged, tried on a fresh copy, deployed"),
	RUN("git switch -q main"),
	RUN("git merge -q --no-ff -m 'Merge loyalty' loyalty"),
	RUN("git push -q origin main"),
	RUN("git postkit deploy --dry-run"),
	RUN("git postkit deploy --yes"),
	RUN("git postkit log"),
	RUN("git postkit drift"),

	TITLE("What would have hurt"),
	SAY("Somebody wants every order to have its customer, and writes the migration by hand."),
	RUN("git switch -q -c strict"),
	RUN("git postkit start"),
	FEED("git postkit migration orders_need_customers -F -",
	     "-- migrate:up\n"
	     "ALTER TABLE public.orders ADD CONSTRAINT orders_customer_id_fkey\n"
	     "    FOREIGN KEY (customer_id) REFERENCES public.customers (id);\n"
	     "-- migrate:down\n"
	     "ALTER TABLE public.orders DROP CONSTRAINT orders_customer_id_fkey;\n"),
	REFUSE("git postkit apply"),
	SAY("The clone has production's data, so the orphans show here and not at night."),
	RUN("git postkit abort --yes"),
	SAY("Then an index, again by hand. It works on the clone; in production it would stop all writes."),
	RUN("git postkit start"),
	FEED("git postkit migration index_shipped_at -F -",
	     "-- migrate:up\n"
	     "CREATE INDEX orders_shipped_at_idx ON public.orders (shipped_at);\n"
	     "-- migrate:down\n"
	     "DROP INDEX public.orders_shipped_at_idx;\n"),
	EDIT("say the same in the schema files", pk_demo_edit_index),
	RUN("git postkit apply"),
	RUN("git postkit commit -m 'index orders by shipping date'"),
	REFUSE("git push -u origin strict"),
	SAY("Production knows nothing of it. From the schema files alone, plan writes such an index the safe way."),
	RUN("git postkit status"),
};

/* Words of a command line: spaces divide, '...' holds together. */
static void split(const char *line, struct pk_strv *ret)
{
	PK_AUTO(pk_buf) word = PK_BUF_INIT;
	bool quoted = false, any = false;

	for (;; line++) {
		if (*line == '\'') {
			quoted = !quoted;
			any = true;
		} else if (*line == '\0' || (*line == ' ' && !quoted)) {
			if (any)
				pk_strv_push(ret, word.ptr);
			pk_buf_clear(&word);
			any = false;
			if (*line == '\0')
				return;
		} else {
			pk_buf_addc(&word, *line);
			any = true;
		}
	}
}

static char *with_url(const char *text, const char *url)
{
	const char *at = strstr(text, "@URL@");

	return at ? pk_printf("%.*s'%s'%s", (int)(at - text), text, url, at + strlen("@URL@"))
		  : pk_strdup(text);
}

static int run_command(struct pk_demo *demo, const struct step *step, struct pk_err *err)
{
	PK_FREE char *line = with_url(step->text, demo->url);
	PK_AUTO(pk_strv) words = PK_STRV_INIT;
	struct pk_proc proc = {
		.cwd = pk_path_is_dir(demo->shop) ? demo->shop : demo->dir,
		.input = step->input,
		.inherit_stdout = true,
		.inherit_stderr = true,
	};
	int status = 0;

	pk_print(stdout, "\n%s$%s %s%s%s%s\n", pk_color(stdout, PK_GREEN), pk_color(stdout, PK_PLAIN),
	       pk_color(stdout, PK_BOLD), line, step->input ? " <<'SQL'" : "",
	       pk_color(stdout, PK_PLAIN));
	if (step->input) {
		pk_print(stdout, "%s", pk_color(stdout, PK_CYAN));
		pk_print_lines(stdout, step->input);
		pk_print(stdout, "SQL%s\n", pk_color(stdout, PK_PLAIN));
	}
	fflush(stdout);
	split(line, &words);
	proc.argv = (const char *const *)words.items;
	if (pk_proc_run(&proc, &status, err) < 0)
		return -1;
	if (pk_interrupted())
		return pk_err_interrupted(err, "interrupted");
	if (step->kind == REFUSED ? status != 0 && status < PK_EXIT_USAGE : status == 0)
		return 0;
	return pk_err_set(err, "'%s' ended with status %d, which the demo did not expect", line,
			  status);
}

static int take(struct pk_demo *demo, const struct step *step, struct pk_err *err)
{
	switch (step->kind) {
	case HEADING:
		pk_demo_title("%s", step->text);
		return 0;
	case TALK:
		putchar('\n');
		pk_demo_say("%s", step->text);
		return 0;
	case COMMAND:
	case REFUSED:
		return run_command(demo, step, err);
	case CHANGE:
		putchar('\n');
		pk_demo_say("(%s)", step->text);
		return step->edit(demo->shop, err);
	}
	return 0;
}

int pk_demo_play(struct pk_demo *demo, struct pk_err *err)
{
	PK_FREE char *origin = pk_path_join(demo->dir, "origin.git");
	const char *argv[] = { "git", "init", "-q", "--bare", origin, NULL };
	const struct pk_proc init = { .argv = argv };

	if (pk_proc_check(&init, err) < 0)
		return -1;
	for (size_t i = 0; i < PK_COUNT(play); i++)
		if (take(demo, &play[i], err) < 0)
			return -1;
	return 0;
}
