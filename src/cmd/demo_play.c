/* The play of the demo: scenes as rows of a table, each a command that is shown and run, or an edit. */
#include "base/fs.h"
#include "base/proc.h"
#include "base/sig.h"
#include "base/term.h"
#include "cmd/demo.h"
#include "cmd/demo_edit.h"


enum kind {
	TITLE,  /* text: a heading */
	SAY,    /* text: talk */
	RUN,    /* text: a command that succeeds */
	REFUSE, /* text: a command that is refused */
	EDIT,   /* text: what the developer does, edit: does it */
	TYPE,   /* text: what the developer writes in the next editor */
};

struct step {
	enum kind kind;
	const char *text;
	int (*edit)(const char *shop, struct pk_err *err);
};

static const struct step play[] = {
	{ TITLE, "A repository, and the database as files", NULL },
	{ RUN, "git clone -q origin.git shop", NULL },
	{ RUN, "git postkit init", NULL },
	{ RUN, "git postkit remote add prod @URL@ --default", NULL },
	{ RUN, "git postkit import --yes", NULL },
	{ RUN, "git add .", NULL },
	{ RUN, "git commit -q -m 'the shop as it is in production'", NULL },
	{ RUN, "git push -q -u origin main", NULL },

	{ TITLE, "A feature, on a branch with a private clone of production", NULL },
	{ RUN, "git switch -q -c loyalty", NULL },
	{ RUN, "git postkit start", NULL },
	{ EDIT, "edit the schema files: a column, a table, an index, a view", pk_demo_edit_feature },
	{ RUN, "git add --intent-to-add db", NULL },
	{ RUN, "git diff -U0 db", NULL },
	{ RUN, "git postkit plan", NULL },
	{ RUN, "git postkit apply", NULL },
	{ RUN, "git postkit commit -m 'loyalty points and coupons'", NULL },
	{ RUN, "git push -q -u origin loyalty", NULL },

	{ TITLE, "Merged, tried on a fresh copy, deployed", NULL },
	{ RUN, "git switch -q main", NULL },
	{ RUN, "git merge -q --no-ff -m 'Merge loyalty' loyalty", NULL },
	{ RUN, "git push -q origin main", NULL },
	{ RUN, "git postkit deploy --dry-run", NULL },
	{ RUN, "git postkit deploy --yes", NULL },
	{ RUN, "git postkit log", NULL },
	{ RUN, "git postkit drift", NULL },

	{ TITLE, "What would have hurt", NULL },
	{ SAY, "Somebody wants every order to have its customer, and writes the migration by hand.", NULL },
	{ RUN, "git switch -q -c strict", NULL },
	{ RUN, "git postkit start", NULL },
	{ TYPE, "-- migrate:up\n"
		"ALTER TABLE public.orders ADD CONSTRAINT orders_customer_id_fkey\n"
		"    FOREIGN KEY (customer_id) REFERENCES public.customers (id);\n"
		"-- migrate:down\n"
		"ALTER TABLE public.orders DROP CONSTRAINT orders_customer_id_fkey;\n", NULL },
	{ RUN, "git postkit migration orders_need_customers", NULL },
	{ REFUSE, "git postkit apply", NULL },
	{ SAY, "The clone has production's data, so the orphans show here and not at night.", NULL },
	{ RUN, "git postkit abort --yes", NULL },
	{ SAY, "Then an index, again by hand. It works on the clone; in production it would stop all writes.", NULL },
	{ RUN, "git postkit start", NULL },
	{ TYPE, "-- migrate:up\n"
		"CREATE INDEX orders_shipped_at_idx ON public.orders (shipped_at);\n"
		"-- migrate:down\n"
		"DROP INDEX public.orders_shipped_at_idx;\n", NULL },
	{ RUN, "git postkit migration index_shipped_at", NULL },
	{ EDIT, "say the same in the schema files", pk_demo_edit_index },
	{ RUN, "git postkit apply", NULL },
	{ RUN, "git postkit commit -m 'index orders by shipping date'", NULL },
	{ REFUSE, "git push -u origin strict", NULL },
	{ SAY, "Production was never touched.", NULL },
	{ RUN, "git postkit status", NULL },
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

	return at ? pk_printf("%.*s'%s'%s", (int)(at - text), text, url, at + strlen("@URL@")) : pk_strdup(text);
}

static int run_command(struct pk_demo *demo, const char *text, bool refused, struct pk_err *err)
{
	PK_FREE char *line = with_url(text, demo->url);
	PK_AUTO(pk_strv) words = PK_STRV_INIT;
	struct pk_proc proc = {
		.cwd = pk_path_is_dir(demo->shop) ? demo->shop : demo->dir,
		.inherit_stdout = true,
		.inherit_stderr = true,
	};
	int status = 0;

	printf("\n%s$%s %s%s%s\n", pk_color(stdout, PK_GREEN), pk_color(stdout, PK_PLAIN),
	       pk_color(stdout, PK_BOLD), line, pk_color(stdout, PK_PLAIN));
	fflush(stdout);
	split(line, &words);
	proc.argv = (const char *const *)words.items;
	if (pk_proc_run(&proc, &status, err) < 0)
		return -1;
	if (pk_interrupted()) {
		pk_err_set(err, "interrupted");
		return pk_err_exit(err, PK_EXIT_INTERRUPTED);
	}
	if (refused ? status != 0 && status < PK_EXIT_USAGE : status == 0)
		return 0;
	return pk_err_set(err, "'%s' ended with status %d, which the demo did not expect", line, status);
}

/* What the developer types in the editor is shown where the editor would open. */
static int type_text(struct pk_demo *demo, const char *text, struct pk_err *err)
{
	PK_FREE char *path = pk_path_join(demo->dir, "home/typed.sql");

	setenv("DEMO_TEXT", path, 1);
	pk_demo_say("In the editor that the next command opens:");
	printf("%s%s%s", pk_color(stdout, PK_CYAN), text, pk_color(stdout, PK_PLAIN));
	return pk_write_file(path, text, strlen(text), 0644, err);
}

static int take(struct pk_demo *demo, const struct step *step, struct pk_err *err)
{
	switch (step->kind) {
	case TITLE:
		pk_demo_title("%s", step->text);
		return 0;
	case SAY:
		putchar('\n');
		pk_demo_say("%s", step->text);
		return 0;
	case RUN:
	case REFUSE:
		return run_command(demo, step->text, step->kind == REFUSE, err);
	case EDIT:
		putchar('\n');
		pk_demo_say("(%s)", step->text);
		return step->edit(demo->shop, err);
	case TYPE:
		putchar('\n');
		return type_text(demo, step->text, err);
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
