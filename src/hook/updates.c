#include "hook/updates.h"

#include "deploy/exchange.h"

void pk_updates_release(struct pk_updates *updates)
{
	free(updates->items);
	pk_strv_release(&updates->refs);
	pk_strv_release(&updates->ids);
	*updates = (struct pk_updates)PK_UPDATES_INIT;
}

static bool is_hex_oid(const char *s)
{
	return strlen(s) == PK_OID_HEX && strspn(s, "0123456789abcdef") == PK_OID_HEX;
}

/* NULL for the id of nothing. */
static const char *keep_id(struct pk_updates *updates, const char *id)
{
	if (strspn(id, "0") == strlen(id))
		return NULL;
	/* The strings stay where they are when the list of them grows. */
	pk_strv_push(&updates->ids, id);
	return updates->ids.items[updates->ids.n - 1];
}

/* What holds records is no branch to be merged; but on a server anybody could have put anything there. */
static bool is_own(enum pk_updates_format format, const char *ref)
{
	return pk_starts_with(ref, "refs/postkit/") || pk_starts_with(ref, "refs/notes/") ||
	       (format == PK_UPDATES_PUSH && pk_starts_with(ref, PK_RECORD_BRANCHES));
}

static void add(struct pk_updates *updates, enum pk_updates_format format, const char *ref, const char *from, const char *to)
{
	const char *commit = keep_id(updates, to);

	if (!commit || is_own(format, ref))
		return;
	if (updates->n == updates->cap) {
		updates->cap = updates->cap ? 2 * updates->cap : 16;
		updates->items = pk_realloc_array(updates->items, updates->cap, sizeof(*updates->items));
	}
	pk_strv_push(&updates->refs, ref);
	updates->items[updates->n++] = (struct pk_check_update){ .commit = commit, .base = keep_id(updates, from) };
}

int pk_updates_parse(const struct pk_buf *input, enum pk_updates_format format, struct pk_updates *ret,
		     struct pk_err *err)
{
	static const struct {
		size_t from, to, ref;
	} places[] = { [PK_UPDATES_PUSH] = { 2, 0, 1 }, [PK_UPDATES_RECEIVE] = { 0, 1, 2 } };
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;

	pk_strv_split(&lines, input->ptr, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		PK_AUTO(pk_strv) fields = PK_STRV_INIT;
		char **last;

		pk_strv_split(&fields, lines.items[i], ' ');
		last = fields.n < 3 ? NULL : fields.items + fields.n - 3;
		if (!last || !is_hex_oid(last[places[format].from]) || !is_hex_oid(last[places[format].to]))
			return pk_err_set(err, "git gave the hook a line that it cannot read: '%s'",
					  lines.items[i]);
		add(ret, format, last[places[format].ref], last[places[format].from], last[places[format].to]);
	}
	return 0;
}

void pk_updates_filter(struct pk_updates *updates, bool (*keep)(const struct pk_updates *updates, size_t i, void *arg),
		       void *arg)
{
	PK_AUTO(pk_strv) refs = PK_STRV_INIT;
	size_t n = 0;

	for (size_t i = 0; i < updates->n; i++) {
		if (!keep(updates, i, arg))
			continue;
		pk_strv_push(&refs, updates->refs.items[i]);
		updates->items[n++] = updates->items[i];
	}
	updates->n = n;
	pk_strv_release(&updates->refs);
	updates->refs = refs;
	refs = (struct pk_strv)PK_STRV_INIT;
}

static bool is_commit(const struct pk_updates *updates, size_t i, void *arg)
{
	(void)arg;
	return updates->items[i].commit != NULL;
}

int pk_updates_resolve(struct pk_updates *updates, const struct pk_repo *repo, struct pk_err *err)
{
	for (size_t i = 0; i < updates->n; i++) {
		struct pk_check_update *update = &updates->items[i];
		struct pk_oid commit = { "" }, base = { "" };

		if (pk_repo_commit_of(repo, update->commit, &commit, err) < 0)
			return -1;
		update->commit = keep_id(updates, commit.hex);
		/* A base that is unknown here is none. */
		if (update->base && pk_repo_commit_of(repo, update->base, &base, NULL) == 0 && !base.hex[0])
			update->base = NULL;
		else if (base.hex[0])
			update->base = keep_id(updates, base.hex);
	}
	pk_updates_filter(updates, is_commit, NULL);
	return 0;
}
