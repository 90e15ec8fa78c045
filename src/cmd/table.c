/* Every command of the program. Adding one is a file and a row. */
#include "cmd/cmd.h"

#define SETUP	   "set up"
#define BRANCH	   "work on a branch"
#define PRODUCTION "bring it to production"
#define LOOK	   "look after things"
#define PLUMBING   "plumbing"

/* clang-format off */
#define ROW(name, synopsis, summary, group) \
	{ #name, pk_cmd_##name, synopsis, summary, pk_opts_##name, group }
/* clang-format on */

const struct pk_command pk_commands[] = {
	ROW(abort, "[--yes]", "end the session and drop its clone", BRANCH),
	ROW(apply, "[<options>]", "run the plan on the clone, then grants and seeds", BRANCH),
	ROW(check, "[A..B | REV] [--no-database] [--format FORMAT]",
	    "check commits as the pre-push hook does", PRODUCTION),
	ROW(commit, "[-m MESSAGE] [<options>]",
	    "write the migration and commit it with the schema files", BRANCH),
	ROW(copy, "FROM TO [<options>]", "copy a database into an empty one", PLUMBING),
	ROW(demo, "[--keep] [--dir DIR] [--yes]",
	    "play the main job on real parts, in a place of its own", SETUP),
	ROW(deploy, "[REMOTE] [--dry-run] [--yes] [<options>]",
	    "run pending migrations on a remote, after a dry run", PRODUCTION),
	ROW(diff, "FROM TO [<options>]", "print the SQL that leads from one schema to another",
	    PLUMBING),
	ROW(doctor, "[--json]", "look for everything that could be wrong, with what mends it",
	    LOOK),
	ROW(drift, "[REMOTE] [--adopt | --revert] [--commit REV] [--json]",
	    "compare a remote with the migrations, object by object", PRODUCTION),
	ROW(env, "[--write FILE]", "print DATABASE_URL= of the session's database", BRANCH),
	ROW(fingerprint, "DB [--json]", "print the id of a schema", PLUMBING),
	ROW(gc, "[--all] [--orphans] [--dry-run]",
	    "drop clones, templates and sessions of branches that are gone", LOOK),
	ROW(grants, "[--apply] [--remote NAME] [--yes]", "show or apply the grants", LOOK),
	ROW(hooks, "install [--server] [--chain | --force] | uninstall | status [--json]",
	    "install, remove or show the git hooks", SETUP),
	ROW(import, "[REMOTE] [<options>]", "make schema files and a baseline from a database",
	    SETUP),
	ROW(infra, "[--apply] [--remote NAME] [--yes]",
	    "show or apply roles and what else stands outside the schema", LOOK),
	ROW(init, "[--no-hooks] [--ci KIND] [--clone-command KIND]",
	    "make the settings file, the schema folders and the hooks", SETUP),
	ROW(lint, "FILE... [<options>]", "look for unsafe statements in migrations", PLUMBING),
	ROW(log, "[-n N] [--json]", "show migrations: which commit, which remotes, when",
	    PRODUCTION),
	ROW(mask, "[--suggest] [--remote NAME] [--json]",
	    "show what personal columns are copied as, or which should be", SETUP),
	ROW(migration, "[NAME] [-F FILE] | --pattern PATTERN TABLE ...", "write a migration by hand, in the session", BRANCH),
	ROW(plan, "[<options>]", "show what leads from the clone to the schema files", BRANCH),
	ROW(psql, "[-- ARGUMENT...]", "open a shell on the session's database", BRANCH),
	ROW(records, "push | fetch [GITREMOTE] [--json]", "share with others what ran where", PRODUCTION),
	ROW(remote, "[add NAME URL | list | remove NAME | use NAME | test [NAME]]",
	    "name the databases to clone from and deploy to", SETUP),
	ROW(rollback, "[REMOTE] [--to VERSION] [--dry-run] [<options>]",
	    "undo what ran last on a remote, after a dry run", PRODUCTION),
	ROW(seed, "[--apply] [--remote NAME] [--yes]", "show or apply the seeds", LOOK),
	ROW(snapshot, "DB [--json | --write-tree]",
	    "print the canonical text of every object of a schema", PLUMBING),
	ROW(start, "[--remote NAME] [--refresh | --fresh] [--jobs N]",
	    "clone the remote and begin a session on this branch", BRANCH),
	ROW(status, "[--fetch] [--json | --porcelain]",
	    "show the session, what is pending, and what comes next", BRANCH),
	ROW(sync, "[--dry-run] [--fetch] [--json]", "put migrations that were made beside each other into one chain",
	    PRODUCTION),
	ROW(url, "[--json]", "print the connection string of the session's database", BRANCH),
	{ 0 },
};

const struct pk_command *pk_command_find(const char *name)
{
	for (const struct pk_command *c = pk_commands; c->name; c++)
		if (pk_streq(c->name, name))
			return c;
	return NULL;
}
