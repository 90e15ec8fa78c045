#include "install/stub.h"

#include "base/embedded.h"
#include "base/text.h"

#define SUM_MARK "@SUM@"
#define PROGRAM_MARK "@GIT_POSTKIT@"
#define SUM_LEN 16

const struct pk_hook_kind pk_hook_kinds[] = {
	{ "post-checkout", PK_HOOKS_CLIENT, false }, { "post-merge", PK_HOOKS_CLIENT, false },
	{ "post-rewrite", PK_HOOKS_CLIENT, true },   { "pre-push", PK_HOOKS_CLIENT, true },
	{ "post-receive", PK_HOOKS_SERVER, true },   { "pre-receive", PK_HOOKS_SERVER, true },
	{ NULL, 0, false },
};

/* Replaces the first occurrence; a text without it stays as it is. */
static char *replace(const char *text, const char *what, const char *with)
{
	const char *at = strstr(text, what);

	if (!at)
		return pk_strdup(text);
	return pk_printf("%.*s%s%s", (int)(at - text), text, with, at + strlen(what));
}

static void sum(const char *text, char ret[SUM_LEN + 1])
{
	snprintf(ret, SUM_LEN + 1, "%016llx", (unsigned long long)pk_hash(text, strlen(text), 0));
}

static char *shell_quote(const char *s)
{
	struct pk_buf quoted = PK_BUF_INIT;

	pk_buf_addc(&quoted, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			pk_buf_add(&quoted, "'\\''");
		else
			pk_buf_addc(&quoted, *s);
	}
	pk_buf_addc(&quoted, '\'');
	return pk_buf_take(&quoted);
}

int pk_stub_text(const char *hook, const char *program, struct pk_buf *ret, struct pk_err *err)
{
	PK_FREE char *path = pk_printf("hooks/%s", hook);
	PK_FREE char *quoted = shell_quote(program);
	PK_FREE char *template = NULL, *text = NULL, *summed = NULL;
	const struct pk_embedded *file = pk_embedded_find(path);
	char digits[SUM_LEN + 1];

	if (!file)
		return pk_err_set(err, "the program was built without the hook '%s'", hook);
	template = pk_strndup(file->data, file->len);
	text = replace(template, PROGRAM_MARK, quoted);
	sum(text, digits);
	summed = replace(text, SUM_MARK, digits);
	pk_buf_add(ret, summed);
	return 0;
}

static bool untouched(const char *text, const char *marker)
{
	static const char label[] = ", sum ";
	const char *line_end = strchr(marker, '\n');
	const char *at = strstr(marker, label);
	char digits[SUM_LEN + 1];
	PK_FREE char *unsummed = NULL;

	if (!at || !line_end || at + strlen(label) + SUM_LEN > line_end)
		return false;
	at += strlen(label);
	unsummed = pk_printf("%.*s%s%s", (int)(at - text), text, SUM_MARK, at + SUM_LEN);
	sum(unsummed, digits);
	return strncmp(digits, at, SUM_LEN) == 0;
}

enum pk_hook_state pk_stub_classify(const char *hook, const char *text, const char *expect)
{
	PK_FREE char *mark = pk_printf("# git-postkit hook: %s, version ", hook);
	const char *marker = strstr(text, mark);

	if (pk_streq(text, expect))
		return PK_HOOK_OURS;
	if (marker)
		return untouched(text, marker) ? PK_HOOK_OLD : PK_HOOK_CHANGED;
	return strstr(text, "git-postkit --hook") || strstr(text, "git postkit check") ? PK_HOOK_CALLS
											: PK_HOOK_FOREIGN;
}
