#include "git/grep.h"

#include "base/proc.h"
#include "base/term.h"
#include "base/text.h"

#define SECONDS	   20
#define LINE_SHOWN 100 /* bytes */

/* Files that name everything, and that nobody writes. */
static const char *const generated[] = {
	"*.lock", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml",
	"go.sum", "*.min.js",	       "*.min.css",	      "*.map",
	"*.svg"
};

void pk_grep_lines_release(struct pk_grep_lines *lines)
{
	free(lines->items);
	pk_arena_release(&lines->arena);
	*lines = (struct pk_grep_lines)PK_GREP_LINES_INIT;
}

static void make_args(const struct pk_grep *what, const char *mode, struct pk_strv *args)
{
	static const char *const fixed[] = {
		"git",	       "grep", "--no-color", "--no-column", "--no-recurse-submodules",
		"--full-name", "-I",   "-w",	     "-F",	    "-z",
		NULL
	};

	pk_strv_extend(args, fixed);
	pk_strv_push(args, mode);
	if (what->also)
		pk_strv_push(args, "-i");
	pk_strv_push(args, "-e");
	pk_strv_push(args, what->word);
	if (what->also) {
		pk_strv_push(args, "--and");
		pk_strv_push(args, "-e");
		pk_strv_push(args, what->also);
	}
	if (what->rev)
		pk_strv_push(args, what->rev);
	pk_strv_push(args, "--");
}

/* Status 1 is git's word for nothing found. */
static int run(const struct pk_repo *repo, const struct pk_strv *args, struct pk_buf *out,
	       struct pk_err *err)
{
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	const struct pk_proc proc = {
		.argv = (const char *const *)args->items,
		.cwd = repo->workdir ? repo->workdir : repo->commondir,
		.out = out,
		.err_out = &said,
		.timeout = SECONDS,
	};
	int status;

	if (pk_proc_run(&proc, &status, err) < 0)
		return -1;
	if (status <= 1)
		return 0;
	pk_buf_rtrim(&said);
	return said.len ? pk_err_set(err, "git grep: %s", said.ptr)
			: pk_err_set(err, "git grep did not end within %d seconds", SECONDS);
}

/* Without the "rev:" that git sets before it. */
static const char *file_name(const struct pk_grep *what, const char *name)
{
	size_t n = what->rev ? strlen(what->rev) : 0;

	return n && strncmp(name, what->rev, n) == 0 && name[n] == ':' ? name + n + 1 : name;
}

/* "file\0count\n", counted; the first files that are enough for max lines. */
static void count(const struct pk_grep *what, const struct pk_buf *out, size_t max,
		  struct pk_grep_lines *ret, struct pk_strv *ret_files)
{
	const char *p = out->ptr, *end = out->ptr + out->len;

	while (p < end) {
		const char *name = p, *number = p + strlen(p) + 1;

		if (number >= end)
			break;
		if (ret->found < max)
			pk_strv_push(ret_files, file_name(what, name));
		ret->found += strtoul(number, NULL, 10);
		ret->files++;
		p = number + strcspn(number, "\n") + 1;
	}
}

static void add_line(struct pk_grep_lines *ret, const char *file, const char *number,
		     const char *text)
{
	PK_AUTO(pk_buf) safe_file = PK_BUF_INIT;
	PK_AUTO(pk_buf) safe_text = PK_BUF_INIT;
	size_t n = strcspn(text + strspn(text, " \t"), "\r\n");
	PK_FREE char *line = pk_strndup(text + strspn(text, " \t"), n),
		     *short_line = pk_cut(line, LINE_SHOWN);

	pk_buf_add_safe(&safe_file, file, false);
	pk_buf_add_safe(&safe_text, short_line, false);
	pk_buf_rtrim(&safe_text);
	if (ret->n == ret->cap) {
		ret->cap = ret->cap ? 2 * ret->cap : 8;
		ret->items = pk_realloc_array(ret->items, ret->cap, sizeof(*ret->items));
	}
	ret->items[ret->n++] = (struct pk_grep_line){
		.file = pk_arena_strdup(&ret->arena, safe_file.ptr),
		.text = pk_arena_strdup(&ret->arena, safe_text.ptr),
		.line = atoi(number),
	};
}

/* "file\0line\0text\n"; older ones set a colon behind the line. */
static void take_lines(const struct pk_grep *what, const struct pk_buf *out, size_t max,
		       struct pk_grep_lines *ret)
{
	const char *p = out->ptr, *end = out->ptr + out->len;

	while (p < end && ret->n < max) {
		const char *name = p, *number = p + strlen(p) + 1;
		const char *text = number < end ? number + strspn(number, "0123456789") + 1 : end;

		if (text >= end)
			break;
		add_line(ret, file_name(what, name), number, text);
		p = text + strcspn(text, "\n") + 1;
	}
}

int pk_git_grep(const struct pk_repo *repo, const struct pk_grep *what, size_t max,
		struct pk_grep_lines *ret, struct pk_err *err)
{
	PK_AUTO(pk_strv) counting = PK_STRV_INIT;
	PK_AUTO(pk_strv) showing = PK_STRV_INIT;
	PK_AUTO(pk_strv) files = PK_STRV_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	if (!*what->word || strpbrk(what->word, "\r\n") ||
	    (what->also && (!*what->also || strpbrk(what->also, "\r\n"))))
		return pk_err_set(err, "git grep looks for no such name");
	if (!repo->workdir && !what->rev)
		return pk_err_set(err, "a bare repository has no files without a commit");
	make_args(what, "-c", &counting);
	pk_strv_push(&counting, ":(top)");
	for (size_t i = 0; i < PK_COUNT(generated); i++)
		pk_strv_pushf(&counting, ":(top,exclude,glob)**/%s", generated[i]);
	for (size_t i = 0; what->leave_out && what->leave_out[i]; i++)
		pk_strv_pushf(&counting, ":(top,exclude,literal)%s", what->leave_out[i]);
	if (run(repo, &counting, &out, err) < 0)
		return -1;
	count(what, &out, max, ret, &files);
	if (!files.n)
		return 0;
	make_args(what, "-n", &showing);
	for (size_t i = 0; i < files.n; i++)
		pk_strv_pushf(&showing, ":(top,literal)%s", files.items[i]);
	pk_buf_clear(&out);
	if (run(repo, &showing, &out, err) < 0)
		return -1;
	take_lines(what, &out, max, ret);
	return 0;
}
