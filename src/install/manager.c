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
static char *shell_lines(const char *folder, unsigned sides)
{
	struct pk_buf text = PK_BUF_INIT;

	for (const struct pk_hook_kind *hook = pk_hook_kinds; hook->name; hook++)
		if (hook->side & sides)
			pk_buf_addf(&text, "to %s/%s add: git-postkit --hook %s \"$@\"\n", folder, hook->name, hook->name);
	pk_buf_rtrim(&text);
	return pk_buf_take(&text);
}

static char *lefthook_lines(const char *file)
{
	struct pk_buf text = PK_BUF_INIT;

	pk_buf_addf(&text, "to %s add:\n", file);
	for (const struct pk_hook_kind *hook = pk_hook_kinds; hook->name; hook++)
		if (hook->side == PK_HOOKS_CLIENT)
			pk_buf_addf(&text, "%s:\n  commands:\n    postkit:\n      run: git-postkit --hook %s {0}\n%s",
				    hook->name, hook->name, hook->input ? "      use_stdin: true\n" : "");
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
	ret->add = shell_lines(".husky", PK_HOOKS_CLIENT);
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
			  unsigned sides, struct pk_hook_manager *ret)
{
	/* Programs that keep hooks in files of the work tree keep those of the people who work there. */
	bool people = repo->workdir && (sides & PK_HOOKS_CLIENT);
	PK_FREE char *inside = repo->workdir ? pk_printf("%s/", repo->workdir) : NULL;
	PK_FREE char *git_inside = pk_printf("%s/", repo->commondir);
	PK_FREE char *first = pk_path_join(dir, sides & PK_HOOKS_CLIENT ? "pre-push" : "pre-receive");
	PK_FREE char *husky = repo->workdir ? pk_path_join(repo->workdir, ".husky") : NULL;

	*ret = (struct pk_hook_manager){ 0 };
	if (people && (strstr(dir, "/.husky") || (husky && pk_path_is_dir(husky)))) {
		find_husky(repo, ret);
		return;
	}
	if (people && find_configured(repo, ret))
		return;
	if (inside && pk_starts_with(dir, inside) && !pk_starts_with(dir, git_inside))
		ret->name = "core.hooksPath in the work tree";
	else if (shared_hooks_path(config))
		ret->name = "core.hooksPath of all your repositories";
	if (ret->name) {
		ret->add = shell_lines(dir, sides);
		ret->added = mentions_us(first);
	}
}
