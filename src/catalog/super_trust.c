#include "catalog/super_trust.h"

#include "base/clock.h"
#include "base/fs.h"
#include "catalog/kind.h"
#include "git/git.h"
#include "sql/scan.h"

#define REF	  "refs/postkit/held"
#define MAX_TRIES 100
#define KEY_BYTES 32

struct pk_super_trust pk_super_trust(const struct pk_config *config, const struct pk_repo *repo,
				     const struct pk_snapshot *like)
{
	return (struct pk_super_trust){ like, repo, pk_config_bool_protected(config, "superuserObjects", false) };
}

/* Two statements are the same when their tokens are, whatever stands between them. Caller frees. */
static char *normal_form(const char *sql)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	struct pk_scan scan;
	struct pk_token token, last = { .kind = PK_TOKEN_END };

	pk_scan_start(&scan, sql, strlen(sql));
	while (pk_scan_code(&scan, &token)) {
		/* < = is not <= */
		if (token.kind != PK_TOKEN_CHAR || last.kind != PK_TOKEN_CHAR || token.start != last.end)
			pk_buf_addc(&out, '\n');
		for (size_t i = token.start; i < token.end; i++) {
			bool folds = token.kind == PK_TOKEN_WORD && sql[i] >= 'A' && sql[i] <= 'Z';

			pk_buf_addc(&out, folds ? (char)(sql[i] - 'A' + 'a') : sql[i]);
		}
		last = token;
	}
	return pk_buf_take(&out);
}

/* The statements that a superuser had to run for a database, as they are in schema files. */
static void collect(const struct pk_snapshot *of, struct pk_map *ret)
{
	for (size_t i = 0; of && i < of->n; i++) {
		struct pk_arena arena = PK_ARENA_INIT;
		struct pk_script s = { .arena = &arena, .files = true, .database_owner = of->database_owner };

		if (!of->objects[i]->kind->part)
			pk_object_create(&s, of->objects[i]);
		for (size_t k = 0; k < s.n; k++) {
			PK_FREE char *form = s.items[k].superuser ? normal_form(s.items[k].sql) : NULL;

			if (form)
				pk_map_set(ret, form, ret);
		}
		pk_script_release(&s);
		pk_arena_release(&arena);
	}
}

static int add_held(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct pk_map *held = arg;

	(void)err;
	pk_map_set(held, entry->path, held);
	return 0;
}

/*
 * Refs can come from anywhere (git clone --mirror, a refspec of the user's), files of the git folder cannot: what is
 * kept is sealed with a key that lies there. Absent: nothing is believed, and *ret is NULL. Caller frees.
 */
static int read_key(const struct pk_repo *repo, bool make, char **ret, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_join(repo->commondir, "postkit"), *path = pk_path_join(dir, "held.key");
	PK_FREE char *fresh = NULL;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	*ret = NULL;
	if (!pk_path_exists(path)) {
		if (!make)
			return 0;
		fresh = pk_random_hex(KEY_BYTES);
		if (pk_mkdir_p(dir, 0755, err) < 0 || pk_write_file(path, fresh, strlen(fresh), 0600, err) < 0)
			return -1;
	}
	if (pk_read_file(path, &text, err) < 0)
		return -1;
	*ret = pk_buf_take(&text);
	return 0;
}

/* What the blob of a statement holds. Caller frees. */
static char *sealed(const char *key, const char *form)
{
	PK_FREE char *with_key = pk_printf("%s\n%s", key, form);
	PK_FREE char *seal = pk_git_hash_blob(with_key, strlen(with_key));

	return pk_printf("%s\n%s", seal, form);
}

/* Names of the entries: the ids of the sealed statements' normal forms. */
static int read_held(const struct pk_repo *repo, struct pk_oid *ret_tip, struct pk_map *ret, struct pk_err *err)
{
	struct pk_oid root;

	if (pk_ref_read(repo, REF, ret_tip, err) < 0)
		return -1;
	if (!ret_tip->hex[0])
		return 0;
	if (pk_repo_tree_at(repo, ret_tip->hex, NULL, &root, err) < 0)
		return -1;
	return pk_repo_list_tree(repo, &root, add_held, ret, err);
}

static bool is_held(const struct pk_super *super, const char *form)
{
	PK_FREE char *key = NULL, *text = NULL, *id = NULL;

	if (!super->trust->repo || read_key(super->trust->repo, false, &key, NULL) < 0 || !key)
		return false;
	text = sealed(key, form);
	id = pk_git_hash_blob(text, strlen(text));
	return pk_map_get(&super->known, id);
}

bool pk_super_known(struct pk_super *super, const char *sql)
{
	const struct pk_super_trust *trust = super->trust;
	PK_FREE char *form = normal_form(sql);
	struct pk_oid tip;

	if (!trust)
		return false;
	if (!super->knows) {
		collect(trust->like, &super->known);
		if (trust->repo)
			read_held(trust->repo, &tip, &super->known, NULL);
		super->knows = true;
	}
	return pk_map_get(&super->known, form) || is_held(super, form);
}

/* A commit whose tree has all. all: ids of blobs that are there. */
static int commit_held(const struct pk_repo *repo, const struct pk_map *all, const struct pk_oid *tip, struct pk_oid *ret,
		       struct pk_err *err)
{
	struct pk_tree_item *items = pk_realloc_array(NULL, all->n + 1, sizeof(*items));
	struct pk_oid root;
	int status;

	for (size_t i = 0; i < all->n; i++) {
		items[i] = (struct pk_tree_item){ .path = all->entries[i].key };
		snprintf(items[i].oid.hex, sizeof(items[i].oid.hex), "%s", all->entries[i].key);
	}
	status = pk_repo_write_tree(repo, items, all->n, &root, err);
	if (status == 0)
		status = pk_repo_write_commit(repo, &root, tip, "what a database holds", ret, err);
	free(items);
	return status;
}

/* 1: somebody else was faster. */
static int remember(const struct pk_repo *repo, const struct pk_map *forms, struct pk_err *err)
{
	PK_AUTO(pk_map) held = PK_MAP_INIT;
	PK_FREE char *key = NULL;
	struct pk_oid tip, made;
	bool fresh = false;

	if (read_held(repo, &tip, &held, err) < 0 || read_key(repo, true, &key, err) < 0)
		return -1;
	for (size_t i = 0; i < forms->n; i++) {
		PK_FREE char *text = sealed(key, forms->entries[i].key);
		struct pk_oid blob;

		if (pk_repo_write_blob(repo, text, strlen(text), &blob, err) < 0)
			return -1;
		fresh |= pk_map_set(&held, blob.hex, &held);
	}
	if (!fresh)
		return 0;
	if (commit_held(repo, &held, &tip, &made, err) < 0)
		return -1;
	return pk_ref_swap(repo, REF, &tip, &made, "what a database holds", err);
}

int pk_super_remember(const struct pk_repo *repo, const struct pk_snapshot *of, struct pk_err *err)
{
	PK_AUTO(pk_map) forms = PK_MAP_INIT;
	int status = 1;

	collect(of, &forms);
	if (!forms.n)
		return 0;
	for (int i = 0; i < MAX_TRIES && status > 0; i++)
		status = remember(repo, &forms, err);
	return status > 0 ? pk_err_set(err, "ref '" REF "' keeps changing") : status;
}
