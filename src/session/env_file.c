#include "session/env_file.h"

#include "base/fs.h"

#include <sys/stat.h>

static const char variable[] = "DATABASE_URL=";

int pk_session_url(struct pk_desk *desk, char **ret_url, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	(void)err;
	pk_server_user_info(&desk->server, desk->session.db, &info);
	*ret_url = pk_conninfo_uri(&info);
	return 0;
}

/* "export DATABASE_URL=" counts, too; its export stays. */
static const char *variable_in(const char *line)
{
	line += strspn(line, " \t");
	if (pk_starts_with(line, "export "))
		line += strlen("export ");
	return pk_starts_with(line, variable) ? line : NULL;
}

static void replace_line(const char *text, const char *url, struct pk_buf *ret)
{
	bool written = !url;
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		const char *at = variable_in(line);
		size_t whole = n + (line[n] == '\n');
		if (!at || at >= line + n) {
			pk_buf_addn(ret, line, whole);
		} else if (!written) {
			pk_buf_addn(ret, line, (size_t)(at - line));
			pk_buf_addf(ret, "%s%s\n", variable, url);
			written = true;
		}
		line += whole;
	}
	if (written)
		return;
	if (ret->len && ret->ptr[ret->len - 1] != '\n')
		pk_buf_addc(ret, '\n');
	pk_buf_addf(ret, "%s%s\n", variable, url);
}

int pk_env_write(const char *path, const char *url, struct pk_err *err)
{
	PK_AUTO(pk_buf) old = PK_BUF_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	struct stat st;
	bool exists = stat(path, &st) == 0;
	if (exists && pk_read_file(path, &old, err) < 0)
		return -1;
	if (!exists && !url)
		return 0;
	replace_line(old.ptr, url, &text);
	if (pk_streq(old.ptr, text.ptr))
		return 0;
	return pk_write_file(path, text.ptr, text.len, exists ? (int)(st.st_mode & 07777) : 0600,
			     err);
}

int pk_session_refresh_env(const struct pk_repo *repo, const struct pk_config *config,
			   const struct pk_project *project, bool *ret_changed, struct pk_err *err)
{
	*ret_changed = false;
	const char *file = pk_config_get_protected(config, "envFile");
	if (!file || !repo->workdir)
		return 0;
	PK_FREE char *path = pk_path_join(repo->workdir, file);
	PK_FREE char *branch = pk_repo_branch(repo);
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;
	PK_FREE char *url = NULL;
	enum pk_session_found found = PK_FOUND_NONE;
	/*
	 * A detached HEAD has no session: the application must not go on with another branch's
	 * database.
	 */
	if (branch && pk_session_current(repo, config, &desk.session, &found, NULL, err) < 0)
		return -1;
	if (found == PK_FOUND_SESSION) {
		pk_session_release(&desk.session);
		if (pk_desk_open(&desk, repo, config, project, err) < 0 ||
		    pk_session_url(&desk, &url, err) < 0)
			return -1;
	}
	*ret_changed = true;
	return pk_env_write(path, url, err);
}
