#include "chain/project.h"
#include "base/fs.h"

const char *const pk_project_not_schema[] = { "infra", "seeds", NULL };

/* "./db//schema/" -> "db/schema"; NULL or nothing left: fallback. Caller frees. */
static char *clean_path(const char *path, const char *fallback)
{
	PK_AUTO(pk_strv) parts = PK_STRV_INIT;
	PK_AUTO(pk_strv) kept = PK_STRV_INIT;
	pk_strv_split(&parts, path ? path : "", '/');
	for (size_t i = 0; i < parts.n; i++)
		if (strcmp(parts.items[i], ".") != 0)
			pk_strv_push(&kept, parts.items[i]);
	return kept.n ? pk_strv_join(&kept, "/") : pk_strdup(fallback);
}

/* Folders that both paths go through; "" when that is only the top. Caller frees. */
static char *common_parent(const char *a, const char *b)
{
	size_t same = 0, i = 0;
	while (a[i] && a[i] == b[i]) {
		if (a[i] == '/')
			same = i;
		i++;
	}
	if ((!a[i] || a[i] == '/') && (!b[i] || b[i] == '/'))
		same = i;
	return pk_strndup(a, same);
}

void pk_project_load(struct pk_project *project, const struct pk_config *config)
{
	PK_AUTO(pk_strv) ignore = PK_STRV_INIT, grantees = PK_STRV_INIT;
	pk_project_release(project);
	pk_config_all(config, "ignore", &ignore);
	pk_config_all(config, "grantees", &grantees);
	pk_managed_add(&project->managed, &ignore, &grantees);
	project->schema_dir = clean_path(pk_config_get(config, "schemaPath"), "db/schema");
	project->migrations_dir =
		clean_path(pk_config_get(config, "migrationsPath"), "db/migrations");
	const char *base = pk_path_base(project->schema_dir);
	project->checks_dir = pk_printf("%.*schecks", (int)(base - project->schema_dir), project->schema_dir);
	project->db_dir = common_parent(project->schema_dir, project->migrations_dir);
}

void pk_project_release(struct pk_project *project)
{
	free(project->schema_dir);
	free(project->migrations_dir);
	free(project->checks_dir);
	free(project->db_dir);
	pk_managed_release(&project->managed);
	*project = (struct pk_project)PK_PROJECT_INIT;
}
