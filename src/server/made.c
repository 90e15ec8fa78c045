/* The files that tell of clones by commands. */
#include "server/made.h"
#include "base/fs.h"
#include "base/json.h"
#include "server/place.h"
#include <sys/stat.h>
#include <unistd.h>

static void wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void pk_made_release(struct pk_made *made)
{
	char *all[] = { made->id,    made->remote, made->command, made->purpose,
			made->label, made->db,	   made->login,	  made->role };

	for (size_t i = 0; i < PK_COUNT(all); i++)
		free(all[i]);
	wipe(made->url);
	wipe(made->password);
	pk_lock_release(&made->lock);
	*made = (struct pk_made)PK_MADE_INIT;
}

void pk_made_list_release(struct pk_made_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		pk_made_release(&list->items[i]);
	free(list->items);
	*list = (struct pk_made_list)PK_MADE_LIST_INIT;
}

static char *dir_of(const struct pk_repo *repo)
{
	return pk_path_join(repo->commondir, "postkit/made");
}

static char *file_of(const struct pk_repo *repo, const char *id, const char *suffix)
{
	PK_FREE char *dir = dir_of(repo);

	return pk_printf("%s/%s%s", dir, id, suffix);
}

/* ---- read and written ---- */

static char *text_of(const cJSON *root, const char *key)
{
	const char *value = pk_json_str(root, key);

	return value ? pk_strdup(value) : NULL;
}

static int read_one(const char *path, const char *id, struct pk_made *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_json) json = PK_JSON_INIT;

	if (pk_read_file(path, &text, err) < 0)
		return -1;
	int status = pk_json_parse(text.ptr, text.len, &json, err);
	explicit_bzero(text.ptr, text.len);
	if (status < 0)
		return pk_err_wrap(err, "'%s', which tells of a clone", path);
	*ret = (struct pk_made){ .id = pk_strdup(id),
				 .remote = text_of(json.root, "remote"),
				 .command = text_of(json.root, "command"),
				 .purpose = text_of(json.root, "purpose"),
				 .label = text_of(json.root, "label"),
				 .url = text_of(json.root, "url"),
				 .db = text_of(json.root, "database"),
				 .login = text_of(json.root, "login"),
				 .password = text_of(json.root, "password"),
				 .role = text_of(json.root, "role"),
				 .created = (int64_t)pk_json_num(json.root, "created", 0),
				 .major = (int)pk_json_num(json.root, "major", 0),
				 .lock = PK_LOCK_INIT };
	bool whole = !ret->url || (ret->db && ret->login && (ret->password || ret->role));
	if (whole && ret->remote && ret->command && ret->purpose && ret->label)
		return 0;
	pk_made_release(ret);
	return pk_err_set(err, "'%s' does not tell of a clone as git postkit writes it", path);
}

int pk_made_read(const struct pk_repo *repo, struct pk_made_list *ret, struct pk_err *err)
{
	PK_AUTO(pk_strv) files = PK_STRV_INIT;
	PK_FREE char *dir = dir_of(repo);

	pk_made_list_release(ret);
	if (!pk_path_is_dir(dir))
		return 0;
	if (pk_list_files(dir, ".json", &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		PK_FREE char *path = pk_path_join(dir, files.items[i]);
		PK_FREE char *id =
			pk_strndup(files.items[i], strlen(files.items[i]) - strlen(".json"));
		if (ret->n == ret->cap) {
			ret->cap = ret->cap ? 2 * ret->cap : 8;
			ret->items = pk_realloc_array(ret->items, ret->cap, sizeof(*ret->items));
		}
		if (read_one(path, id, &ret->items[ret->n], err) < 0)
			return -1;
		ret->n++;
	}
	return 0;
}

static int make_dir(const struct pk_repo *repo, const char *dir, struct pk_err *err)
{
	PK_FREE char *parent = pk_path_dir(dir);

	if (pk_place_repo_dir(repo->commondir, parent, err) < 0)
		return -1;
	return pk_place_repo_dir(repo->commondir, dir, err);
}

int pk_made_write(const struct pk_repo *repo, const struct pk_made *made, struct pk_err *err)
{
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	PK_FREE char *dir = dir_of(repo), *path = file_of(repo, made->id, ".json");
	const struct {
		const char *key, *value;
	} pairs[] = { { "remote", made->remote },   { "command", made->command },
		      { "purpose", made->purpose }, { "label", made->label },
		      { "url", made->url },	    { "database", made->db },
		      { "login", made->login },	    { "password", made->password },
		      { "role", made->role } };
	struct stat st;

	for (size_t i = 0; i < PK_COUNT(pairs); i++)
		pk_json_set_str(json.root, pairs[i].key, pairs[i].value);
	pk_json_set_num(json.root, "created", (double)made->created);
	pk_json_set_num(json.root, "major", made->major);
	if (make_dir(repo, dir, err) < 0)
		return -1;
	char *text = pk_json_print(json.root);
	int status = pk_write_file(path, text, strlen(text), 0600, err);
	wipe(text);
	if (status == 0 && geteuid() == 0 && stat(repo->commondir, &st) == 0 &&
	    lchown(path, st.st_uid, st.st_gid) < 0)
		return pk_err_errno(err, "cannot give '%s' to the owner of the repository", path);
	return status;
}

int pk_made_take(const struct pk_repo *repo, struct pk_made *made, struct pk_err *err)
{
	PK_FREE char *dir = dir_of(repo), *path = file_of(repo, made->id, ".lock");

	return make_dir(repo, dir, err) < 0 ? -1 : pk_lock_take(&made->lock, path, 0, err);
}

bool pk_made_busy(const struct pk_repo *repo, const struct pk_made *made)
{
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
	PK_FREE char *path = file_of(repo, made->id, ".lock");

	return pk_path_exists(path) && pk_lock_take(&lock, path, 0, NULL) < 0;
}

void pk_made_forget(const struct pk_repo *repo, struct pk_made *made)
{
	PK_FREE char *path = file_of(repo, made->id, ".json"),
		     *lock = file_of(repo, made->id, ".lock");

	unlink(path);
	unlink(lock);
	pk_lock_release(&made->lock);
	wipe(pk_take(&made->url));
}
