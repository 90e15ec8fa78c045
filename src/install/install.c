#include "install/install.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/proc.h"
#include "git/git.h"
#include "install/manager.h"
#include "install/stub.h"

void pk_hooks_view_release(struct pk_hooks_view *view)
{
	free(view->dir);
	free(view->add);
	for (size_t i = 0; i < view->n; i++)
		free(view->items[i].path);
	*view = (struct pk_hooks_view)PK_HOOKS_VIEW_INIT;
}

static char *chained_path(const char *path)
{
	return pk_printf("%s.postkit-chained", path);
}

/* libgit2 knows neither core.hooksPath nor where linked worktrees have their hooks. */
static int hooks_dir(const struct pk_repo *repo, char **ret, struct pk_err *err)
{
	const char *const args[] = { "rev-parse", "--path-format=absolute", "--git-path", "hooks", NULL };
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	if (pk_git_check(repo->workdir ? repo->workdir : repo->gitdir, args, NULL, &out, err) < 0)
		return -1;
	pk_buf_rtrim(&out);
	*ret = pk_buf_take(&out);
	return 0;
}

static int look_at(const struct pk_hook_kind *kind, const char *dir, struct pk_hook_item *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_buf) expect = PK_BUF_INIT;
	PK_FREE char *program = pk_proc_self();
	PK_FREE char *chained = NULL;

	ret->name = kind->name;
	ret->side = kind->side;
	ret->path = pk_path_join(dir, kind->name);
	chained = chained_path(ret->path);
	ret->chained = pk_path_exists(chained);
	ret->executable = access(ret->path, X_OK) == 0;
	ret->state = PK_HOOK_ABSENT;
	if (!pk_path_exists(ret->path))
		return 0;
	ret->state = PK_HOOK_FOREIGN;
	/* A dangling link is somebody's too. */
	if (access(ret->path, F_OK) != 0)
		return 0;
	if (pk_read_file(ret->path, &text, err) < 0 || pk_stub_text(kind->name, program, &expect, err) < 0)
		return -1;
	ret->state = pk_stub_classify(kind->name, text.ptr, expect.ptr);
	return 0;
}

int pk_hooks_look(const struct pk_repo *repo, const struct pk_config *config, unsigned sides,
		  struct pk_hooks_view *ret, struct pk_err *err)
{
	struct pk_hook_manager manager;

	if (hooks_dir(repo, &ret->dir, err) < 0)
		return -1;
	pk_hook_manager_find(repo, config, ret->dir, sides, &manager);
	ret->manager = manager.name;
	ret->add = manager.add;
	ret->added = manager.added;
	for (const struct pk_hook_kind *kind = pk_hook_kinds; kind->name; kind++)
		if ((kind->side & sides) && look_at(kind, ret->dir, &ret->items[ret->n++], err) < 0)
			return -1;
	return 0;
}

static int write_stub(const struct pk_hook_item *item, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *program = pk_proc_self();

	if (pk_stub_text(item->name, program, &text, err) < 0)
		return -1;
	return pk_write_file(item->path, text.ptr, text.len, 0755, err);
}

static int move_aside(const struct pk_hook_item *item, struct pk_err *err)
{
	PK_FREE char *chained = chained_path(item->path);

	if (item->chained) {
		pk_err_set(err, "'%s' is somebody else's, and so is '%s', which an earlier installation kept",
			   item->path, chained);
		return pk_err_hint(err, "merge the two by hand, or let --force overwrite '%s'", item->path);
	}
	if (rename(item->path, chained) < 0)
		return pk_err_errno(err, "cannot move '%s' to '%s'", item->path, chained);
	return 0;
}

static int install_one(const struct pk_hook_item *item, enum pk_hooks_mode mode, struct pk_strv *report,
		       struct pk_err *err)
{
	bool foreign = item->state == PK_HOOK_FOREIGN || item->state == PK_HOOK_CHANGED;
	bool keep = foreign && mode != PK_HOOKS_FORCE;

	/* Chained it would run us twice; overwritten somebody's work would be lost. */
	if (item->state == PK_HOOK_CHANGED && mode != PK_HOOKS_FORCE) {
		pk_strv_pushf(report, "%s: left alone, it was changed by hand; --force overwrites it", item->name);
		return 1;
	}

	if (item->state == PK_HOOK_CALLS && mode != PK_HOOKS_FORCE) {
		pk_strv_pushf(report, "%s: left alone, it calls git postkit already", item->name);
		return 0;
	}
	if (item->state == PK_HOOK_OURS && item->executable) {
		pk_strv_pushf(report, "%s: in place", item->name);
		return 0;
	}
	if (keep && move_aside(item, err) < 0)
		return -1;
	if (write_stub(item, err) < 0) {
		PK_FREE char *chained = chained_path(item->path);

		if (keep)
			rename(chained, item->path);
		return -1;
	}
	if (keep)
		pk_strv_pushf(report, "%s: installed; the hook that was there runs first (%s.postkit-chained)",
			      item->name, item->name);
	else
		pk_strv_pushf(report, "%s: %s", item->name,
			      item->state == PK_HOOK_ABSENT ? "installed" : foreign ? "overwritten" : "upgraded");
	return 0;
}

int pk_hooks_install(const struct pk_repo *repo, const struct pk_config *config, unsigned sides,
		     enum pk_hooks_mode mode, struct pk_strv *report, struct pk_err *err)
{
	PK_AUTO(pk_hooks_view) view = PK_HOOKS_VIEW_INIT;
	int left = 0;

	if (pk_hooks_look(repo, config, sides, &view, err) < 0)
		return -1;
	if (view.manager && view.added && mode == PK_HOOKS_AUTO) {
		pk_strv_pushf(report, "hooks are kept by %s, which calls git postkit already", view.manager);
		return 0;
	}
	if (view.manager && mode == PK_HOOKS_AUTO) {
		pk_strv_pushf(report, "hooks are kept by %s, so nothing was written", view.manager);
		pk_strv_split(report, view.add, '\n');
		return 1;
	}
	for (size_t i = 0; i < view.n; i++) {
		int rc = install_one(&view.items[i], mode, report, err);

		if (rc < 0)
			return -1;
		left |= rc;
	}
	return left;
}

static int uninstall_one(const struct pk_hook_item *item, struct pk_strv *report, struct pk_err *err)
{
	PK_FREE char *chained = chained_path(item->path);

	if (item->state == PK_HOOK_CHANGED) {
		pk_strv_pushf(report, "%s: left alone, it was changed by hand", item->name);
		return 1;
	}
	if (item->state != PK_HOOK_OURS && item->state != PK_HOOK_OLD) {
		pk_strv_pushf(report, "%s: %s", item->name,
			      item->state == PK_HOOK_ABSENT ? "was not installed" : "left alone, it is not ours");
		return 0;
	}
	/* One rename: at no moment is there no hook where there was one. */
	if (item->chained) {
		if (rename(chained, item->path) < 0)
			return pk_err_errno(err, "cannot put '%s' back", chained);
		pk_strv_pushf(report, "%s: removed, the hook that was there before is back", item->name);
		return 0;
	}
	if (unlink(item->path) < 0 && errno != ENOENT)
		return pk_err_errno(err, "cannot remove '%s'", item->path);
	pk_strv_pushf(report, "%s: removed", item->name);
	return 0;
}

int pk_hooks_uninstall(const struct pk_repo *repo, const struct pk_config *config, unsigned sides,
		       struct pk_strv *report, struct pk_err *err)
{
	PK_AUTO(pk_hooks_view) view = PK_HOOKS_VIEW_INIT;
	int left = 0;

	if (pk_hooks_look(repo, config, sides, &view, err) < 0)
		return -1;
	for (size_t i = 0; i < view.n; i++) {
		int rc = uninstall_one(&view.items[i], report, err);

		if (rc < 0)
			return -1;
		left |= rc;
	}
	return left;
}
