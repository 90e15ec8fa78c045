#include "git/internal.h"

#include "base/sig.h"

void pk_commits_release(struct pk_commits *commits)
{
	for (size_t i = 0; i < commits->n; i++) {
		free(commits->items[i].summary);
		free(commits->items[i].author);
	}
	free(commits->items);
	*commits = (struct pk_commits)PK_COMMITS_INIT;
}

static char *take_line(const char **text)
{
	size_t n = strcspn(*text, "\n");
	char *line = pk_strndup(*text, n);
	*text += n;
	if (**text == '\n')
		(*text)++;
	return line;
}

/* "commit <id>", author, seconds, subject: a line each. */
static int parse_log(const char *text, struct pk_commits *ret, struct pk_err *err)
{
	static const char head[] = "commit ";
	while (*text) {
		PK_FREE char *first = take_line(&text);
		if (!pk_starts_with(first, head) || strlen(first) != sizeof(head) - 1 + PK_OID_HEX)
			return pk_err_set(err, "git rev-list said '%s', which is not a commit",
					  first);
		if (ret->n == ret->cap) {
			ret->cap = ret->cap ? ret->cap * 2 : 16;
			ret->items = pk_realloc_array(ret->items, ret->cap, sizeof(*ret->items));
		}
		struct pk_commit *commit = &ret->items[ret->n++];
		memcpy(commit->oid.hex, first + sizeof(head) - 1, PK_OID_HEX + 1);
		commit->author = take_line(&text);
		PK_FREE char *time = take_line(&text);
		commit->time = strtoll(time, NULL, 10);
		commit->summary = take_line(&text);
	}
	return 0;
}

/*
 * By git: libgit2 1.5 does not know where a shallow clone ends, which is what CI has. Revisions are
 * resolved before, so that none can be taken for an option.
 */
int pk_repo_log(const struct pk_repo *repo, const char *include, const char *const *exclude,
		struct pk_commits *ret, struct pk_err *err)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	struct pk_oid oid;
	int status;
	static const char *const head[] = { "rev-list", "--topo-order", "--encoding=UTF-8",
					    "--format=%an%n%ct%n%s", NULL };
	pk_strv_extend(&args, head);
	if (pk_repo_rev(repo, include, &oid, err) < 0)
		return -1;
	pk_strv_push(&args, oid.hex);
	for (size_t i = 0; exclude && exclude[i]; i++) {
		struct pk_oid null = { "" };
		if (strlen(exclude[i]) == PK_OID_HEX) {
			memcpy(null.hex, exclude[i], PK_OID_HEX + 1);
			if (pk_oid_is_null(&null))
				continue;
		}
		if (strpbrk(exclude[i], "*?[")) {
			pk_strv_push(&args, "--not");
			pk_strv_pushf(&args, "--glob=%s", exclude[i]);
			pk_strv_push(&args, "--not");
			continue;
		}
		if (pk_repo_rev(repo, exclude[i], &oid, err) < 0)
			return -1;
		pk_strv_pushf(&args, "^%s", oid.hex);
	}
	pk_strv_push(&args, "--");
	if (pk_repo_git(repo, (const char *const *)args.items, &out, &said, &status, err) < 0)
		return -1;
	if (status != 0 && pk_interrupted())
		return pk_err_interrupted(err, "interrupted");
	if (status != 0) {
		pk_buf_rtrim(&said);
		return pk_err_set(err, "the commits of '%s' cannot be listed: %s", include,
				  said.ptr);
	}
	return parse_log(out.ptr, ret, err);
}

int pk_repo_unreached(const struct pk_repo *repo, const struct pk_strv *commits, struct pk_strv *ret,
		      struct pk_err *err)
{
	static const char *const args[] = { "rev-list", "--stdin", "--not", "--branches", NULL };
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_FREE char *lines = pk_strv_join(commits, "\n");
	struct pk_proc proc = pk_repo_proc(repo, args, &argv);
	if (!commits->n)
		return 0;
	proc.input = lines;
	proc.out = &out;
	if (pk_proc_check(&proc, err) < 0)
		return -1;
	pk_strv_split(ret, out.ptr, '\n');
	return 0;
}
