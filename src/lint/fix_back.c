/* The way back of a migration that became several: each statement to the one that made what it undoes. */
#include "lint/fix.h"

#include "lint/fix_text.h"

/* What statements of two texts are about: the same thing where these are equal. */
struct subject {
	const char *schema, *table,
		*part; /* part: a column or constraint; NULL: the thing itself */
};

static struct subject subject_of(const struct pk_action *a)
{
	struct subject s = { pk_action_schema(a), pk_action_table(a), NULL };

	if (a->sub == PK_VALIDATE) /* what is undone is the adding */
		return (struct subject){ NULL, NULL, NULL };
	if (a->sub == PK_ADD_CONSTRAINT || a->sub == PK_DROP_CONSTRAINT) {
		s.part = a->name;
	} else if (a->column) {
		s.part = a->column;
	} else if (pk_streq(a->object, "index") && a->name) {
		s = (struct subject){ a->schema, a->name,
				      NULL }; /* an index is dropped without its table's name */
	}
	return s;
}

static bool is_same(const struct subject *a, const struct subject *b, bool parts)
{
	bool schemas = !a->schema || !b->schema || strcmp(a->schema, b->schema) == 0;

	return a->table && b->table && schemas && strcmp(a->table, b->table) == 0 &&
	       (!parts || pk_streq(a->part, b->part));
}

/* The last part that has to do with the subject; n: none. */
static size_t find_part(const struct pk_fix_text *texts, size_t n, const struct subject *subject,
			bool parts)
{
	for (size_t i = n; i-- > 0;)
		for (size_t k = 0; k < texts[i].actions.n; k++) {
			const struct subject other = subject_of(&texts[i].actions.items[k]);
			if (is_same(subject, &other, parts))
				return i;
		}
	return n;
}

static size_t part_of(const struct pk_fix_text *texts, size_t n, const struct pk_fix_text *down,
		      size_t statement)
{
	for (int parts = 1; parts >= 0; parts--)
		for (size_t i = 0; i < down->actions.n; i++) {
			const struct pk_action *a = &down->actions.items[i];
			const struct subject subject = subject_of(a);
			size_t found = a->statement == statement
					       ? find_part(texts, n, &subject, parts)
					       : n;
			if (found < n)
				return found;
		}
	return 0;
}

static int read_texts(const struct pk_fix *fix, struct pk_fix_text *texts, struct pk_err *err)
{
	const struct pk_lint_options nothing = { .transaction = true };

	for (size_t i = 0; i < fix->n; i++)
		if (pk_fix_text_read(&texts[i], fix->parts[i].sql.ptr, "fix", &nothing, err) < 0)
			return -1;
	return 0;
}

static void hand_out(const struct pk_fix *fix, const struct pk_fix_text *texts,
		     const struct pk_fix_text *down, struct pk_buf *ret)
{
	size_t from = 0, semicolon;

	for (size_t i = 0; i < down->statements.n; i++) {
		size_t end = pk_fix_end_of_statement(down, i, &semicolon);
		pk_buf_addn(&ret[part_of(texts, fix->n, down, i)], down->sql + from, end - from);
		from = end;
	}
	pk_buf_add(&ret[0], down->sql + from);
}

int pk_fix_back(const struct pk_fix *fix, const char *sql, struct pk_buf *ret, struct pk_err *err)
{
	struct pk_fix_text *texts = pk_alloc((fix->n + 1) * sizeof(*texts)), *down = &texts[fix->n];
	const struct pk_lint_options nothing = { .transaction = true };
	int status = read_texts(fix, texts, err);

	if (status == 0)
		status = pk_fix_text_read(down, sql, "fix", &nothing, err);
	if (status == 0)
		hand_out(fix, texts, down, ret);
	for (size_t i = 0; i <= fix->n; i++)
		pk_fix_text_release(&texts[i]);
	free(texts);
	return status;
}
