#include "check/rules.h"

#include <stdarg.h>

#include "base/fs.h"
#include "clone/remote.h"

void pk_check_release(struct pk_check *check)
{
	for (size_t i = 0; i < check->n; i++) {
		free(check->reasons[i].file);
		free(check->reasons[i].message);
		free(check->reasons[i].fix);
	}
	free(check->reasons);
	pk_findings_release(&check->findings);
	*check = (struct pk_check)PK_CHECK_INIT;
}

void pk_check_reason(struct pk_check *check, struct pk_fault fault, const char *fmt, ...)
{
	struct pk_reason *reason;
	struct pk_buf text = PK_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	pk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (check->n == check->cap) {
		check->cap = check->cap ? 2 * check->cap : 8;
		check->reasons = pk_realloc_array(check->reasons, check->cap, sizeof(*check->reasons));
	}
	reason = &check->reasons[check->n++];
	*reason = (struct pk_reason){
		.rule = fault.rule, .level = fault.warning ? PK_LEVEL_WARNING : PK_LEVEL_ERROR,
		.file = pk_strdup(fault.file), .line = fault.line,
		.message = pk_buf_take(&text), .fix = pk_strdup(fault.fix),
	};
}

int pk_check_trees(const struct pk_check_input *in, const char *rev, struct pk_check_trees *ret,
		   struct pk_err *err)
{
	if (pk_repo_tree_at(in->repo, rev, in->project->schema_dir, &ret->schema, err) < 0)
		return -1;
	return pk_repo_tree_at(in->repo, rev, in->project->migrations_dir, &ret->migrations, err);
}

char *pk_check_key(const struct pk_check_trees *trees)
{
	return pk_printf("%s:%s", trees->schema.hex, trees->migrations.hex);
}

static void state_release(struct pk_check_state *state)
{
	pk_map_release(&state->known);
	pk_map_release(&state->published);
	pk_map_release(&state->by_file);
	pk_map_release(&state->deployed);
	pk_map_release(&state->walked);
	pk_map_release(&state->fresh);
	pk_usage_source_release(&state->usage);
	free(state->usage_remote);
	pk_arena_release(&state->arena);
}

int pk_check_where(const struct pk_check_input *in, const char *file, char **ret_where, bool *ret_ran, struct pk_err *err)
{
	struct pk_check_state state __attribute__((cleanup(state_release))) = { .in = in };

	if (pk_check_gather(&state, err) < 0)
		return -1;
	const struct pk_published *deployed = pk_map_get(&state.deployed, file);
	const struct pk_published *published = deployed ? deployed : pk_map_get(&state.by_file, file);
	*ret_ran = deployed != NULL;
	*ret_where = published ? pk_strdup(published->where) : NULL;
	return 0;
}

static struct pk_fault malformed(const char *file, const struct pk_err *why)
{
	return (struct pk_fault){ .rule = "malformed", .file = file, .line = why->line, .fix = why->hint };
}

/* --- lint of one migration, with the catalog as far as it is stored --- */

struct catalog {
	const struct pk_repo *repo;
	const char *fingerprint;
	struct pk_arena arena;
};

static const char *catalog_text(void *arg, const char *path)
{
	struct catalog *catalog = arg;
	PK_FREE char *text = pk_fingerprint_text(catalog->repo, catalog->fingerprint, path);

	return pk_arena_strdup(&catalog->arena, text);
}

static void catalog_list(void *arg, const char *beginning, struct pk_strv *ret)
{
	const struct catalog *catalog = arg;

	pk_fingerprint_paths(catalog->repo, catalog->fingerprint, beginning, ret);
}

/*
 * The stored snapshot nearest before the migration that is looked at: parts of one plan follow each other without
 * being stored one by one, and what an earlier part created is absent from it, which is right.
 */
struct nearest {
	const struct pk_chain *chain;
	size_t n;		 /* of its migrations, looked at so far */
	const char *fingerprint; /* NULL: none is stored */
};

/* Versions are asked for in the order of the chain. */
static const char *known_before(const struct pk_repo *repo, struct nearest *nearest, const char *version)
{
	const struct pk_chain *chain = nearest->chain;

	for (; nearest->n < chain->n && strcmp(chain->items[nearest->n].version, version) <= 0; nearest->n++) {
		const char *from = chain->items[nearest->n].from;

		if (from && pk_fingerprint_known(repo, from))
			nearest->fingerprint = from;
	}
	return nearest->fingerprint;
}

static int read_kept(void *arg, struct pk_workload *ret, struct pk_err *err)
{
	const struct pk_check_state *state = arg;

	PK_AUTO(pk_err) why = PK_ERR_INIT;

	(void)err;
	if (state->usage_remote) {
		pk_workload_load(state->in->repo, state->usage_remote, ret);
	} else {
		pk_err_set(&why, "there is no remote here, or no default one of several");
		pk_workload_refused(ret, NULL, &why);
	}
	return 0;
}

/* Who uses what goes, as far as that is known here. ret->usage stays NULL where the settings do not want it. */
static int open_usage(struct pk_check_state *state, const char *commit, struct pk_lint_options *ret, struct pk_err *err)
{
	const struct pk_check_input *in = state->in;
	bool wanted;

	if (!state->usage.read) {
		state->usage_remote = pk_remote_default(in->config);
		state->leave_out[0] = in->project->schema_dir;
		state->leave_out[1] = in->project->migrations_dir;
		state->usage.read = read_kept;
		state->usage.arg = state;
		state->usage.repo = in->repo;
		state->usage.leave_out = state->leave_out;
	}
	state->usage.rev = state->usage_commit.hex;
	if (pk_repo_rev(in->repo, commit, &state->usage_commit, err) < 0 || pk_usage_wanted(in->config, state->usage_remote, &wanted, err) < 0)
		return -1;
	ret->usage = wanted ? &state->usage : NULL;
	return 0;
}

/* The same rule about the same place, among those from `first` on and before `end`. */
static struct pk_finding *same_finding(struct pk_findings *findings, size_t first, size_t end, const struct pk_finding *f)
{
	for (size_t i = first; i < end; i++) {
		struct pk_finding *other = &findings->items[i];

		if (other->index == f->index && other->place == f->place && pk_streq(other->rule, f->rule))
			return other;
	}
	return NULL;
}

/* A catalog that may be anybody's can show that something is unsafe, and not that anything is safe. */
static int lint_twice(const struct pk_migration *m, const char *file, struct pk_lint_options *options,
		      struct pk_findings *findings, struct pk_err *err)
{
	const struct pk_lint_catalog *catalog = options->catalog;
	size_t first = findings->n, statements, analysed, end;

	options->catalog = NULL;
	if (pk_lint_sql(m->up, file, options, findings, err) < 0)
		return -1;
	end = findings->n;
	statements = findings->statements;
	analysed = findings->analysed;
	if (catalog) {
		options->catalog = catalog;
		if (pk_lint_sql(m->up, file, options, findings, err) < 0)
			return -1;
		options->catalog = NULL;
	}
	size_t n = end;
	for (size_t i = end; i < findings->n; i++) {
		const struct pk_finding *f = &findings->items[i];
		struct pk_finding *other = same_finding(findings, first, end, f);

		if (!other)
			findings->items[n++] = *f;
		else if (f->level > other->level)
			*other = *f;
	}
	findings->n = n;
	findings->statements = statements;
	findings->analysed = analysed;
	return 0;
}

static int lint_text(const struct pk_check_state *state, const struct pk_migration *m, const char *file,
		     struct pk_lint_options *options, struct pk_findings *findings, struct pk_err *err)
{
	if (!m->up)
		return 0;
	return state->in->no_records ? lint_twice(m, file, options, findings, err)
				     : pk_lint_sql(m->up, file, options, findings, err);
}

static int lint_migration(struct pk_check_state *state, struct nearest *nearest, const char *commit,
			  const struct pk_migration *m, const char *path, struct pk_err *err)
{
	const char *known = known_before(state->in->repo, nearest, m->version);
	struct catalog catalog = { .repo = state->in->repo, .fingerprint = known };
	struct pk_lint_catalog view = { .text = catalog_text, .list = catalog_list, .arg = &catalog };
	struct pk_lint_options options = {
		.catalog = known ? &view : NULL,
		.transaction = m->up_transaction, .first_line = m->up_line, .ours = true,
	};
	struct pk_findings *findings = &state->ret->findings;
	const char *file = pk_arena_strdup(&findings->arena, path);
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	int rc = 0;

	if (pk_lint_settings(state->in->config, NULL, &options, err) < 0 || open_usage(state, commit, &options, err) < 0)
		return -1;
	if (lint_text(state, m, file, &options, findings, &why) < 0) {
		if (pk_err_move_interrupt(err, &why))
			rc = -1;
		else
			pk_check_reason(state->ret, malformed(path, &why), "%s",
					why.msg ? why.msg : "cannot be read as SQL");
	}
	if (rc == 0)
		pk_check_losses(state, m, path, options.catalog);
	pk_arena_release(&catalog.arena);
	return rc;
}

/* --- the migrations of one commit --- */

struct walk {
	struct pk_check_state *state;
	const char *commit;
	struct pk_strv fresh; /* files that nobody has yet */
	struct pk_strv *files; /* all */
	bool malformed;
};

static int parse_entry(struct walk *walk, const struct pk_tree_entry *entry, const char *path,
		       struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_repo_blob(walk->state->in->repo, &entry->oid, &text, err) < 0)
		return pk_err_at(err, path, 0, 0);
	if (pk_migration_parse(path, text.ptr, text.len, entry->oid.hex, &m, &why) < 0) {
		walk->malformed = true;
		pk_check_reason(walk->state->ret, malformed(path, &why), "%s", why.msg ? why.msg : "not a migration");
	} else {
		pk_strv_push(&walk->fresh, entry->path);
	}
	return 0;
}

static int look_at_entry(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct walk *walk = arg;
	struct pk_check_state *state = walk->state;
	PK_FREE char *path = pk_path_join(state->in->project->migrations_dir, entry->path);
	PK_FREE char *key = NULL;

	if (!pk_ends_with(entry->path, ".sql"))
		return 0;
	pk_strv_push(walk->files, entry->path);
	if (entry->mode == 0120000) {
		walk->malformed = true;
		pk_check_reason(state->ret,
				(struct pk_fault){ .rule = "malformed", .file = path, .fix = "commit the file itself" },
				"is a symbolic link");
		return 0;
	}
	key = pk_printf("%s %s", entry->path, entry->oid.hex);
	if (!pk_map_get(&state->published, key) && parse_entry(walk, entry, path, err) < 0)
		return -1;
	return pk_check_edited(state, entry->path, &entry->oid, err);
}

/* Returns whether it holds. */
static bool report_chain(struct pk_check_state *state, const struct pk_chain *chain)
{
	static const char *const text[] = {
		[PK_CHAIN_DUPLICATE] = "has the same version as '%s'",
		[PK_CHAIN_FORK] = "starts from the same schema as '%s', so only one of them can be right",
		[PK_CHAIN_GAP] = "does not start where '%s' leads to",
	};
	static const char *const fix[] = {
		[PK_CHAIN_DUPLICATE] = "git postkit sync gives the later one another version",
		[PK_CHAIN_FORK] = "git postkit sync proves the later one behind the earlier and commits that",
		[PK_CHAIN_GAP] = "git postkit sync proves it behind that one and commits that; or add the migration that is "
			"missing between them",
	};
	struct pk_chain_problem *problems = NULL;
	size_t n = pk_chain_verify(chain, &problems);

	for (size_t i = 0; i < n; i++) {
		const struct pk_migration *m = &chain->items[problems[i].index];
		const struct pk_migration *other = &chain->items[problems[i].other];
		PK_FREE char *path = pk_path_join(state->in->project->migrations_dir, m->file);
		const char *fmt = text[problems[i].fault];
		const char *at = strstr(fmt, "%s");

		const struct pk_fault fault = { .rule = "chain", .file = path, .line = 1, .fix = fix[problems[i].fault] };

		pk_check_reason(state->ret, fault, "%.*s%s%s", (int)(at - fmt), fmt, other->file, at + 2);
	}
	free(problems);
	return n == 0;
}

/* It happened on a remote before it was written down: nobody can do it in another way any more. */
static void only_tell(struct pk_check *check, size_t first_finding, size_t first_reason)
{
	for (size_t i = first_finding; i < check->findings.n; i++)
		if (check->findings.items[i].level == PK_LEVEL_ERROR)
			check->findings.items[i].level = PK_LEVEL_WARNING;
	for (size_t i = first_reason; i < check->n; i++)
		if (check->reasons[i].level == PK_LEVEL_ERROR && !pk_streq(check->reasons[i].rule, "malformed"))
			check->reasons[i].level = PK_LEVEL_WARNING;
}

/* 1: they can all be read, and hang together: only then their end says something of the schema files. */
static int check_migrations(struct pk_check_state *state, const struct pk_check_update *update,
			    const struct pk_check_trees *trees, struct pk_chain *chain, struct pk_strv *ret_files,
			    struct pk_err *err)
{
	struct walk walk = { .state = state, .commit = update->commit, .files = ret_files };
	struct nearest nearest = { .chain = chain };
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	bool parsed = false;
	int rc = 0;

	if (!pk_oid_is_null(&trees->migrations))
		rc = pk_repo_walk_tree(state->in->repo, &trees->migrations, look_at_entry, &walk, err);
	if (rc == 0 && !walk.malformed) {
		if (pk_chain_from_rev(chain, state->in->repo, update->commit,
				      state->in->project->migrations_dir, &why) < 0)
			pk_check_reason(state->ret, malformed(why.file, &why), "%s",
					why.msg ? why.msg : "the migrations cannot be read");
		else
			parsed = true;
	}
	bool usable = parsed && report_chain(state, chain);
	for (size_t i = 0; rc == 0 && parsed && i < chain->n; i++) {
		const struct pk_migration *m = &chain->items[i];
		PK_FREE char *path = pk_path_join(state->in->project->migrations_dir, m->file);
		PK_FREE char *key = pk_printf("lint %s %s", m->file, m->checksum);

		/* Several refs may carry the same migration. */
		if (!pk_strv_has(&walk.fresh, m->file) || !pk_map_set(&state->walked, key, state))
			continue;
		state->ret->migrations++;
		size_t n_findings = state->ret->findings.n, n_reasons = state->ret->n;
		rc = lint_migration(state, &nearest, update->commit, m, path, err);
		if (m->adopted && !state->in->no_records)
			only_tell(state->ret, n_findings, n_reasons);
	}
	pk_strv_release(&walk.fresh);
	return rc < 0 ? -1 : usable;
}

/* For messages: a ref by its short name, an id by its first digits, and what goes on from one (id~1) by those of what it is. */
static char *name_of_base(const char *base, const struct pk_oid *oid)
{
	static const char *const folders[] = { "refs/heads/", "refs/remotes/", "refs/tags/" };

	if (strspn(base, "0123456789abcdef") >= PK_OID_HEX)
		return pk_printf("%.12s", oid->hex);
	for (size_t i = 0; i < PK_COUNT(folders); i++)
		if (pk_starts_with(base, folders[i]))
			base += strlen(folders[i]);
	return pk_strdup(base);
}

static int check_update(struct pk_check_state *state, const struct pk_check_update *update,
			struct pk_err *err)
{
	const struct pk_check_input *in = state->in;
	struct pk_check_trees trees = { 0 }, base = { 0 };
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	PK_AUTO(pk_strv) files = PK_STRV_INIT;
	PK_FREE char *key = NULL, *base_key = NULL, *where = NULL;
	struct pk_oid base_oid = { "" };

	if (pk_check_trees(in, update->commit, &trees, err) < 0)
		return -1;
	key = pk_check_key(&trees);
	if (update->base && pk_repo_rev(in->repo, update->base, &base_oid, NULL) < 0)
		base_oid.hex[0] = '\0';
	if (!pk_oid_is_null(&base_oid) && pk_check_trees(in, base_oid.hex, &base, err) < 0)
		return -1;
	base_key = pk_check_key(&base);
	where = update->base ? name_of_base(update->base, &base_oid) : NULL;
	if (pk_streq(key, base_key) || pk_map_get(&state->known, key))
		return 0;
	if (pk_check_gather(state, err) < 0)
		return -1;
	if (!pk_oid_is_null(&base.migrations) &&
	    pk_check_gather_tree(state, &state->published, &base.migrations, where, err) < 0)
		return -1;
	/* Without a base of its own, any branch of the remote with the same trees will do. */
	if (pk_oid_is_null(&base_oid) && pk_map_get(&state->known, key))
		return 0;
	pk_map_set(&state->known, key, state);
	state->ret->changed++;
	int usable = check_migrations(state, update, &trees, &chain, &files, err);
	if (usable < 0)
		return -1;
	if (!pk_oid_is_null(&base.migrations) &&
	    pk_check_removed(state, &base.migrations, where, &files, &chain, err) < 0)
		return -1;
	if (!usable)
		return 0;
	return pk_check_agree(state, update->commit, &trees, &chain, err);
}

int pk_check_run(const struct pk_check_input *in, const struct pk_check_update *updates, size_t n,
		 struct pk_check *ret, struct pk_err *err)
{
	struct pk_check_state state = { .in = in, .ret = ret };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = check_update(&state, &updates[i], err);
	state_release(&state);
	return rc;
}
