#include "deploy/internal.h"

#include <stdarg.h>

#include "deploy/setting.h"

#define BATCH_PAUSE 0.01 /* seconds between two batches */

void pk_deploy_release(struct pk_deploy *d)
{
	pk_conn_release(&d->conn);
	pk_remote_release(&d->remote);
	pk_source_facts_release(&d->facts);
	pk_chain_release(&d->chain);
	pk_applied_list_release(&d->applied);
	pk_snapshot_release(&d->now);
	pk_checks_release(&d->checks);
	pk_intact_release(&d->intact);
	pk_way_back_release(&d->back);
	pk_gone_release(&d->gone);
	pk_foreseen_list_release(&d->foreseen);
	pk_strv_release(&d->rewritten);
	pk_strv_release(&d->present);
	pk_undone_list_release(&d->undone);
	free(d->back_to);
	free(d->again);
	free(d->held);
	free(d->batch_settings);
	pk_findings_release(&d->findings);
	pk_sampled_release(&d->sampled);
	pk_deploy_drop_traces(d);
	free(d->pending);
	free(d->done);
	free(d->started);
	*d = (struct pk_deploy)PK_DEPLOY_INIT;
}

void pk_deploy_phase(const struct pk_deploy *d, const char *fmt, ...)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	va_list ap;

	if (!d->events || !d->events->phase)
		return;
	va_start(ap, fmt);
	pk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	d->events->phase(d->events->arg, text.ptr);
}

/*
 * A database made a moment ago: nothing that a user could have put there. Members of extensions do
 * not count, nor does what we keep ourselves. And whether it can be written to.
 */
static int read_state(struct pk_deploy *d, struct pk_err *err)
{
	static const char sql[] =
		"WITH ours AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_'"
		" AND nspname NOT IN ('information_schema', 'postkit')),"
		" members AS (SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e')"
		" SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE relnamespace IN (TABLE ours)"
		" AND ('pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, c.oid) NOT IN (TABLE members))"
		" AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE pronamespace IN (TABLE ours)"
		" AND ('pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid, p.oid) NOT IN (TABLE members))"
		" AND NOT EXISTS (SELECT FROM pg_catalog.pg_type t WHERE typnamespace IN (TABLE ours)"
		" AND ('pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid, t.oid) NOT IN (TABLE members))"
		" AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE nspname <> 'public'"
		" AND n.oid IN (TABLE ours)"
		" AND ('pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid, n.oid) NOT IN (TABLE members)),"
		" pg_catalog.pg_is_in_recovery(),"
		" pg_catalog.current_setting('default_transaction_read_only')::pg_catalog.bool";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(&d->conn, sql, 0, NULL, &rows, err) < 0)
		return -1;
	d->empty = pk_rows_true(&rows, 0, 0);
	d->read_only = pk_rows_true(&rows, 0, 1) ? "it is a standby" :
		       pk_rows_true(&rows, 0, 2) ? "its sessions only read (default_transaction_read_only)" :
						   NULL;
	return 0;
}

static int read_chain(struct pk_deploy *d, struct pk_err *err)
{
	const char *rev = d->options.commit ? d->options.commit : "HEAD";

	if (pk_repo_rev(d->repo, rev, &d->commit, err) < 0) {
		if (!d->options.commit)
			pk_err_hint(err, "%s runs what is committed: git postkit commit first",
				    pk_deploy_is_down(d) ? "rollback" : "deploy");
		return -1;
	}
	return pk_chain_from_rev(&d->chain, d->repo, d->commit.hex, d->project->migrations_dir, err);
}

/* Backfills read them (templates/pattern/batches.sql). */
static int read_batch_settings(struct pk_deploy *d, struct pk_err *err)
{
	double pause = BATCH_PAUSE;

	if (pk_setting_time(d->config, d->remote.name, "batchPause", &pause, err) < 0)
		return -1;
	d->batch_settings = pk_printf("SET postkit.batch_pause = '%.3f'; SET postkit.batch_progress = 'on';\n", pause);
	return 0;
}

int pk_deploy_open(struct pk_deploy *d, const struct pk_repo *repo, const struct pk_config *config,
		   const struct pk_project *project, const struct pk_deploy_options *options,
		   const struct pk_deploy_events *events, struct pk_err *err)
{
	d->repo = repo;
	d->config = config;
	d->project = project;
	d->options = *options;
	d->events = events;
	if (read_chain(d, err) < 0 || pk_remote_get(config, options->remote, &d->remote, err) < 0)
		return -1;
	if (pk_foreseen_settings(&d->foreseen, config, d->remote.name, err) < 0 || read_batch_settings(d, err) < 0)
		return -1;
	pk_conninfo_set(&d->remote.info, "application_name",
			pk_deploy_is_down(d) ? "git postkit rollback" : "git postkit deploy");
	d->again = pk_printf("git postkit deploy %s", d->remote.name);
	if (pk_remote_connect(&d->remote, &d->conn, err) < 0)
		return -1;
	if (pk_source_facts_read(&d->conn, &d->facts, err) < 0 ||
	    pk_applied_read(&d->conn, &d->applied, &d->tracked, err) < 0 ||
	    pk_undone_read(&d->conn, &d->undone, err) < 0 || read_state(d, err) < 0)
		return -1;
	if (pk_snapshot_read(&d->conn, &d->project->managed, &d->now, err) < 0)
		return -1;
	return pk_super_remember(d->repo, &d->now, err);
}
