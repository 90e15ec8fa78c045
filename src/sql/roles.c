/* Names of roles, by tokens: DO bodies and what the grammar refuses count too. */
#include "base/strv.h"
#include "sql/action.h"
#include "sql/scan.h"
#include <ctype.h>
#include <strings.h>

struct roles {
	const char *text;
	struct pk_token *tokens;
	size_t n, cap;
	struct pk_strv *out;
};

static void roles_text(const char *text, struct pk_strv *ret, int depth);

static bool word(const struct roles *r, size_t i, const char *w)
{
	return i < r->n && pk_token_is(r->text, &r->tokens[i], w);
}

static bool punct(const struct roles *r, size_t i, char c)
{
	return i < r->n && pk_token_char(r->text, &r->tokens[i], c);
}

/* Words that stand where a role may, and pg_* which every server has. */
static bool is_reserved(const char *name)
{
	static const char *const words[] = {
		"public", "current_user", "current_role", "session_user", "none", "default", "if"
	};

	for (size_t i = 0; i < PK_COUNT(words); i++)
		if (strcmp(name, words[i]) == 0)
			return true;
	return pk_starts_with(name, "pg_") || *name == '\0';
}

static void add_role(struct roles *r, size_t i)
{
	if (i >= r->n)
		return;
	PK_FREE char *name = pk_token_name(r->text, &r->tokens[i]);
	bool keyword = r->tokens[i].kind == PK_TOKEN_WORD;
	if (name && !(keyword && is_reserved(name)) && !pk_starts_with(name, "pg_") &&
	    !pk_strv_has(r->out, name))
		pk_strv_push(r->out, name);
}

/* "name, name, GROUP name"; returns the index behind. */
static size_t add_list(struct roles *r, size_t i)
{
	for (;;) {
		if (word(r, i, "group"))
			i++;
		add_role(r, i++);
		if (!punct(r, i, ','))
			return i;
		i++;
	}
}

static size_t find(const struct roles *r, size_t i, const char *w, const char *stop)
{
	for (; i < r->n && !punct(r, i, ';'); i++) {
		if (word(r, i, w))
			return i;
		if (stop && word(r, i, stop))
			break;
	}
	return 0;
}

/* GRANT privileges ON ... TO roles; GRANT roles TO roles. i: at GRANT or REVOKE */
static void add_grant(struct roles *r, size_t i)
{
	const char *to = word(r, i, "grant") ? "to" : "from";
	size_t on = find(r, i + 1, "on", to), at = find(r, on ? on : i + 1, to, NULL);

	if (!at)
		return;
	if (!on) {
		size_t first = i + 1;
		while ((word(r, first, "admin") || word(r, first, "grant")) &&
		       word(r, first + 1, "option"))
			first += word(r, first + 2, "for") ? 3 : 2;
		/* GRANT SELECT, INSERT without ON is ALTER DEFAULT PRIVILEGES in another order: always with ON */
		add_list(r, first);
	}
	add_list(r, at + 1);
}

static void add_at(struct roles *r, size_t i)
{
	bool create = word(r, i, "create"), alter = word(r, i, "alter");

	if ((create || alter) &&
	    (word(r, i + 1, "role") || word(r, i + 1, "user") || word(r, i + 1, "group"))) {
		if (!word(r, i + 2, "mapping") && !word(r, i + 2, "all"))
			add_role(r, i + 2);
		else if (word(r, i + 2, "mapping") && word(r, i + 3, "for"))
			add_role(r, i + 4);
	} else if ((create || alter) && word(r, i + 1, "policy")) {
		size_t to = find(r, i + 3, "to", "using");
		if (to && !word(r, to - 1, "rename"))
			add_list(r, to + 1);
	} else if (word(r, i, "owner") && word(r, i + 1, "to")) {
		add_role(r, i + 2);
	} else if ((word(r, i, "grant") || word(r, i, "revoke")) && !word(r, i + 1, "option")) {
		add_grant(r, i);
	} else if (word(r, i, "authorization")) {
		add_role(r, i + 1);
	} else if (word(r, i, "for") && (word(r, i + 1, "role") || word(r, i + 1, "user")) &&
		   i >= 3 && word(r, i - 1, "privileges")) {
		add_list(r, i + 2);
	} else if (word(r, i, "set") && word(r, i + 1, "role")) {
		add_role(r, word(r, i + 2, "to") ? i + 3 : i + 2);
	}
}

static void roles_text(const char *text, struct pk_strv *ret, int depth)
{
	struct roles r = { .text = text, .out = ret };
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, text, strlen(text));
	while (pk_scan_code(&scan, &token)) {
		if (r.n == r.cap) {
			r.cap = r.cap ? 2 * r.cap : 64;
			r.tokens = pk_realloc_array(r.tokens, r.cap, sizeof(*r.tokens));
		}
		r.tokens[r.n++] = token;
	}
	bool nested = depth > 0 || word(&r, 0, "do");
	for (size_t i = 0; i < r.n; i++) {
		add_at(&r, i);
		PK_FREE char *string =
			nested && depth < 3 ? pk_token_string(text, &r.tokens[i]) : NULL;
		if (string)
			roles_text(string, ret, depth + 1);
	}
	free(r.tokens);
}

bool pk_sql_may_name_roles(const char *text)
{
	/* One of these stands wherever add_at() finds a role. */
	static const char *const words[] = { "role", "user", "group", "policy", "owner", "grant", "revoke", "authorization" };

	for (const char *p = text; *p; p++) {
		if (!strchr("\\RUGPOArugpoa", *p))
			continue; /* none begins so */
		if (*p == '\\')
			return true; /* in a string it may stand for any letter */
		if (p > text && isalnum((unsigned char)p[-1]))
			continue; /* within a word */
		for (size_t i = 0; i < PK_COUNT(words); i++)
			if (strncasecmp(p, words[i], strlen(words[i])) == 0)
				return true;
	}
	return false;
}

void pk_sql_roles(const struct pk_statements *statements, struct pk_strv *ret)
{
	for (size_t i = 0; i < statements->n; i++)
		roles_text(statements->items[i].text, ret, 0);
}
