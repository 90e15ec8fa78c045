/*
 * git push <remote>: lines "<local ref> <local oid> <remote ref> <remote oid>" on standard input.
 * The first field can be any expression, and both refs of a deletion are of no use, so only the
 * oids count.
 */
#include "base/term.h"
#include "check/check.h"
#include "hook/hook.h"

struct updates {
	struct pk_check_update *items;
	size_t n, cap;
	struct pk_strv texts; /* owns the oids */
};

static void updates_release(struct updates *updates)
{
	free(updates->items);
	pk_strv_release(&updates->texts);
}

static bool is_hex_oid(const char *s)
{
	return strlen(s) == PK_OID_HEX && strspn(s, "0123456789abcdef") == PK_OID_HEX;
}

static bool is_null_oid(const char *s)
{
	return strspn(s, "0") == strlen(s);
}

static void add_update(struct updates *updates, const struct pk_strv *fields)
{
	const char *local = fields->items[1], *remote = fields->items[3];

	/* Our own refs and notes hold no migrations; deletions publish nothing. */
	if (is_null_oid(local) || pk_starts_with(fields->items[2], "refs/postkit/") ||
	    pk_starts_with(fields->items[2], "refs/notes/"))
		return;
	if (updates->n == updates->cap) {
		updates->cap = updates->cap ? 2 * updates->cap : 16;
		updates->items = pk_realloc_array(updates->items, updates->cap, sizeof(*updates->items));
	}
	/* The strings stay where they are when the list of them grows. */
	pk_strv_push(&updates->texts, local);
	updates->items[updates->n].commit = updates->texts.items[updates->texts.n - 1];
	updates->items[updates->n].base = NULL;
	if (!is_null_oid(remote)) {
		pk_strv_push(&updates->texts, remote);
		updates->items[updates->n].base = updates->texts.items[updates->texts.n - 1];
	}
	updates->n++;
}

static int parse(const struct pk_buf *input, struct updates *ret, struct pk_err *err)
{
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;

	pk_strv_split(&lines, input->ptr, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		PK_AUTO(pk_strv) fields = PK_STRV_INIT;

		pk_strv_split(&fields, lines.items[i], ' ');
		if (fields.n != 4 || !is_hex_oid(fields.items[1]) || !is_hex_oid(fields.items[3]))
			return pk_err_set(err, "git gave the hook a line that it cannot read: '%s'",
					  lines.items[i]);
		add_update(ret, &fields);
	}
	return 0;
}

static void explain(const struct pk_check *check)
{
	bool fatal = pk_check_fatal(check);

	pk_check_print(stderr, check);
	if (!fatal)
		return;
	fprintf(stderr, "%serror%s: git postkit refuses this push\n", pk_color(stderr, PK_RED),
		pk_color(stderr, PK_PLAIN));
	fprintf(stderr, "hint: a statement that has to be as it is passes with '-- postkit:allow RULE: REASON' above it;\n"
			"hint: git postkit check shows this again\n");
}

static int check_updates(const struct pk_hook_call *call, const struct updates *updates, struct pk_err *err)
{
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_project) project = PK_PROJECT_INIT;
	PK_AUTO(pk_check) check = PK_CHECK_INIT;
	struct pk_check_input in = {
		.repo = &repo, .config = &config, .project = &project, .database = true,
		/* Pushed to a bare URL, git gives the URL as name: such a remote has no tracking refs. */
		.remote = call->argc > 1 && !pk_streq(call->argv[0], call->argv[1]) ? call->argv[0] : NULL,
	};

	if (pk_repo_open(&repo, NULL, err) < 0 || pk_config_load(&config, &repo, err) < 0)
		return -1;
	pk_project_load(&project, &config);
	if (pk_check_run(&in, updates->items, updates->n, &check, err) < 0)
		return -1;
	explain(&check);
	return pk_check_fatal(&check) ? PK_EXIT_NO : PK_EXIT_OK;
}

int pk_hook_pre_push(const struct pk_hook_call *call, struct pk_err *err)
{
	struct updates updates = { 0 };
	int status = parse(call->input, &updates, err);

	if (status == 0 && updates.n)
		status = check_updates(call, &updates, err);
	updates_release(&updates);
	return status;
}
