#include "cmd/help.h"
#include "base/embedded.h"
#include "base/proc.h"
#include "clone/remote.h"

#include <unistd.h>

/* The order in which a newcomer meets them. */
static const char *const groups[] = {
	"set up", "work on a branch", "bring it to production", "look after things", "plumbing",
};

void pk_help_overview(FILE *out)
{
	fputs("usage: git postkit <command> [<options>]\n\n"
	      "PostgreSQL schema changes as ordinary as commits: declare the schema as SQL files, work on\n"
	      "a branch against a private clone of production, and merge.\n",
	      out);
	for (size_t g = 0; g < PK_COUNT(groups); g++) {
		pk_print(out, "\n%s\n", groups[g]);
		for (const struct pk_command *c = pk_commands; c->name; c++)
			if (pk_streq(c->group, groups[g]))
				pk_print(out, "   %-12s %s\n", c->name, c->summary);
	}
	fputs("\n'git postkit <command> -h' shows the options of a command, 'git postkit --help' the manual.\n",
	      out);
}

void pk_help_command(FILE *out, const struct pk_command *command)
{
	pk_opt_help(out, command->name, command->synopsis, command->summary, command->opts);
}

int pk_help_usage(const char *command, struct pk_err *err, const char *fmt, ...)
{
	const struct pk_command *c = pk_command_find(command);
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	pk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	pk_err_set(err, "%s", text.ptr);
	pk_err_hint(err, "usage: git postkit %s%s%s", c->name, c->synopsis[0] ? " " : "",
		    c->synopsis);
	return pk_err_exit(err, PK_EXIT_USAGE);
}

void pk_help_manual(void)
{
	static const char *const probe_argv[] = { "man", "-w", "git-postkit", NULL };
	static const char *const carried_argv[] = { "man", "-l", "-", NULL };
	char *const argv[] = { (char[]){ "man" }, (char[]){ "git-postkit" }, NULL };
	const struct pk_embedded *page = pk_embedded_find("man/git-postkit.1");
	struct pk_proc proc = { .argv = probe_argv };
	int status = 1;

	if (pk_proc_run(&proc, &status, NULL) == 0 && status == 0)
		execvp(argv[0], argv);
	/* In a checkout no page is installed; the program carries it. */
	if (!page)
		return;
	proc = (struct pk_proc){ .argv = carried_argv,
				 .input = page->data,
				 .input_len = page->len,
				 .inherit_stdout = true };
	if (pk_proc_run(&proc, &status, NULL) == 0 && status == 0)
		exit(0);
}

#define MAX_WORD 24

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Damerau-Levenshtein, restricted to neighbours changing places: statsu -> status is one step. */
static size_t distance(const char *a, const char *b)
{
	size_t d[MAX_WORD + 1][MAX_WORD + 1], n = strlen(a), m = strlen(b);

	if (n > MAX_WORD || m > MAX_WORD)
		return SIZE_MAX;
	for (size_t i = 0; i <= n; i++) {
		for (size_t j = 0; j <= m; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
				       d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[n][m];
}

void pk_help_unknown(const char *word, struct pk_err *err)
{
	PK_AUTO(pk_buf) near = PK_BUF_INIT;
	PK_AUTO(pk_buf) shown = PK_BUF_INIT;
	size_t best = 3; /* further away is no help */

	for (const struct pk_command *c = pk_commands; c->name; c++) {
		size_t d = strlen(word) > 2 && pk_starts_with(c->name, word)
				   ? 1
				   : distance(word, c->name);

		if (d > best || d >= strlen(c->name))
			continue;
		if (d < best)
			pk_buf_clear(&near);
		best = d;
		pk_buf_addf(&near, "%s'git postkit %s'", near.len ? ", " : "", c->name);
	}
	pk_buf_add_safe(&shown, word, false);
	pk_err_set(err,
		   word[0] == '-' ? "unknown option '%s'" : "'%s' is not a command of git postkit",
		   shown.ptr);
	if (near.len)
		pk_err_hint(err, "did you mean %s?", near.ptr);
	else
		pk_err_hint(err, "'git postkit -h' lists the commands");
	pk_err_exit(err, PK_EXIT_USAGE);
}

/* Subcommands, which are operands to the parser of options. */
static const struct {
	const char *command, *words;
} subcommands[] = {
	{ "hooks", "install uninstall status" },
	{ "records", "push fetch" },
	{ "remote", "add list remove use test" },
};

static void print_words(const struct pk_command *c)
{
	PK_AUTO(pk_strv) words = PK_STRV_INIT;

	for (size_t i = 0; i < PK_COUNT(subcommands); i++)
		if (pk_streq(subcommands[i].command, c->name))
			pk_strv_split(&words, subcommands[i].words, ' ');
	/* The synopsis says what else may stand there. */
	if (strstr(c->synopsis, "[REMOTE]") || strstr(c->synopsis, " NAME"))
		pk_strv_push(&words, "@remote");
	if (strstr(c->synopsis, "FILE") || strstr(c->synopsis, "DB") || strstr(c->synopsis, "FROM"))
		pk_strv_push(&words, "@file");
	for (size_t i = 0; i < words.n; i++)
		pk_print(stdout, "word\t%s\t%s\n", c->name, words.items[i]);
}

static void print_option(const struct pk_command *c, const struct pk_opt *o)
{
	pk_print(stdout, "option\t%s\t--%s", c->name, o->name);
	if (o->short_name)
		pk_print(stdout, "|-%c", o->short_name);
	pk_print(stdout, "\t%s\t%s\n", o->arg ? o->arg : "", o->help);
}

int pk_completion_data(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_strv) remotes = PK_STRV_INIT;

	(void)argc;
	(void)argv;
	(void)err;
	for (const struct pk_command *c = pk_commands; c->name; c++) {
		pk_print(stdout, "command\t%s\t%s\n", c->name, c->summary);
		for (const struct pk_opt *o = c->opts; o->name; o++)
			print_option(c, o);
		print_words(c);
	}
	/* A broken repository is no reason to complete nothing. */
	if (pk_ctx_open(&ctx, false, NULL) < 0)
		return 0;
	pk_remote_list(&ctx.config, &remotes);
	for (size_t i = 0; i < remotes.n; i++)
		pk_print(stdout, "remote\t%s\n", remotes.items[i]);
	return 0;
}
