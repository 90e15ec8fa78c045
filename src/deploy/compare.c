#include "deploy/internal.h"

#include "deploy/record.h"

static bool is_in(const struct pk_applied *row)
{
	return row && pk_applied_stage(row) == PK_APPLIED_IN;
}

static int refuse_unknown(const struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_buf) names = PK_BUF_INIT;

	for (size_t i = 0; i < d->applied.n; i++) {
		const struct pk_applied *row = &d->applied.items[i];

		if (pk_chain_find(&d->chain, row->version))
			continue;
		pk_buf_addf(&names, "%s%s%s%s", names.len ? "\n" : "", row->version, row->name ? "_" : "",
			    row->name ? row->name : "");
		if (row->applied_at)
			pk_buf_addf(&names, " (applied %s%s%s)", row->applied_at, row->applied_by ? " by " : "",
				    row->applied_by ? row->applied_by : "");
	}
	if (!names.len)
		return 0;
	pk_err_set(err, "'%s' has run migrations that commit %.10s does not have", d->remote.name, d->commit.hex);
	pk_err_exit(err, PK_EXIT_NO);
	pk_err_detail(err, "%s", names.ptr);
	return pk_err_hint(err, "pull or merge first, or name the commit that has them with --commit");
}

static int refuse_edited(const struct pk_deploy *d, struct pk_err *err)
{
	for (size_t i = 0; i < d->chain.n; i++) {
		const struct pk_migration *m = &d->chain.items[i];
		const struct pk_applied *row = pk_deploy_find_applied(d, m->version);

		if (!row || !row->checksum || !*row->checksum || pk_streq(row->checksum, m->checksum))
			continue;
		pk_err_set(err, "migration '%s' was changed after it ran on '%s'", m->file, d->remote.name);
		pk_err_exit(err, PK_EXIT_NO);
		return pk_err_hint(err, "give it back its text (git cat-file -p %.12s > %s/%s) and put the change "
				   "into a new migration", row->checksum, d->project->migrations_dir, m->file);
	}
	return 0;
}

/* One that was begun stays half way only for as long as nothing else comes between: it is the first. */
static void begin_with(struct pk_deploy *d, size_t at)
{
	size_t index = d->pending[at];

	memmove(d->pending + 1, d->pending, at * sizeof(*d->pending));
	d->pending[0] = index;
	d->resume = true;
}

static void find_pending(struct pk_deploy *d)
{
	free(d->pending);
	d->pending = pk_alloc((d->chain.n + 1) * sizeof(*d->pending));
	d->n_pending = 0;
	d->resume = false;
	for (size_t i = 0; i < d->chain.n; i++) {
		const struct pk_applied *row = pk_deploy_find_applied(d, d->chain.items[i].version);

		if (is_in(row) || (d->adopt && i <= d->adopt_at))
			continue;
		d->pending[d->n_pending++] = i;
		if (row && !d->resume)
			begin_with(d, d->n_pending - 1);
	}
}

static void expect(struct pk_deploy *d, const char *fingerprint)
{
	snprintf(d->expected, sizeof(d->expected), "%s", fingerprint ? fingerprint : "");
	d->drifted = *d->expected && !pk_streq(d->expected, d->now.fingerprint.hex);
}

/* An imported baseline, and what was found after it. */
static size_t count_found(const struct pk_chain *chain)
{
	size_t n = 0;

	while (n < chain->n && chain->items[n].adopted)
		n++;
	return n;
}

/* Nothing was applied yet: a new database, one to adopt, or one of which nothing is known. */
static void expect_before_first(struct pk_deploy *d)
{
	const struct pk_migration *first = d->chain.n ? &d->chain.items[0] : NULL;
	size_t found = count_found(&d->chain);

	if (d->empty || !first || pk_deploy_is_down(d))
		return;
	for (size_t i = 0; i < found || i == 0; i++) {
		if (!pk_streq(d->chain.items[i].to, d->now.fingerprint.hex))
			continue;
		d->adopt = true;
		d->adopt_at = i;
		expect(d, d->chain.items[i].to);
		return;
	}
	if (found) {
		d->found = found;
		expect(d, d->chain.items[found - 1].to);
		return;
	}
	/* Made by hand or by an older program: a baseline leads from nothing, any other from what was there. */
	if (first->from && (pk_streq(first->from, d->now.fingerprint.hex) ||
			    pk_fingerprint_known(d->repo, first->from)))
		expect(d, first->from);
	else
		expect(d, first->to);
}

/*
 * After a migration that does not say where it leads to (written by hand), the record of the deploy
 * that ran it knows.
 */
static char *recorded_after(const struct pk_deploy *d, const char *version)
{
	PK_AUTO(pk_records) records = PK_RECORDS_INIT;

	if (pk_records_read(d->repo, d->remote.name, 1, &records, NULL) < 0 || records.n == 0)
		return NULL;
	return pk_streq(pk_record_last(&records.items[0]), version) ? pk_strdup(records.items[0].to)
								    : NULL;
}

static bool came_later(const struct pk_applied *a, const struct pk_applied *b)
{
	int c = strcmp(a->applied_at ? a->applied_at : "", b->applied_at ? b->applied_at : "");

	return c > 0 || (c == 0 && strcmp(a->version, b->version) > 0);
}

/* The newest; one that came after it, out of order, if its row says so. Time alone would not do: clocks go back. NULL: none. */
static const struct pk_applied *find_last(const struct pk_deploy *d)
{
	const struct pk_applied *newest = NULL, *latest = NULL;

	for (size_t i = 0; i < d->applied.n; i++) {
		const struct pk_applied *row = &d->applied.items[i];

		if (!newest || strcmp(row->version, newest->version) > 0)
			newest = row;
		if (!latest || came_later(row, latest))
			latest = row;
	}
	return latest && pk_deploy_led_elsewhere(pk_chain_find(&d->chain, latest->version), latest) ? latest : newest;
}

static void expect_after_last(struct pk_deploy *d)
{
	const struct pk_applied *last = find_last(d);
	PK_FREE char *recorded = NULL;

	for (size_t i = 0; i < d->applied.n; i++)
		if (!is_in(&d->applied.items[i]))
			return; /* half way between two schemas */
	if (!last) {
		expect_before_first(d);
		return;
	}
	if (last->to && *last->to) {
		expect(d, last->to);
		return;
	}
	recorded = recorded_after(d, last->version);
	expect(d, recorded);
}

/* The drift is what the next migration says was found, on this remote or on one that it happened to as well. */
static void expect_adopted(struct pk_deploy *d)
{
	size_t i = 0;

	while (i < d->chain.n && is_in(pk_deploy_find_applied(d, d->chain.items[i].version)))
		i++;
	if (i == d->chain.n || !d->drifted || pk_deploy_is_down(d))
		return;
	const struct pk_migration *m = &d->chain.items[i];
	if (!m->adopted || pk_deploy_find_applied(d, m->version) || !pk_streq(m->from, d->expected) ||
	    !pk_streq(m->to, d->now.fingerprint.hex))
		return;
	d->adopt = true;
	d->adopt_at = i;
	expect(d, m->to);
}

int pk_deploy_compare(struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_strv) versions = PK_STRV_INIT;
	PK_FREE char *table = NULL;

	if (refuse_unknown(d, err) < 0 || refuse_edited(d, err) < 0)
		return -1;
	d->adopt = d->drifted = false;
	d->found = 0;
	d->expected[0] = '\0';
	expect_after_last(d);
	expect_adopted(d);
	if (d->applied.n == 0 && !d->adopt && !d->empty) {
		if (pk_applied_foreign(&d->conn, &versions, &table, err) < 0)
			return -1;
		if (table && versions.n) {
			pk_err_set(err, "'%s' has so far been run by another tool, which keeps its list in '%s'",
				   d->remote.name, table);
			pk_err_exit(err, PK_EXIT_NO);
			return pk_err_hint(err, "git postkit import %s takes it over", d->remote.name);
		}
	}
	if (pk_deploy_is_down(d))
		return pk_deploy_find_back(d, err);
	find_pending(d);
	return pk_deploy_hold(d, err);
}

int pk_deploy_adopt(const struct pk_deploy *d, struct pk_conn *conn, struct pk_err *err)
{
	for (size_t i = 0; d->adopt && i <= d->adopt_at; i++) {
		const struct pk_migration *m = &d->chain.items[i];

		if (!pk_deploy_find_applied(d, m->version) && pk_applied_insert(conn, m, d->commit.hex, 0, err) < 0)
			return -1;
	}
	return 0;
}

void pk_deploy_add_adopted(struct pk_deploy *d)
{
	for (size_t i = 0; d->adopt && i <= d->adopt_at; i++)
		if (!pk_deploy_find_applied(d, d->chain.items[i].version))
			pk_deploy_add_done(d, i, 0, true);
}

static int check_order(struct pk_deploy *d, struct pk_err *err)
{
	const char *newest = "";
	PK_AUTO(pk_buf) names = PK_BUF_INIT;

	for (size_t i = 0; i < d->applied.n; i++)
		if (strcmp(d->applied.items[i].version, newest) > 0)
			newest = d->applied.items[i].version;
	for (size_t i = 0; i < d->n_pending; i++) {
		const struct pk_migration *m = &d->chain.items[d->pending[i]];

		if (strcmp(m->version, newest) < 0)
			pk_buf_addf(&names, "%s%s", names.len ? "\n" : "", m->file);
	}
	if (!names.len)
		return 0;
	d->unordered = d->options.allow_out_of_order;
	if (d->unordered)
		return 0;
	pk_err_set(err, "pending migrations are older than '%s', which has run on '%s' already", newest,
		   d->remote.name);
	pk_err_exit(err, PK_EXIT_NO);
	pk_err_detail(err, "%s", names.ptr);
	return pk_err_hint(err, "git postkit sync --fetch puts a fork behind what has run; others get a later version (rename "
			   "the files), or run as they are with --allow-out-of-order");
}

static bool is_pending(const struct pk_deploy *d, size_t index)
{
	for (size_t i = 0; i < d->n_pending; i++)
		if (d->pending[i] == index)
			return true;
	return false;
}

/* Whatever stands before it in the chain, it starts from what the remote is. */
static bool follows(const struct pk_deploy *d, size_t index)
{
	return d->n_pending && d->pending[0] == index && !d->drifted && *d->expected &&
	       pk_streq(d->chain.items[index].from, d->expected);
}

static int check_chain(struct pk_deploy *d, struct pk_err *err)
{
	static const char *const what[] = {
		[PK_CHAIN_DUPLICATE] = "have the same version",
		[PK_CHAIN_FORK] = "start from the same schema",
		[PK_CHAIN_GAP] = "do not follow each other: the second does not start where the first leads to",
	};
	struct pk_chain_problem *problems = NULL;
	size_t n = pk_chain_verify(&d->chain, &problems);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		/* What ran ran; only what is still to come can be put right. */
		if (!is_pending(d, problems[i].index) && !is_pending(d, problems[i].other))
			continue;
		if (problems[i].fault != PK_CHAIN_DUPLICATE && (pk_deploy_is_down(d) || follows(d, problems[i].index)))
			continue;
		if (problems[i].fault != PK_CHAIN_DUPLICATE && d->options.allow_out_of_order) {
			d->unordered = true;
			continue;
		}
		pk_err_set(err, "migrations '%s' and '%s' %s", d->chain.items[problems[i].other].file,
			   d->chain.items[problems[i].index].file, what[problems[i].fault]);
		pk_err_exit(err, PK_EXIT_NO);
		rc = pk_err_hint(err, "git postkit sync puts the later one behind the earlier");
	}
	free(problems);
	return rc;
}

static int check_drift(struct pk_deploy *d, struct pk_err *err)
{
	static const char *const what[] = { [PK_ADDED] = "added", [PK_CHANGED] = "changed", [PK_REMOVED] = "removed" };
	PK_AUTO(pk_tree_diff) diff = PK_TREE_DIFF_INIT;
	PK_AUTO(pk_buf) list = PK_BUF_INIT;
	bool known = false;

	if (!d->drifted || d->options.allow_drift)
		return 0;
	if (pk_deploy_drift(d, &diff, &known, err) < 0)
		return -1;
	for (size_t i = 0; i < diff.n && i < 20; i++)
		pk_buf_addf(&list, "%s%s: %s", list.len ? "\n" : "", what[diff.items[i].what], diff.items[i].path);
	if (diff.n > 20)
		pk_buf_addf(&list, "\nand %zu more", diff.n - 20);
	if (!known)
		pk_buf_addf(&list, "its fingerprint is %.12s, expected is %.12s, whose snapshot is not in this "
			    "repository", d->now.fingerprint.hex, d->expected);
	pk_err_set(err, "the schema of '%s' is not what its migrations made of it", d->remote.name);
	pk_err_exit(err, PK_EXIT_NO);
	pk_err_detail(err, "%s", list.ptr);
	return pk_err_hint(err, "git postkit drift %s shows the difference; --allow-drift goes on nevertheless",
			   d->remote.name);
}

/* Outside a transaction, and not come to its end: it goes on in the direction in which it was begun. */
static int check_half_way(const struct pk_deploy *d, struct pk_err *err)
{
	bool down = pk_deploy_is_down(d);

	for (size_t i = 0; i < d->applied.n; i++) {
		enum pk_applied_stage stage = pk_applied_stage(&d->applied.items[i]);

		if (stage == PK_APPLIED_IN ||
		    stage == (down ? PK_APPLIED_GOING : PK_APPLIED_COMING))
			continue;
		pk_err_set(err,
			   "the %s of migration '%s' on '%s' was begun and has not come to its end",
			   down ? "deploy" : "rollback", d->applied.items[i].version,
			   d->remote.name);
		pk_err_exit(err, PK_EXIT_NO);
		return pk_err_hint(err, "git postkit %s %s goes on with it",
				   down ? "deploy" : "rollback", d->remote.name);
	}
	return 0;
}

int pk_deploy_check(struct pk_deploy *d, struct pk_err *err)
{
	bool down = pk_deploy_is_down(d);

	if (check_half_way(d, err) < 0 || check_drift(d, err) < 0 || (!down && check_order(d, err) < 0) ||
	    check_chain(d, err) < 0)
		return -1;
	return down ? pk_deploy_check_back(d, err) : 0;
}

int pk_deploy_check_writable(const struct pk_deploy *d, struct pk_err *err)
{
	if (!d->read_only)
		return 0;
	pk_err_set(err, "nothing can be written to '%s': %s", d->remote.name, d->read_only);
	return pk_err_hint(err, "let postkit.remote.%s.url name the primary, as a role that may write", d->remote.name);
}

int pk_deploy_still_the_same(struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_snapshot) now = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_applied_list) applied = PK_APPLIED_LIST_INIT;
	bool exists = false, same;

	if (pk_snapshot_read(&d->conn, &d->project->managed, &now, err) < 0 ||
	    pk_applied_read(&d->conn, &applied, &exists, err) < 0)
		return -1;
	same = applied.n == d->applied.n && pk_streq(now.fingerprint.hex, d->now.fingerprint.hex);
	for (size_t i = 0; same && i < applied.n; i++)
		same = pk_streq(applied.items[i].version, d->applied.items[i].version) &&
		       pk_streq(applied.items[i].state, d->applied.items[i].state);
	if (same)
		return 0;
	pk_err_set(err, "'%s' has changed since it was compared with the chain", d->remote.name);
	pk_err_exit(err, PK_EXIT_NO);
	return pk_err_hint(err, "run %s again", d->again);
}

int pk_deploy_drift(struct pk_deploy *d, struct pk_tree_diff *ret, bool *ret_known, struct pk_err *err)
{
	struct pk_oid tree = { "" };

	*ret_known = true;
	if (!d->drifted)
		return 0;
	*ret_known = pk_fingerprint_known(d->repo, d->expected);
	if (!*ret_known)
		return 0;
	snprintf(tree.hex, sizeof(tree.hex), "%s", d->expected);
	return pk_snapshot_diff_tree(d->repo, &tree, &d->now, ret, err);
}
