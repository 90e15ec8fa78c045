#include "cmd/text_diff.h"

#include "base/strv.h"
#include "base/term.h"

#define CONTEXT 3
#define MOST_CELLS (16u * 1024 * 1024)

struct lines {
	const char **at;
	size_t *len;
	size_t n;
};

static void split(const char *text, struct lines *ret)
{
	size_t cap = 0;

	while (text && *text) {
		const char *end = strchr(text, '\n');

		if (ret->n == cap) {
			cap = cap ? 2 * cap : 64;
			ret->at = pk_realloc_array(ret->at, cap, sizeof(*ret->at));
			ret->len = pk_realloc_array(ret->len, cap, sizeof(*ret->len));
		}
		ret->at[ret->n] = text;
		ret->len[ret->n++] = end ? (size_t)(end - text) : strlen(text);
		text = end ? end + 1 : NULL;
	}
}

static void lines_free(struct lines *lines)
{
	free(lines->at);
	free(lines->len);
}

static bool same(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
	return a->len[i] == b->len[j] && memcmp(a->at[i], b->at[j], a->len[i]) == 0;
}

/*
 * The longest common subsequence by the plain table: texts of objects are short. table[i][j] is its
 * length for the lines from i and j on. NULL: too long for that.
 */
static uint32_t *common(const struct lines *a, const struct lines *b)
{
	size_t width = b->n + 1;
	uint32_t *table;

	if ((a->n + 1) * width > MOST_CELLS)
		return NULL;
	table = pk_alloc((a->n + 1) * width * sizeof(*table));
	for (size_t i = a->n; i-- > 0;)
		for (size_t j = b->n; j-- > 0;) {
			uint32_t down = table[(i + 1) * width + j], right = table[i * width + j + 1];

			if (same(a, i, b, j))
				table[i * width + j] = table[(i + 1) * width + j + 1] + 1;
			else
				table[i * width + j] = down > right ? down : right;
		}
	return table;
}

struct edit {
	char sign;
	const char *at;
	size_t len;
};

static size_t edits(const struct lines *a, const struct lines *b, struct edit *ret)
{
	uint32_t *table = common(a, b);
	size_t width = b->n + 1, i = 0, j = 0, n = 0;

	while (i < a->n || j < b->n) {
		if (table && i < a->n && j < b->n && same(a, i, b, j)) {
			ret[n++] = (struct edit){ ' ', a->at[i], a->len[i] };
			i++;
			j++;
		} else if (i < a->n && (j == b->n || !table ||
					table[(i + 1) * width + j] >= table[i * width + j + 1])) {
			ret[n++] = (struct edit){ '-', a->at[i], a->len[i] };
			i++;
		} else {
			ret[n++] = (struct edit){ '+', b->at[j], b->len[j] };
			j++;
		}
	}
	free(table);
	return n;
}

static bool near_change(const struct edit *list, size_t n, size_t i)
{
	size_t first = i > CONTEXT ? i - CONTEXT : 0, last = i + CONTEXT < n ? i + CONTEXT : n - 1;

	for (size_t k = first; k <= last; k++)
		if (list[k].sign != ' ')
			return true;
	return false;
}

void pk_text_diff(struct pk_buf *ret, const char *from, const char *to, bool color)
{
	struct lines a = { 0 }, b = { 0 };
	struct edit *list;
	size_t n;
	bool gap = false;

	split(from, &a);
	split(to, &b);
	list = pk_realloc_array(NULL, a.n + b.n + 1, sizeof(*list));
	n = edits(&a, &b, list);
	for (size_t i = 0; i < n; i++) {
		const char *paint = list[i].sign == '-' ? "\033[31m" : "\033[32m";
		bool painted = color && list[i].sign != ' ';

		if (!near_change(list, n, i)) {
			if (!gap)
				pk_buf_add(ret, "  ...\n");
			gap = true;
			continue;
		}
		gap = false;
		PK_FREE char *line = pk_strndup(list[i].at, list[i].len);
		pk_buf_addf(ret, "%s%c ", painted ? paint : "", list[i].sign);
		pk_buf_add_safe(ret, line, true);
		pk_buf_addf(ret, "%s\n", painted ? "\033[m" : "");
	}
	free(list);
	lines_free(&a);
	lines_free(&b);
}
