/*
 * git receive-pack: all refs of a push at once, before any is changed. What was pushed lies in a quarantine by then, and
 * is thrown away when this refuses. Nothing of it runs, unless the server's own settings let schema files be loaded.
 */
#include "base/map.h"
#include "deploy/followers.h"
#include "hook/hook.h"
#include "hook/updates.h"

/* What reaches the people who push; the rest they see at home. */
#define LINES_SHOWN 60

struct receive {
	struct pk_repo repo;
	struct pk_updates updates;
	struct pk_check check;
};

static void receive_release(struct receive *receive)
{
	pk_check_release(&receive->check);
	pk_updates_release(&receive->updates);
	pk_repo_release(&receive->repo);
}

/* What this repository alone knows, and acts upon: which superuser's statements may run here, what was deployed. */
static int refuse_own_refs(const struct pk_buf *input, struct pk_err *err)
{
	static const char *const own[] = { "refs/postkit/held", PK_TRIED_REFS };
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;

	pk_strv_split(&lines, input->ptr, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		const char *space = strrchr(lines.items[i], ' ');

		for (size_t k = 0; space && k < PK_COUNT(own); k++)
			if (pk_starts_with(space + 1, own[k]))
				return pk_err_set(err, "'%s' is this repository's own and cannot be pushed", space + 1);
	}
	return 0;
}

/* A new ref to what a branch has already publishes nothing. */
static bool brings_something(const struct pk_updates *updates, size_t i, void *arg)
{
	return updates->items[i].base || pk_map_get(arg, updates->items[i].commit);
}

static int drop_known(struct receive *receive, struct pk_err *err)
{
	PK_AUTO(pk_strv) tips = PK_STRV_INIT;
	PK_AUTO(pk_strv) unreached = PK_STRV_INIT;
	PK_AUTO(pk_map) fresh = PK_MAP_INIT;

	for (size_t i = 0; i < receive->updates.n; i++)
		if (!receive->updates.items[i].base)
			pk_strv_push(&tips, receive->updates.items[i].commit);
	if (pk_repo_unreached(&receive->repo, &tips, &unreached, err) < 0)
		return -1;
	for (size_t i = 0; i < unreached.n; i++)
		pk_map_set(&fresh, unreached.items[i], receive);
	pk_updates_filter(&receive->updates, brings_something, &fresh);
	return 0;
}

/* Commits with the same .postkit. */
static int check_group(struct receive *receive, const struct pk_check_update *updates, size_t n, struct pk_err *err)
{
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_project) project = PK_PROJECT_INIT;
	struct pk_check_input in = {
		.repo = &receive->repo, .config = &config, .project = &project, .remote = ".", .no_verdicts = true,
	};

	if (pk_config_load_at(&config, &receive->repo, updates[0].commit, err) < 0)
		return -1;
	pk_project_load(&project, &config);
	in.database = pk_config_bool_protected(&config, "receiveDatabase", false);
	in.no_records = !pk_config_bool_protected(&config, "receiveRecords", false);
	return pk_check_run(&in, updates, n, &receive->check, err);
}

/* Project settings are those of the commit, as they will count for whoever checks it out. */
static int check_all(struct receive *receive, struct pk_err *err)
{
	const struct pk_updates *updates = &receive->updates;
	PK_FREE struct pk_oid *settings = pk_alloc((updates->n + 1) * sizeof(*settings));
	PK_FREE struct pk_check_update *group = pk_alloc((updates->n + 1) * sizeof(*group));
	PK_AUTO(pk_map) done = PK_MAP_INIT;

	for (size_t i = 0; i < updates->n; i++)
		if (pk_repo_tree_at(&receive->repo, updates->items[i].commit, ".postkit", &settings[i], err) < 0)
			return -1;
	for (size_t i = 0; i < updates->n; i++) {
		size_t n = 0;

		if (!pk_map_set(&done, settings[i].hex, receive))
			continue;
		for (size_t j = i; j < updates->n; j++)
			if (pk_streq(settings[j].hex, settings[i].hex))
				group[n++] = updates->items[j];
		if (check_group(receive, group, n, err) < 0)
			return -1;
	}
	return 0;
}

/* A line as it was shown already: tabs in it are tabs. */
static void show_line(const char *line)
{
	pk_print_lines(stderr, line);
	fputc('\n', stderr);
}

static void print_head(const struct pk_check *check)
{
	PK_FREE char *text = NULL;
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	pk_check_print(out, check);
	fclose(out);
	pk_strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n && i < LINES_SHOWN; i++)
		show_line(lines.items[i]);
	if (lines.n > LINES_SHOWN)
		pk_print(stderr, "and %zu more lines\n", lines.n - LINES_SHOWN);
}

int pk_hook_pre_receive(const struct pk_hook_call *call, struct pk_err *err)
{
	struct receive receive __attribute__((cleanup(receive_release))) = { .repo = PK_REPO_INIT };

	if (refuse_own_refs(call->input, err) < 0 ||
	    pk_updates_parse(call->input, PK_UPDATES_RECEIVE, &receive.updates, err) < 0)
		return -1;
	if (!receive.updates.n)
		return 0;
	if (pk_repo_open(&receive.repo, NULL, err) < 0 ||
	    pk_updates_resolve(&receive.updates, &receive.repo, err) < 0 || drop_known(&receive, err) < 0 ||
	    check_all(&receive, err) < 0)
		return -1;
	print_head(&receive.check);
	if (!pk_check_fatal(&receive.check))
		return PK_EXIT_OK;
	pk_print(stderr, "error: git postkit refuses this push\n");
	pk_check_hint(stderr, &receive.check);
	pk_print(stderr, "hint: git postkit check shows this again\n");
	return PK_EXIT_NO;
}
