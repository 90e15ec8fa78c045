#include "hook/fresh.h"

#include "base/map.h"
#include "base/print.h"
#include "base/term.h"

struct compare {
	struct pk_map before;
	struct pk_strv *fresh;
	bool contents;
};

static char *key_of(const struct compare *compare, const struct pk_tree_entry *entry)
{
	return compare->contents ? pk_printf("%s %s", entry->oid.hex, entry->path) : pk_strdup(entry->path);
}

static int remember(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct compare *compare = arg;
	PK_FREE char *key = key_of(compare, entry);

	(void)err;
	pk_map_set(&compare->before, key, compare);
	return 0;
}

static int collect(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct compare *compare = arg;
	PK_FREE char *key = key_of(compare, entry);

	(void)err;
	if (pk_ends_with(entry->path, ".sql") && !pk_map_get(&compare->before, key))
		pk_strv_push(compare->fresh, entry->path);
	return 0;
}

int pk_fresh_migrations(const struct pk_repo *repo, const struct pk_oid *before, size_t n, const struct pk_oid *now,
			bool contents, struct pk_strv *ret, struct pk_err *err)
{
	struct compare compare = { .before = PK_MAP_INIT, .fresh = ret, .contents = contents };
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		if (!pk_oid_is_null(&before[i]))
			pk_repo_walk_tree(repo, &before[i], remember, &compare, NULL);
	if (!pk_oid_is_null(now))
		rc = pk_repo_walk_tree(repo, now, collect, &compare, err);
	pk_map_release(&compare.before);
	return rc;
}

void pk_fresh_say(const struct pk_strv *fresh, const char *where, const char *next)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	for (size_t i = 0; i < fresh->n && i < 3; i++) {
		pk_buf_add(&text, i ? ", " : "");
		pk_buf_add_safe(&text, fresh->items[i], false);
	}
	if (fresh->n > 3)
		pk_buf_addf(&text, " and %zu more", fresh->n - 3);
	pk_print(stderr, "postkit: %zu new migration%s (%s)%s; next: %s\n", fresh->n, fresh->n == 1 ? "" : "s",
		text.ptr, where, next);
}
