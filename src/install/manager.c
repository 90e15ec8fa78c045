#include "install/manager.h"

#include "base/buf.h"
#include "base/fs.h"
#include "install/stub.h"

static bool mentions_us(const char *path)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (!pk_path_exists(path) || pk_read_file(path, &text, NULL) < 0)
		return false;
	return strstr(text.ptr, "git-postkit") || strstr(text.ptr, "git postkit");
}

/* One line of shell a hook, in files of the folder given. */
static char *shell_lines(const char *folder)
{
	struct pk_buf text = PK_BUF_INIT;

	for (const char *const *hook = pk_hook_names; *hook; hook++)
		pk_buf_addf(&text, "to %s/%s add: git-postkit --hook %s \"$@\"\n", folder, *hook, *hook);
	pk_buf_rtrim(&text);
	return pk_buf_take(&text);
}

static char *lefthook_lines(const char *file)
{
	struct pk_buf text = PK_BUF_INIT;

	pk_buf_addf(&text, "to %s add:\n", file);
	for (const char *const *hook = pk_hook_names; *hook; hook++)
		pk_buf_addf(&text, "%s:\n  commands:\n    postkit:\n      run: git-postkit --hook %s {0}\n%s",
			    *hook, *hook, pk_hook_has_input(*hook) ? "      use_stdin: true\n" : "");
	pk_buf_rtrim(&text);
	return pk_buf_take(&text);
}

/* pre-commit gives its hooks no standard input, so there the command stands for the hook. */
static char *pre_commit_lines(const char *file)
{
	return pk_printf("to repos: in %s add, then run pre-commit install --hook-type pre-push:\n"
			 "  - repo: local\n"
			 "    hooks:\n"
			 "      - id: postkit\n"
			 "        name: git postkit check\n"
			 "        entry: git-postkit check\n"
			 "        language: system\n"
			 "        stages: [pre-push]\n"
			 "        always_run: true\n"
			 "        pass_filenames: false", file);
}

static const struct {
	const char *name;
	const char *probe;    /* in the work tree */
	char *(*lines)(const char *file);
} configured[] = {
	{ "lefthook", "lefthook.yml", lefthook_lines },
	{ "lefthook", ".lefthook.yml", lefthook_lines },
	{ "lefthook", "lefthook.yaml", lefthook_lines },
	{ "lefthook", ".lefthook.yaml", lefthook_lines },
	{ "lefthook", "lefthook.toml", lefthook_lines },
	{ "lefthook", "lefthook.json", lefthook_lines },
	{ "pre-commit", ".pre-commit-config.yaml", pre_commit_lines },
	{ "pre-commit", ".pre-commit-config.yml", pre_commit_lines },
};

static bool find_configured(const struct pk_repo *repo, struct pk_hook_manager *ret)
{
	for (size_t i = 0; i < PK_COUNT(configured); i++) {
		PK_FREE char *path = pk_path_join(repo->workdir, configured[i].probe);

		if (!pk_path_exists(path))
			continue;
		ret->name = configured[i].name;
		ret->add = configured[i].lines(configured[i].probe);
		ret->added = mentions_us(path);
		return true;
	}
	return false;
}

/* Husky's own folder .husky/_ is generated anew; what users write lies one above. */
static void find_husky(const struct pk_repo *repo, struct pk_hook_manager *ret)
{
	PK_FREE char *pre_push = pk_path_join(repo->workdir, ".husky/pre-push");

	ret->name = "husky";
	ret->add = shell_lines(".husky");
	ret->added = mentions_us(pre_push);
}

/* hooksPath of the user or the machine serves all repositories; of this one alone it may be written to. */
static bool shared_hooks_path(const struct pk_config *config)
{
	for (size_t i = config->n; i-- > 0;)
		if (pk_streq(config->items[i].key, "core.hookspath"))
			return config->items[i].scope == PK_SCOPE_SYSTEM ||
			       config->items[i].scope == PK_SCOPE_GLOBAL;
	return false;
}

void pk_hook_manager_find(const struct pk_repo *repo, const struct pk_config *config, const char *dir,
			  struct pk_hook_manager *ret)
{
	PK_FREE char *inside = repo->workdir ? pk_printf("%s/", repo->workdir) : NULL;
	PK_FREE char *git_inside = pk_printf("%s/", repo->commondir);
	PK_FREE char *pre_push = pk_path_join(dir, "pre-push");
	PK_FREE char *husky = repo->workdir ? pk_path_join(repo->workdir, ".husky") : NULL;

	*ret = (struct pk_hook_manager){ 0 };
	if (repo->workdir && (strstr(dir, "/.husky") || (husky && pk_path_is_dir(husky)))) {
		find_husky(repo, ret);
		return;
	}
	if (repo->workdir && find_configured(repo, ret))
		return;
	if (inside && pk_starts_with(dir, inside) && !pk_starts_with(dir, git_inside))
		ret->name = "core.hooksPath in the work tree";
	else if (shared_hooks_path(config))
		ret->name = "core.hooksPath of all your repositories";
	if (ret->name) {
		ret->add = shell_lines(dir);
		ret->added = mentions_us(pre_push);
	}
}
