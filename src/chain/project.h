/* Where a project keeps its files: settings with defaults, relative to the top of the work tree. */
#ifndef PK_CHAIN_PROJECT_H
#define PK_CHAIN_PROJECT_H

#include "base/managed.h"
#include "git/config.h"

struct pk_project {
	char *schema_dir;     /* schemaPath, "db/schema" */
	char *migrations_dir; /* migrationsPath, "db/migrations" */
	char *checks_dir;     /* "checks" beside the schema folder, "db/checks" */
	char *db_dir;	      /* common parent, "db": what verdicts are kept on; "" for the top */
	struct pk_managed managed; /* ignore, grantees: what is left out of every picture of a schema */
};
#define PK_PROJECT_INIT { 0 }
/* From settings that were read; what they do not say has its default. */
void pk_project_load(struct pk_project *project, const struct pk_config *config);
void pk_project_release(struct pk_project *project);

/*
 * Parts of the schema folder that are not schema: run apart ("infra", "seeds"). NULL terminated.
 * grants/ is schema too.
 */
extern const char *const pk_project_not_schema[];

#endif
