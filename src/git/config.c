#include "git/config.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/proc.h"
#include "base/sig.h"
#include "base/text.h"
#include "git/internal.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRACKED_FILE ".postkit"
#define TRACKED_MAX  (1 << 20)
#define PREFIX	     "postkit."
/* How long the lock of another `git config` is waited for. */
#define LOCK_SECONDS 1.0

/*
 * What the tracked file may set, lower case. Anyone whose branch is pulled can write there, so
 * nothing on this list names a host, a program or a file outside the project's SQL, or makes
 * anything happen by itself.
 */
static const struct {
	const char *pattern; /* below "postkit." */
	bool is_path;	     /* a folder of the work tree */
} tracked_keys[] = {
	{ "schemapath", true },	  { "migrationspath", true }, { "defaultremote", false },
	{ "ignore", false },	  { "grantees", false },      { "pgmajor", false },
	{ "online", false },	  { "smallrows", false },     { "maxlock", false },
	{ "remote.*.maxlock", false }, { "rule.*.level", false }, { "checktimeout", false },
	{ "largerows", false },	  { "remote.*.largerows", false },
	/* They lessen what a copy holds; of the SQL in them only a closed list reaches a server (sql/closed.h). */
	{ "excludedata", false },      { "schemaonly", false },  { "table.*.where", false },
	{ "sample", false },	      { "sampleseed", false },	  { "sampleedges", false },  { "maxsize", false },
	{ "since", false },	      { "sincecolumn", false },	  { "table.*.since", false },	  { "table.*.sample", false },
	{ "table.*.keep", false },    { "table.*.reference", false },
};
/* The same of those that are not below "postkit.". */
static const char *const tracked_others[] = { "mask.required", "mask.*.*" };

/* Section and variable lower case, the subsection between the first and the last dot as it is. */
static char *normal_key(const char *prefix, const char *key)
{
	char *full = pk_printf("%s%s", prefix, key);
	char *first = strchr(full, '.'), *last = strrchr(full, '.');
	for (char *p = full; *p; p++)
		if (p < first || p > last || !first)
			*p = (char)tolower((unsigned char)*p);
	return full;
}

static void add_item(struct pk_config *config, const char *key, const char *value,
		     enum pk_scope scope)
{
	if (config->n == config->cap) {
		config->cap = config->cap ? config->cap * 2 : 64;
		config->items =
			pk_realloc_array(config->items, config->cap, sizeof(*config->items));
	}
	config->items[config->n++] =
		(struct pk_config_item){ pk_strdup(key), pk_strdup(value), scope };
}

/* "key\nvalue" or "key". *ret_value is borrowed. Caller frees the key. */
static char *split_item(const char *item, const char **ret_value)
{
	size_t n = strcspn(item, "\n");
	*ret_value = item[n] ? item + n + 1 : "true";
	return pk_strndup(item, n);
}

static const struct {
	const char *name;
	enum pk_scope scope;
} scopes[] = {
	{ "system", PK_SCOPE_SYSTEM },	   { "global", PK_SCOPE_GLOBAL },
	{ "local", PK_SCOPE_LOCAL },	   { "command", PK_SCOPE_COMMAND },
	{ "worktree", PK_SCOPE_WORKTREE },
};

/* A scope that we do not know is not trusted to be more than the repository's. */
static enum pk_scope scope_of(const char *name)
{
	for (size_t i = 0; i < PK_COUNT(scopes); i++)
		if (strcmp(scopes[i].name, name) == 0)
			return scopes[i].scope;
	return PK_SCOPE_LOCAL;
}

/* Pairs of strings, each ended by NUL: scope, item. */
static void parse_list(struct pk_config *config, const struct pk_buf *list, bool in_repo)
{
	const char *p = list->ptr, *end = list->ptr + list->len;
	while (p < end) {
		enum pk_scope scope = scope_of(p);
		const char *value;
		p += strlen(p) + 1;
		if (p >= end)
			return;
		PK_FREE char *key = split_item(p, &value);
		if (in_repo || (scope != PK_SCOPE_LOCAL && scope != PK_SCOPE_WORKTREE))
			add_item(config, key, value, scope);
		p += strlen(p) + 1;
	}
}

/*
 * A folder below the top of the work tree: every part a name of its own, none of them git's. A path
 * through a symbolic link would lead anywhere; without a work tree there is none to follow. Git would
 * take a pattern for more than the folder, wherever it is told what to add or to commit.
 */
static bool is_safe_folder(const char *workdir, const char *path)
{
	static const char *const unsafe[] = { "", ".", "..", ".git" };
	PK_AUTO(pk_buf) where = PK_BUF_INIT;
	struct stat st;
	if (strlen(path) >= PATH_MAX || path[0] == ':' || strpbrk(path, "*?[\\"))
		return false;
	pk_buf_add(&where, workdir ? workdir : "");
	for (const char *part = path;; part++) {
		size_t n = strcspn(part, "/");
		for (size_t i = 0; i < PK_COUNT(unsafe); i++)
			if (strlen(unsafe[i]) == n && strncasecmp(unsafe[i], part, n) == 0)
				return part > path && n == 0 &&
				       !part[0]; /* one slash at the end is fine */
		pk_buf_addc(&where, '/');
		pk_buf_addn(&where, part, n);
		if (workdir && lstat(where.ptr, &st) == 0 && S_ISLNK(st.st_mode))
			return false;
		part += n;
		if (!*part)
			return true;
	}
}

static bool allowed(const char *key, bool *ret_is_path)
{
	for (size_t i = 0; i < PK_COUNT(tracked_others); i++)
		if (pk_glob(tracked_others[i], key))
			return true;
	if (!pk_starts_with(key, PREFIX))
		return false;
	for (size_t i = 0; i < PK_COUNT(tracked_keys); i++) {
		if (pk_glob(tracked_keys[i].pattern, key + strlen(PREFIX))) {
			*ret_is_path = tracked_keys[i].is_path;
			return true;
		}
	}
	return false;
}

/* Reads without following a link and without hanging on a pipe. Absent: 0 and an empty buffer. */
static int read_tracked(const char *path, struct pk_buf *ret, struct pk_err *err)
{
	char chunk[8192];
	struct stat st = { 0 };
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return pk_err_set(err, "'" TRACKED_FILE "' is a symbolic link, not a file");
	if (fd < 0)
		return pk_err_errno(err, "'" TRACKED_FILE "' cannot be read");
	/* A project that used PostKit has a folder of that name, which is not for us. */
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return 0;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > TRACKED_MAX) {
		close(fd);
		return pk_err_set(err, "'" TRACKED_FILE "' is not a regular file of at most 1 MB");
	}
	while (ret->len <= TRACKED_MAX && (n = read(fd, chunk, sizeof(chunk))) > 0)
		pk_buf_addn(ret, chunk, (size_t)n);
	int rc = n < 0 ? pk_err_errno(err, "'" TRACKED_FILE "' cannot be read") : 0;
	close(fd);
	return rc;
}

static int tracked_error(const char *said, struct pk_err *err)
{
	static const char marker[] = "bad config line ";
	const char *at = strstr(said, marker);
	if (!at)
		return pk_err_set(err, "'" TRACKED_FILE "' cannot be read: %s", said);
	int line = (int)strtol(at + sizeof(marker) - 1, NULL, 10);
	pk_err_set(err, "syntax error in '" TRACKED_FILE "'");
	pk_err_at(err, TRACKED_FILE, line, 0);
	return pk_err_hint(
		err, "it is written as git's settings are: see git config --file " TRACKED_FILE
		     " --list");
}

/* Fed through a pipe, so that what was looked at is what is read; includes are off for --file. */
static struct pk_proc tracked_proc(const struct pk_buf *text)
{
	static const char *const argv[] = { "git",    "config", "-z",	  "--no-includes",
					    "--file", "-",	"--list", NULL };
	static const char *const env[] = { "LC_ALL=C", NULL };
	return (struct pk_proc){ .argv = argv, .env = env, .input = text->ptr, .input_len = text->len };
}

static struct pk_proc settings_proc(const struct pk_repo *repo, struct pk_strv *argv)
{
	static const char *const args[] = { "config", "-z", "--show-scope", "--list", NULL };
	static const char *const env[] = { "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "LC_ALL=C",
					   NULL };
	if (repo)
		return pk_repo_proc(repo, args, argv);
	pk_strv_push(argv, "git");
	pk_strv_extend(argv, args);
	return (struct pk_proc){ .argv = (const char *const *)argv->items, .env = env, .cwd = "/" };
}

void pk_config_take_tracked(struct pk_config *config, const char *workdir, const struct pk_buf *list)
{
	PK_AUTO(pk_map) ignored = PK_MAP_INIT;
	for (const char *p = list->ptr, *end = list->ptr + list->len; p < end; p += strlen(p) + 1) {
		const char *value;
		bool is_path = false;
		PK_FREE char *key = split_item(p, &value);
		if (allowed(key, &is_path) && (!is_path || is_safe_folder(workdir, value)))
			add_item(config, key, value, PK_SCOPE_TRACKED);
		else if (pk_map_set(&ignored, key, config))
			pk_strv_push(&config->ignored, key);
	}
}

static int keep_tracked(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	(void)err;
	if (strcmp(entry->path, TRACKED_FILE) == 0)
		*(struct pk_tree_entry *)arg = *entry;
	return 0;
}

/* Absent, or PostKit's folder: 0 and an empty buffer. */
static int read_committed(const struct pk_repo *repo, const char *rev, struct pk_buf *ret, struct pk_err *err)
{
	struct pk_tree_entry entry = { .mode = 0 };
	struct pk_oid root = { "" };
	if (pk_repo_tree_at(repo, rev, NULL, &root, err) < 0)
		return -1;
	if (!root.hex[0])
		return 0;
	if (pk_repo_list_tree(repo, &root, keep_tracked, &entry, err) < 0)
		return -1;
	if (!S_ISREG(entry.mode))
		return S_ISLNK(entry.mode) ? pk_err_set(err, "'" TRACKED_FILE "' is a symbolic link, not a file") : 0;
	if (pk_repo_blob(repo, &entry.oid, ret, err) < 0)
		return -1;
	return ret->len > TRACKED_MAX ? pk_err_set(err, "'" TRACKED_FILE "' is larger than 1 MB") : 0;
}

/* False of comments and a section without settings, which is what `init` writes: git need not be asked about these. */
static bool says_something(const struct pk_buf *text)
{
	static const char section[] = "[postkit]\n";
	const char *p = text->ptr, *end = text->ptr + text->len;
	while (p < end) {
		p += strspn(p, " \t\n");
		if (p < end && *p != '#' && *p != ';' && !pk_starts_with(p, section))
			return true;
		p += strcspn(p, "\n");
	}
	return false;
}

/*
 * Settings that were not read must not be taken for none: where there is no remote and no session much is to be cleared away.
 * Without a single setting anywhere git may say nothing at all and end with 1; who ends otherwise did not come to it.
 */
static int settings_error(const char *said, int status, struct pk_err *err)
{
	if (pk_interrupted())
		return pk_err_interrupted(err, "interrupted");
	if (!*said)
		return pk_err_set(err, "git's settings cannot be read: 'git config' ended with status %d", status);
	return pk_err_set(err, "git's settings cannot be read: %s", pk_starts_with(said, "fatal: ") ? said + 7 : said);
}

static int load(struct pk_config *config, const struct pk_repo *repo, const struct pk_buf *text, const char *workdir,
		struct pk_err *err)
{
	enum { TRACKED, SETTINGS, BOTH };
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	PK_AUTO(pk_buf) tracked = PK_BUF_INIT;
	PK_AUTO(pk_buf) complaint = PK_BUF_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	int statuses[BOTH], rc;
	bool asked = says_something(text);
	struct pk_proc procs[BOTH] = { tracked_proc(text), settings_proc(repo, &argv) };
	procs[TRACKED].out = &tracked;
	procs[TRACKED].err_out = &complaint;
	procs[SETTINGS].out = &out;
	procs[SETTINGS].err_out = &said;
	if (asked)
		rc = pk_proc_run_both(procs, statuses, err);
	else
		rc = pk_proc_run(&procs[SETTINGS], &statuses[SETTINGS], err);
	if (rc < 0)
		return pk_err_hint(err, "git must be installed and in PATH");
	pk_buf_rtrim(&complaint);
	if (asked && statuses[TRACKED] != 0)
		return pk_interrupted() ? pk_err_interrupted(err, "interrupted") : tracked_error(complaint.ptr, err);
	pk_config_take_tracked(config, workdir, &tracked);
	pk_buf_rtrim(&said);
	if (statuses[SETTINGS] > 1 || (statuses[SETTINGS] != 0 && said.len > 0))
		return settings_error(said.ptr, statuses[SETTINGS], err);
	parse_list(config, &out, repo != NULL);
	return 0;
}

int pk_config_load(struct pk_config *config, const struct pk_repo *repo, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *path = repo && repo->workdir ? pk_path_join(repo->workdir, TRACKED_FILE) : NULL;
	if (path && read_tracked(path, &text, err) < 0)
		return -1;
	return load(config, repo, &text, repo ? repo->workdir : NULL, err);
}

int pk_config_load_at(struct pk_config *config, const struct pk_repo *repo, const char *rev, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	if (read_committed(repo, rev, &text, err) < 0)
		return -1;
	return load(config, repo, &text, NULL, err);
}

void pk_config_release(struct pk_config *config)
{
	for (size_t i = 0; i < config->n; i++) {
		free(config->items[i].key);
		free(config->items[i].value);
	}
	free(config->items);
	pk_strv_release(&config->ignored);
	*config = (struct pk_config)PK_CONFIG_INIT;
}

static const char *find(const struct pk_config *config, const char *normal, enum pk_scope least)
{
	for (size_t i = config->n; i-- > 0;)
		if (config->items[i].scope >= least && strcmp(config->items[i].key, normal) == 0)
			return config->items[i].value;
	return NULL;
}

const char *pk_config_get(const struct pk_config *config, const char *key)
{
	PK_FREE char *normal = normal_key(PREFIX, key);
	return find(config, normal, PK_SCOPE_TRACKED);
}

const char *pk_config_get_protected(const struct pk_config *config, const char *key)
{
	PK_FREE char *normal = normal_key(PREFIX, key);
	return find(config, normal, PK_SCOPE_SYSTEM);
}

const char *pk_config_any(const struct pk_config *config, const char *full_key)
{
	PK_FREE char *normal = normal_key("", full_key);
	return find(config, normal, PK_SCOPE_TRACKED);
}

void pk_config_override(struct pk_config *config, const char *key, const char *value)
{
	PK_FREE char *normal = normal_key(PREFIX, key);
	add_item(config, normal, value, PK_SCOPE_COMMAND);
}

const char *pk_config_git(const struct pk_config *config, const char *full_key)
{
	PK_FREE char *normal = normal_key("", full_key);
	return find(config, normal, PK_SCOPE_SYSTEM);
}

void pk_config_all(const struct pk_config *config, const char *key, struct pk_strv *ret)
{
	PK_FREE char *normal = normal_key(PREFIX, key);
	for (size_t i = 0; i < config->n; i++)
		if (strcmp(config->items[i].key, normal) == 0)
			pk_strv_push(ret, config->items[i].value);
}

static bool parse_int(const char *value, int64_t *ret)
{
	static const char units[] = "kmg";
	char *end;
	errno = 0;
	long long n = strtoll(value, &end, 10);
	if (end == value || errno)
		return false;
	const char *unit = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
	for (const char *u = units; unit && u <= unit; u++) {
		if (n > INT64_MAX / 1024 || n < INT64_MIN / 1024)
			return false;
		n *= 1024;
	}
	*ret = n;
	return !*end || (unit && !end[1]);
}

static bool parse_bool(const char *value, bool fallback)
{
	static const char *const yes[] = { "true", "yes", "on" }, *const no[] = { "false", "no",
										  "off", "" };
	int64_t n;
	for (size_t i = 0; value && i < PK_COUNT(yes); i++)
		if (strcasecmp(value, yes[i]) == 0)
			return true;
	for (size_t i = 0; value && i < PK_COUNT(no); i++)
		if (strcasecmp(value, no[i]) == 0)
			return false;
	return value && parse_int(value, &n) ? n != 0 : fallback;
}

bool pk_config_truth(const char *value)
{
	return parse_bool(value, false);
}

bool pk_config_bool(const struct pk_config *config, const char *key, bool fallback)
{
	return parse_bool(pk_config_get(config, key), fallback);
}

bool pk_config_bool_protected(const struct pk_config *config, const char *key, bool fallback)
{
	return parse_bool(pk_config_get_protected(config, key), fallback);
}

int pk_config_int(const struct pk_config *config, const char *key, int fallback)
{
	const char *value = pk_config_get(config, key);
	int64_t n;
	if (!value || !parse_int(value, &n) || n > INT32_MAX || n < INT32_MIN)
		return fallback;
	return (int)n;
}

void pk_config_subsections(const struct pk_config *config, const char *section, struct pk_strv *ret)
{
	PK_FREE char *prefix = pk_printf(PREFIX "%s.", section);
	size_t n = strlen(prefix);
	for (size_t i = 0; i < config->n; i++) {
		const char *key = config->items[i].key, *last = strrchr(key, '.');
		if (config->items[i].scope == PK_SCOPE_TRACKED || !pk_starts_with(key, prefix) ||
		    !last || last <= key + n)
			continue;
		PK_FREE char *name = pk_strndup(key + n, (size_t)(last - key) - n);
		if (!pk_strv_has(ret, name))
			pk_strv_push(ret, name);
	}
}

/* git gives up at once when another process writes the file. */
static int write_config(const struct pk_repo *repo, const char *const *args, int *ret_status,
			struct pk_buf *said, struct pk_err *err)
{
	double until = pk_now() + LOCK_SECONDS;
	for (;;) {
		struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
		pk_buf_clear(said);
		if (pk_repo_git(repo, args, NULL, said, ret_status, err) < 0)
			return -1;
		if (*ret_status == 0 || !strstr(said->ptr, "could not lock") || pk_now() > until)
			break;
		nanosleep(&pause, NULL);
	}
	pk_buf_rtrim(said);
	return 0;
}

/* Nobody can tell a git that writes it from one that was killed: git itself leaves such a file to its user, too. */
static int fail_write(const struct pk_repo *repo, const struct pk_buf *said, struct pk_err *err)
{
	if (!strstr(said->ptr, "could not lock"))
		return -1;
	return pk_err_hint(err,
			   "another git is at work, or one that was killed has left '%s/config.lock': when none is at "
			   "work here, remove that file and try again",
			   repo->commondir);
}

int pk_config_set(const struct pk_repo *repo, const char *full_key, const char *value,
		  struct pk_err *err)
{
	enum { STATUS_ABSENT = 5 };
	const char *const set[] = { "config", "--local", "--replace-all", "--", full_key,
				    value,    NULL };
	const char *const unset[] = { "config", "--local", "--unset-all", "--", full_key, NULL };
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	int status;
	if (write_config(repo, value ? set : unset, &status, &said, err) < 0)
		return -1;
	if (status == 0 || (!value && status == STATUS_ABSENT))
		return 0;
	pk_err_set(err, "setting '%s' cannot be %s: %s", full_key, value ? "written" : "removed", said.ptr);
	return fail_write(repo, &said, err);
}

int pk_config_remove_section(const struct pk_repo *repo, const char *section, struct pk_err *err)
{
	const char *const args[] = { "config", "--local", "--remove-section", "--", section, NULL };
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	int status;
	if (write_config(repo, args, &status, &said, err) < 0)
		return -1;
	if (status == 0 || strstr(said.ptr, "no such section") ||
	    strstr(said.ptr, "No such section"))
		return 0;
	pk_err_set(err, "section '%s' cannot be removed: %s", section, said.ptr);
	return fail_write(repo, &said, err);
}
