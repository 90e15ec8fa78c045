#include "clone/kept.h"

#include "base/clock.h"
#include "base/text.h"
#include "clone/carry.h"
#include "git/git.h"

/* What files meant, and the schema to prove on, of two branches. */
#define KEPT_MAX 4
#define NONE	 "-"

static int by_path(const void *a, const void *b)
{
	const struct pk_source_file *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

static void add_files(struct pk_buf *text, const struct pk_source *source)
{
	size_t n = source ? source->n : 0;
	PK_FREE const struct pk_source_file **files = pk_alloc((n + 1) * sizeof(*files));

	for (size_t i = 0; i < n; i++)
		files[i] = &source->items[i];
	if (n)
		qsort(files, n, sizeof(*files), by_path);
	for (size_t i = 0; i < n; i++) {
		pk_buf_addf(text, "%s %zu\n", files[i]->path, files[i]->len);
		pk_buf_addn(text, files[i]->text, files[i]->len);
	}
}

char *pk_kept_source(const struct pk_source *infra, const struct pk_source *files)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	add_files(&text, infra);
	pk_buf_add(&text, "\n-- schema\n");
	add_files(&text, files);
	return pk_git_hash_blob(text.ptr, text.len);
}

static void add_all(struct pk_buf *text, const struct pk_strv *items)
{
	for (size_t i = 0; i < items->n; i++)
		pk_buf_addf(text, "%s\n", items->items[i]);
	pk_buf_addc(text, '\n');
}

int pk_kept_terms(struct pk_conn *admin, const struct pk_kept_terms *terms, char **ret, struct pk_err *err)
{
	static const char locale[] =
		"SELECT pg_catalog.concat_ws(' ', pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype, "
		"pg_catalog.to_jsonb(d) ->> 'datlocprovider', pg_catalog.to_jsonb(d) ->> 'daticulocale', "
		"pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticurules') "
		"FROM pg_catalog.pg_database d WHERE datname = $1";
	PK_AUTO(pk_strv) settings = PK_STRV_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *as = NULL;

	if (pk_query_value(admin, locale, 1, &terms->like, &as, err) < 0 ||
	    pk_carry_read(admin, terms->like, &settings, err) < 0)
		return -1;
	/* Another version of this program may load files in another way. */
	pk_buf_addf(&text, "%s\n%s\n%s\n%s\n%d\n", PK_VERSION, terms->role ? terms->role : "",
		    terms->owner ? terms->owner : "", as ? as : "", terms->trust_all);
	add_all(&text, &settings);
	if (terms->managed) {
		add_all(&text, &terms->managed->ignore);
		add_all(&text, &terms->managed->grantees);
	}
	*ret = pk_git_hash_blob(text.ptr, text.len);
	return 0;
}

/*
 * "terms source fingerprint". Whoever owns a database can write what would be such a label, so that one which a
 * branch has for longer, its clone, is none.
 */
static bool is_like(const struct pk_database *database, const struct pk_kept *like, struct pk_oid *ret_fingerprint,
		    char **ret_source)
{
	PK_AUTO(pk_strv) words = PK_STRV_INIT;

	if (!pk_starts_with(database->name, "pk_shadow_") && !pk_starts_with(database->name, "pk_taken_"))
		return false;
	pk_strv_split(&words, database->label ? database->label : "", ' ');
	if (words.n != 3 || !pk_streq(words.items[0], like->terms) ||
	    (like->source && *like->source && !pk_streq(words.items[1], like->source)) ||
	    (like->source && pk_streq(words.items[1], NONE)) ||
	    (like->fingerprint && !pk_streq(words.items[2], like->fingerprint)))
		return false;
	if (ret_fingerprint)
		snprintf(ret_fingerprint->hex, sizeof(ret_fingerprint->hex), "%s", words.items[2]);
	if (ret_source) {
		free(*ret_source);
		*ret_source = pk_strdup(words.items[1]);
	}
	return true;
}

/* Of two that want it the rename lets one have it. NULL: somebody else had it. Caller frees. */
static char *take(struct pk_server *server, const char *db)
{
	PK_FREE char *id = pk_random_hex(6);
	PK_FREE char *name = pk_printf("pk_taken_%s", id);
	const struct pk_mark mark = { .purpose = "shadow", .label = "" };

	if (pk_server_mark_db(server, db, &mark, NULL) < 0 || pk_server_rename_db(server, db, name, NULL) < 0)
		return NULL;
	return pk_take(&name);
}

int pk_kept_take(struct pk_server *server, const struct pk_kept *like, char **ret, struct pk_oid *ret_fingerprint,
		 char **ret_source, struct pk_err *err)
{
	PK_AUTO(pk_databases) all = PK_DATABASES_INIT;
	const struct pk_database *newest = NULL;

	*ret = NULL;
	if (pk_server_databases_for(server, "kept", &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (is_like(&all.items[i], like, NULL, NULL) && (!newest || all.items[i].created >= newest->created))
			newest = &all.items[i];
	if (newest && is_like(newest, like, ret_fingerprint, ret_source))
		*ret = take(server, newest->name);
	return 0;
}

int pk_kept_keep(struct pk_server *server, const char *db, const struct pk_kept *what, struct pk_err *err)
{
	PK_AUTO(pk_databases) all = PK_DATABASES_INIT;
	PK_FREE char *label =
		pk_printf("%s %s %s", what->terms, what->source ? what->source : NONE, what->fingerprint);
	const struct pk_mark mark = { .purpose = "kept", .label = label };
	const struct pk_database *oldest = NULL;

	if (pk_server_mark_db(server, db, &mark, err) < 0 ||
	    pk_server_databases_for(server, "kept", &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (!oldest || all.items[i].created < oldest->created)
			oldest = &all.items[i];
	return all.n > KEPT_MAX ? pk_server_drop_db(server, oldest->name, err) : 0;
}
