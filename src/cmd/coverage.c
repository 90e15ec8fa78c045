#include "cmd/coverage.h"

#include "catalog/kind.h"

void pk_coverage_release(struct pk_coverage *coverage)
{
	pk_strv_release(&coverage->unmodelled);
	pk_strv_release(&coverage->left_out);
	pk_map_release(&coverage->seen);
}

static void push_once(struct pk_coverage *coverage, struct pk_strv *list, const char *text)
{
	if (pk_map_set(&coverage->seen, text, coverage))
		pk_strv_push(list, text);
}

void pk_coverage_add(struct pk_coverage *coverage, const struct pk_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->unmodelled.n; i++)
		push_once(coverage, &coverage->unmodelled, snapshot->unmodelled.items[i]);
	for (size_t i = 0; i < snapshot->n_left_out; i++) {
		const struct pk_object *o = snapshot->left_out[i];

		bool counted = o->kind->grant_prefix_attr && !o->grants; /* among the privileges */

		if (!counted && (!o->parent || !o->parent->left_out))
			push_once(coverage, &coverage->left_out, o->key);
	}
	if (snapshot->n_left_grants > coverage->privileges)
		coverage->privileges = snapshot->n_left_grants;
	if (snapshot->n_left_labels > coverage->labels)
		coverage->labels = snapshot->n_left_labels;
}

static void add_count(struct pk_buf *buf, size_t n, const char *kind)
{
	size_t len = strlen(kind), dropped = 0;
	const char *end = "s";

	if (n == 1 || kind[len - 1] == 's')
		end = "";
	else if (kind[len - 1] == 'x')
		end = "es";
	else if (kind[len - 1] == 'y')
		dropped = 1, end = "ies";
	pk_buf_addf(buf, "%s%zu ", buf->len ? ", " : "", n);
	pk_kind_words(buf, kind);
	pk_buf_truncate(buf, buf->len - dropped);
	pk_buf_add(buf, end);
}

void pk_coverage_words(const struct pk_coverage *coverage, struct pk_buf *ret)
{
	for (size_t k = 0; pk_kinds[k]; k++) {
		PK_FREE char *start = pk_printf("%s ", pk_kinds[k]->name);
		size_t n = 0;

		for (size_t i = 0; i < coverage->left_out.n; i++)
			n += pk_starts_with(coverage->left_out.items[i], start);
		if (n)
			add_count(ret, n, pk_kinds[k]->name);
	}
	if (coverage->privileges)
		add_count(ret, coverage->privileges, "privilege");
	if (coverage->labels)
		add_count(ret, coverage->labels, "security label");
}

void pk_coverage_say(const struct pk_coverage *coverage)
{
	PK_AUTO(pk_buf) words = PK_BUF_INIT;

	for (size_t i = 0; i < coverage->unmodelled.n; i++) {
		PK_AUTO(pk_buf) name = PK_BUF_INIT;

		pk_buf_add_safe(&name, coverage->unmodelled.items[i], false);
		pk_say("%swarning:%s not modelled, so neither compared nor changed: %s",
		       pk_color(stderr, PK_YELLOW), pk_color(stderr, PK_PLAIN), name.ptr);
	}
	pk_coverage_words(coverage, &words);
	if (words.len)
		pk_say("note: left out, as postkit.ignore and postkit.grantees say: %s", words.ptr);
}

int pk_coverage_strict(const struct pk_coverage *coverage, struct pk_err *err)
{
	PK_FREE char *names = pk_strv_join(&coverage->unmodelled, "\n");

	if (!coverage->unmodelled.n)
		return 0;
	pk_err_set(err, "%zu object%s of kinds that are not modelled", coverage->unmodelled.n,
		   coverage->unmodelled.n == 1 ? " is" : "s are");
	pk_err_exit(err, PK_EXIT_NO);
	pk_err_detail(err, "%s", names);
	return pk_err_hint(err, "without --strict they are only named; postkit.ignore leaves out what is not yours");
}

static void add_list(cJSON *root, const char *name, const struct pk_strv *list)
{
	cJSON *array = pk_json_add_array(root, name);

	for (size_t i = 0; i < list->n; i++)
		cJSON_AddItemToArray(array, cJSON_CreateString(list->items[i]));
}

void pk_coverage_json(const struct pk_coverage *coverage, cJSON *root)
{
	add_list(root, "unmodelled", &coverage->unmodelled);
	add_list(root, "left_out", &coverage->left_out);
	pk_json_set_num(root, "left_out_privileges", (double)coverage->privileges);
	pk_json_set_num(root, "left_out_security_labels", (double)coverage->labels);
}
