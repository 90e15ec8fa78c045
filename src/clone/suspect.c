#include "clone/suspect.h"

#include "base/text.h"
#include "clone/mask_facts.h"
#include "pg/sqlstate.h"

#include <ctype.h>
#include <strings.h>

#define SAMPLE	     1000 /* rows of a table */
#define JSON_SAMPLE  200
#define CHUNK	     200 /* columns a query */
#define TEXT_MAX     4000 /* characters of a value that are looked at */
#define LINE_MAX_KEY 63

static void release_one(struct pk_suspect *s)
{
	free(s->schema);
	free(s->name);
	free(s->column);
	free(s->why);
	free(s->expr);
}

void pk_suspects_release(struct pk_suspects *suspects)
{
	for (size_t i = 0; i < suspects->n; i++)
		release_one(&suspects->items[i]);
	free(suspects->items);
	pk_strv_release(&suspects->unread);
	*suspects = (struct pk_suspects)PK_SUSPECTS_INIT;
}

/* ---- names ---- */

/* Over names without case and without what stands between words. */
static const struct {
	const char *column, *table, *fake, *word;
} names[] = {
	{ "*email*", "*", "email", "an e-mail address" },
	{ "mail", "*", "email", "an e-mail address" },
	{ "*firstname", "*", "first_name", "a name" },
	{ "givenname", "*", "first_name", "a name" },
	{ "forename", "*", "first_name", "a name" },
	{ "middlename", "*", "first_name", "a name" },
	{ "*lastname", "*", "last_name", "a name" },
	{ "*surname", "*", "last_name", "a name" },
	{ "familyname", "*", "last_name", "a name" },
	{ "*fullname", "*", "name", "a name" },
	{ "displayname", "*", "name", "a name" },
	{ "realname", "*", "name", "a name" },
	{ "contactname", "*", "name", "a name" },
	{ "customername", "*", "name", "a name" },
	{ "cardholder*", "*", "name", "a name" },
	{ "name", "*user*", "name", "a name" },
	{ "name", "*customer*", "name", "a name" },
	{ "name", "*person*", "name", "a name" },
	{ "name", "*people*", "name", "a name" },
	{ "name", "*contact*", "name", "a name" },
	{ "name", "*employee*", "name", "a name" },
	{ "name", "*patient*", "name", "a name" },
	{ "username", "*", "username", "a login" },
	{ "login", "*", "username", "a login" },
	{ "nickname", "*", "username", "a login" },
	{ "*phone*", "*", "phone", "a phone number" },
	{ "mobile", "*", "phone", "a phone number" },
	{ "mobileno", "*", "phone", "a phone number" },
	{ "mobilenumber", "*", "phone", "a phone number" },
	{ "tel", "*", "phone", "a phone number" },
	{ "fax*", "*", "phone", "a phone number" },
	{ "*street*", "*", "street", "an address" },
	{ "addr", "*", "street", "an address" },
	{ "*ipaddress", "*", "ip", "a network address" },
	{ "*ipaddr", "*", "ip", "a network address" },
	{ "remoteip", "*", "ip", "a network address" },
	{ "clientip", "*", "ip", "a network address" },
	{ "lastip", "*", "ip", "a network address" },
	{ "*address*", "*", "street", "an address" },
	{ "zip", "*", "pattern", "an address" },
	{ "*zipcode", "*", "pattern", "an address" },
	{ "*postcode", "*", "pattern", "an address" },
	{ "*postalcode", "*", "pattern", "an address" },
	{ "ssn", "*", "pattern", "a number of a person" },
	{ "socialsecurity*", "*", "pattern", "a number of a person" },
	{ "taxid", "*", "pattern", "a number of a person" },
	{ "nationalid", "*", "pattern", "a number of a person" },
	{ "passport*", "*", "pattern", "a number of a person" },
	{ "iban*", "*", "pattern", "a number of an account" },
	{ "*cardnumber", "*", "pattern", "a number of an account" },
	{ "accountnumber", "*", "pattern", "a number of an account" },
	{ "dob", "*", "date", "a date of birth" },
	{ "*dateofbirth", "*", "date", "a date of birth" },
	{ "*birthdate", "*", "date", "a date of birth" },
	{ "*birthday", "*", "date", "a date of birth" },
	{ "birth*", "*", "date", "a date of birth" },
	{ "*password*", "*", "hash", "a secret" },
	{ "*passwd*", "*", "hash", "a secret" },
	{ "*secret", "*", "hash", "a secret" },
	{ "*token", "*", "hash", "a secret" },
	{ "*apikey", "*", "hash", "a secret" },
};

static char *bare(const char *name)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	for (; *name; name++)
		if (isalnum((unsigned char)*name) || (unsigned char)*name >= 0x80)
			pk_buf_addc(&out, (char)tolower((unsigned char)*name));
	return pk_buf_take(&out);
}

/* What a name alone says: the fake for it, and what it is taken for; NULL: nothing. */
static const char *suspect_name(const char *table, const char *column, const char **ret_word)
{
	PK_FREE char *c = bare(column), *t = bare(table);

	for (size_t i = 0; i < PK_COUNT(names); i++) {
		if (!pk_glob(names[i].column, c) || !pk_glob(names[i].table, t))
			continue;
		*ret_word = names[i].word;
		return names[i].fake;
	}
	return NULL;
}

/* ---- types ---- */

enum shape { OTHER, TEXT, DATE, JSON, ADDRESS, NUMBER, MANY };

/* Many: values that texts may be in, as those of arrays, rows, xml and tsvector. */
static enum shape shape_of(const struct pk_mask_column *c)
{
	static const struct {
		const char *type;
		enum shape shape;
	} shapes[] = {
		{ "date", DATE },      { "timestamp without time zone", DATE },
		{ "json", JSON },      { "timestamp with time zone", DATE },
		{ "jsonb", JSON },     { "inet", ADDRESS },
		{ "cidr", ADDRESS },   { "integer", NUMBER },
		{ "bigint", NUMBER },  { "numeric", NUMBER },
		{ "uuid", OTHER },     { "bytea", OTHER },
	};

	for (size_t i = 0; i < PK_COUNT(shapes); i++)
		if (strcmp(shapes[i].type, c->type) == 0)
			return shapes[i].shape;
	return c->category == 'S' ? TEXT : strchr("ACU", c->category) ? MANY : OTHER;
}

static void add(struct pk_suspects *to, const struct pk_mask_table *t, const struct pk_mask_column *c, char *why, char *expr)
{
	to->items = pk_realloc_array(to->items, to->n + 1, sizeof(*to->items));
	to->items[to->n++] = (struct pk_suspect){
		.table = t->oid,
		.schema = pk_strdup(t->schema),
		.name = pk_strdup(t->name),
		.column = pk_strdup(c->name),
		.why = why,
		.expr = expr,
	};
}

static char *fake_of(const char *fake, const char *column)
{
	PK_AUTO(pk_buf) expr = PK_BUF_INIT;

	pk_buf_addf(&expr, "fake.%s(", fake);
	pk_buf_add_ident(&expr, column);
	pk_buf_addc(&expr, ')');
	return pk_buf_take(&expr);
}

/* No fake goes into a part of it, so all of it is taken away. */
static char *emptied(const struct pk_mask_column *c, enum shape shape)
{
	PK_AUTO(pk_buf) expr = PK_BUF_INIT;

	if (shape != JSON && c->category != 'A')
		return pk_strdup(c->not_null ? "''" : "NULL");
	pk_buf_add(&expr, "CASE WHEN ");
	pk_buf_add_ident(&expr, c->name);
	pk_buf_add(&expr, " IS NOT NULL THEN '{}' END");
	return pk_buf_take(&expr);
}

/* Digits that stand for digits; as many as the type holds in any case. */
static char *digits_of(const struct pk_mask_column *c)
{
	const char *range = strcmp(c->type, "bigint") == 0 ? "100000000000, 999999999999" : "100000000, 999999999";
	PK_AUTO(pk_buf) expr = PK_BUF_INIT;

	pk_buf_add(&expr, "fake.number(");
	pk_buf_add_ident(&expr, c->name);
	pk_buf_addf(&expr, ", %s)", range);
	return pk_buf_take(&expr);
}

/* Of numbers most stand for something else: how many there are, or which row. */
static bool is_numbered(const char *fake, const char *column)
{
	PK_FREE char *c = bare(column);
	bool other = pk_ends_with(c, "count") || (pk_ends_with(c, "id") && strcmp(c, "taxid") != 0 && strcmp(c, "nationalid") != 0);

	return !other && (strcmp(fake, "phone") == 0 || strcmp(fake, "pattern") == 0);
}

/* A date is of birth by its name; of an address the type says enough. True: it was added. */
static bool by_name(struct pk_suspects *to, const struct pk_mask_table *t, const struct pk_mask_column *c, enum shape shape)
{
	const char *word = NULL, *fake = suspect_name(t->name, c->name, &word);
	bool date = fake && strcmp(fake, "date") == 0;

	if (shape == ADDRESS) {
		add(to, t, c, pk_printf("of type %s", c->type), fake_of("ip", c->name));
		return true;
	}
	if (!fake || (shape == DATE) != date || shape == OTHER || shape == JSON || (shape == MANY && c->category != 'A') ||
	    (shape == NUMBER && !is_numbered(fake, c->name)))
		return false;
	add(to, t, c, pk_printf("named as %s", word),
	    shape == MANY   ? emptied(c, shape) :
	    shape == NUMBER ? digits_of(c) :
			      fake_of(fake, c->name));
	return true;
}

/* ---- values ---- */

/* Of the values that are there, how many percent have to match. */
static const struct {
	const char *regex, *fake, *word;
	int least;
} looks[] = {
	{ "^[^@[:space:]]+@[^@[:space:]]+[.][[:alpha:]]{2,}$", "email", "e-mail addresses", 30 },
	{ "^[+(][0-9][0-9 ()./-]{6,18}$|^[0-9]{2,5}[ /-][0-9][0-9 /-]{4,14}$", "phone", "phone numbers", 30 },
	{ "^[0-9]{1,3}([.][0-9]{1,3}){3}$", "ip", "network addresses", 30 },
	{ "^[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}( ?[A-Z0-9]{4}){2,6}", "pattern", "account numbers", 30 },
	{ "[^@[:space:]]+@[^@[:space:]]+[.][[:alpha:]]{2,}", "text", "texts with e-mail addresses in them", 1 },
};

static void add_looks(struct pk_buf *sql, const char *value)
{
	pk_buf_addf(sql, "count(%s)", value);
	for (size_t i = 0; i < PK_COUNT(looks); i++) {
		pk_buf_addf(sql, ", count(*) FILTER (WHERE %s ~ ", value);
		pk_buf_add_literal(sql, looks[i].regex);
		pk_buf_addc(sql, ')');
	}
}

/* Index of what the counts of a row say, from column first on; -1: nothing. */
static int look_of(const struct pk_rows *rows, int row, int first)
{
	long all = atol(pk_rows_get(rows, row, first));

	for (size_t i = 0; i < PK_COUNT(looks); i++) {
		long hits = atol(pk_rows_get(rows, row, first + 1 + (int)i));

		if (hits > 0 && hits * 100 >= all * looks[i].least)
			return (int)i;
	}
	return -1;
}

static char *counted(const struct pk_rows *rows, int row, int first, int look)
{
	return pk_printf("%s of %s values are %s", pk_rows_get(rows, row, first + 1 + look), pk_rows_get(rows, row, first),
			 looks[look].word);
}

static void add_from(struct pk_buf *sql, const struct pk_mask_table *t, int limit)
{
	pk_buf_add(sql, " FROM ");
	pk_buf_add_qualified(sql, t->schema, t->name);
	pk_buf_addf(sql, " LIMIT %d", limit);
}

/* One table that is looked into. */
struct looking {
	struct pk_conn *source;
	const struct pk_mask_facts *facts;
	const struct pk_mask_table *t;
	struct pk_suspects *to; /* where what is found goes */
};

/* What the role may not read says nothing. ret_odd: there are values that cannot be read as what they are. */
static int ask(const struct looking *l, const char *sql, struct pk_rows *rows, bool *ret_odd, struct pk_err *err)
{
	struct pk_conn *source = l->source;
	struct pk_suspects *to = l->to;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	bool inside = pk_conn_tx(source) == PK_TX_ACTIVE;

	if (inside && pk_exec(source, "SAVEPOINT look", err) < 0)
		return -1;
	if (pk_query(source, sql, 0, NULL, rows, &why) == 0)
		return 0;
	if (inside && pk_exec(source, "ROLLBACK TO look", err) < 0)
		return -1;
	*ret_odd = strcmp(why.sqlstate, PK_SQLSTATE_INSUFFICIENT_PRIVILEGE) != 0;
	if (why.sqlstate[0] && strcmp(why.sqlstate, PK_SQLSTATE_QUERY_CANCELED) != 0 && pk_conn_alive(source)) {
		if (!*ret_odd && !pk_strv_has(&to->unread, l->t->names.items[0]))
			pk_strv_push(&to->unread, l->t->names.items[0]);
		pk_rows_none(rows);
		return 0;
	}
	return pk_err_move(err, &why);
}

static void add_unread(const struct looking *l, const struct pk_mask_column *c)
{
	add(l->to, l->t, c, pk_strdup("values in it cannot be read to look into them"), emptied(c, shape_of(c)));
}

static int by_value(const struct looking *l, const struct pk_mask_column *const *columns, size_t n, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	bool odd = false;

	pk_buf_add(&sql, "SELECT ");
	for (size_t i = 0; i < n; i++) {
		PK_FREE char *value = pk_printf("c%zu", i);

		pk_buf_add(&sql, i ? ", " : "");
		add_looks(&sql, value);
	}
	pk_buf_add(&sql, " FROM (SELECT ");
	for (size_t i = 0; i < n; i++) {
		pk_buf_add(&sql, i ? ", left(" : "left(");
		pk_buf_add_ident(&sql, columns[i]->name);
		pk_buf_addf(&sql, "::text, %d) AS c%zu", TEXT_MAX, i);
	}
	add_from(&sql, l->t, SAMPLE);
	pk_buf_add(&sql, ") AS sample");
	if (ask(l, sql.ptr, &rows, &odd, err) < 0)
		return -1;
	for (size_t i = 0; i < n && odd; i++)
		add_unread(l, columns[i]);
	for (size_t i = 0; i < n && rows.n; i++) {
		int first = (int)(i * (PK_COUNT(looks) + 1)), look = look_of(&rows, 0, first);

		if (look >= 0)
			add(l->to, l->t, columns[i], counted(&rows, 0, first, look),
			    shape_of(columns[i]) == MANY ? emptied(columns[i], MANY) : fake_of(looks[look].fake, columns[i]->name));
	}
	return 0;
}

/* ---- in JSON ---- */

/* A key that is no plain word may be a value itself: it is looked at as one, and what is below it has no path. */
static const char json_sql[] =
	"UNION ALL SELECT x.path, x.name, x.v, r.depth + 1 FROM r, LATERAL ("
	"SELECT CASE WHEN e.plain THEN concat(nullif(r.path, '') || '.', e.key) END AS path, CASE WHEN e.plain THEN e.key END AS name, "
	"e.value AS v FROM (SELECT key, value, r.path IS NOT NULL AND key ~ '^[A-Za-z_][A-Za-z0-9_-]{0,40}$' AS plain "
	"FROM jsonb_each(CASE WHEN jsonb_typeof(r.v) = 'object' THEN r.v ELSE '{}' END)) e "
	"UNION ALL SELECT NULL, NULL, to_jsonb(k) "
	"FROM jsonb_object_keys(CASE WHEN jsonb_typeof(r.v) = 'object' THEN r.v ELSE '{}' END) k WHERE k ~ '@' "
	"UNION ALL SELECT r.path || '[*]', r.name, a "
	"FROM jsonb_array_elements(CASE WHEN jsonb_typeof(r.v) = 'array' THEN r.v ELSE '[]' END) a) x WHERE r.depth < 12) "
	"SELECT path, name, ";

/* Counts of what stands in a place say it is personal: what to replace there. Empty path: in no place that has a name. */
static void judge_path(const struct pk_rows *rows, int row, const struct pk_mask_column *c, struct pk_buf *expr, struct pk_buf *why,
		       bool *ret_nowhere)
{
	const char *path = pk_rows_get(rows, row, 0), *word = NULL, *fake = NULL;
	PK_FREE char *around = pk_printf("%s.%s", c->name, path ? path : "");
	int look = look_of(rows, row, 2);

	if (path && pk_rows_get(rows, row, 1))
		fake = suspect_name(around, pk_rows_get(rows, row, 1), &word);
	if (!fake && look < 0)
		return;
	*ret_nowhere = *ret_nowhere || !path;
	pk_buf_addf(expr, ", '%s', '%s'", path ? path : "", fake ? fake : looks[look].fake);
	pk_buf_addf(why, "%s%s %s %s", why->len ? "; " : "", path ? path : "what has no plain word for its key",
		    fake ? "is named as" : "holds", fake ? word : looks[look].word);
}

static int by_path(const struct looking *l, const struct pk_mask_column *c, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT, expr = PK_BUF_INIT, why = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	bool nowhere = false, odd = false;

	pk_buf_add(&sql, "WITH RECURSIVE s AS (SELECT ");
	pk_buf_add_ident(&sql, c->name);
	pk_buf_add(&sql, "::jsonb AS v");
	add_from(&sql, l->t, JSON_SAMPLE);
	pk_buf_add(&sql, "), r (path, name, v, depth) AS (SELECT '', '', v, 0 FROM s ");
	pk_buf_add(&sql, json_sql);
	add_looks(&sql, "left(v #>> '{}', 4000)");
	pk_buf_add(&sql, " FROM r WHERE jsonb_typeof(v) = 'string' GROUP BY path, name ORDER BY path");
	if (ask(l, sql.ptr, &rows, &odd, err) < 0)
		return -1;
	if (odd)
		add_unread(l, c);
	for (int i = 0; i < rows.n; i++)
		judge_path(&rows, i, c, &expr, &why, &nowhere);
	if (!expr.len)
		return 0;
	PK_AUTO(pk_buf) call = PK_BUF_INIT;
	pk_buf_add(&call, "fake.json(");
	pk_buf_add_ident(&call, c->name);
	pk_buf_addf(&call, "%s)", expr.ptr);
	add(l->to, l->t, c, pk_buf_take(&why), nowhere ? emptied(c, JSON) : pk_buf_take(&call));
	return 0;
}

/* ---- all of them ---- */

/* Looked at where it comes from: a partition has no other columns, an heir may have. */
static bool is_inherited(const struct pk_mask_facts *facts, size_t column)
{
	for (size_t i = 0; i < facts->n_same; i++)
		if (facts->same[i].from == column)
			return true;
	return false;
}

static int look_at(const struct looking *l, struct pk_err *err)
{
	const struct pk_mask_facts *facts = l->facts;
	const struct pk_mask_table *t = l->t;
	const struct pk_mask_column *texts[CHUNK];
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct pk_mask_column *c = &facts->columns[t->first + i];
		enum shape shape = shape_of(c);

		if (c->generated || (t->names.n > 1 && is_inherited(facts, t->first + i)) || by_name(l->to, t, c, shape))
			continue;
		if (shape == JSON && by_path(l, c, err) < 0)
			return -1;
		if (shape == TEXT || shape == MANY)
			texts[n++] = c;
		if (n == CHUNK && by_value(l, texts, n, err) < 0)
			return -1;
		n %= CHUNK;
	}
	return n ? by_value(l, texts, n, err) : 0;
}

static int by_place(const void *a, const void *b)
{
	const struct pk_suspect *x = a, *y = b;
	int order = strcmp(x->schema, y->schema);

	order = order ? order : strcmp(x->name, y->name);
	return order ? order : strcmp(x->column, y->column);
}

int pk_suspects_find(struct pk_conn *source, struct pk_suspects *ret, struct pk_err *err)
{
	PK_AUTO(pk_mask_facts) facts = PK_MASK_FACTS_INIT;

	if (pk_conn_tx(source) == PK_TX_IDLE && pk_exec(source, "SET default_transaction_read_only = on", err) < 0)
		return -1;
	if (pk_mask_facts_read(source, &facts, err) < 0)
		return -1;
	for (size_t i = 0; i < facts.n_tables; i++)
		if (look_at(&(struct looking){ source, &facts, &facts.tables[i], ret }, err) < 0)
			return -1;
	if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_place);
	return 0;
}

/* What a partitioned table is masked as, its partitions are, which alone have rows. */
static bool is_said(const struct pk_suspect *s, const struct pk_masked_columns *masked)
{
	for (size_t i = 0; i < masked->n; i++)
		if (strcmp(masked->items[i].column, s->column) == 0 &&
		    (masked->items[i].table == s->table || masked->items[i].root == s->table))
			return true;
	return false;
}

void pk_suspects_without(struct pk_suspects *suspects, const struct pk_masked_columns *masked)
{
	size_t left = 0;

	for (size_t i = 0; i < suspects->n; i++) {
		if (is_said(&suspects->items[i], masked))
			release_one(&suspects->items[i]);
		else
			suspects->items[left++] = suspects->items[i];
	}
	suspects->n = left;
}

/* ---- as settings ---- */

/* In quotes where git wants them, or where a pattern of the shell would be read. */
static void add_quoted(struct pk_buf *out, const char *text, bool pattern)
{
	for (; *text; text++) {
		if (pattern && strchr("*?[\\", *text))
			pk_buf_add(out, "\\\\");
		if (*text == '"' || *text == '\\')
			pk_buf_addc(out, '\\');
		pk_buf_addc(out, *text);
	}
}

static bool is_key(const char *column)
{
	if (!isalpha((unsigned char)*column) || strlen(column) > LINE_MAX_KEY)
		return false;
	for (; *column; column++)
		if ((unsigned char)*column >= 0x80 || (!isalnum((unsigned char)*column) && *column != '_'))
			return false;
	return true;
}

static void add_head(struct pk_buf *out, const struct pk_suspect *s, bool column)
{
	pk_buf_add(out, "[mask \"");
	add_quoted(out, s->schema, true);
	pk_buf_addc(out, '.');
	add_quoted(out, s->name, true);
	if (column) {
		pk_buf_addc(out, '.');
		add_quoted(out, s->column, true);
	}
	pk_buf_add(out, "\"]\n");
}

void pk_suspects_settings(const struct pk_suspects *suspects, struct pk_buf *ret)
{
	const struct pk_suspect *headed = NULL;

	for (size_t i = 0; i < suspects->n; i++) {
		const struct pk_suspect *s = &suspects->items[i];
		bool key = is_key(s->column);

		if (!key || !headed || headed->table != s->table)
			add_head(ret, s, !key);
		headed = key ? s : NULL;
		pk_buf_addf(ret, "\t# %s\n\t", s->why);
		for (const char *p = s->column; key && *p; p++)
			pk_buf_addc(ret, *p == '_' ? '-' : (char)tolower((unsigned char)*p));
		pk_buf_add(ret, key ? " = " : "with = ");
		pk_buf_add(ret, strpbrk(s->expr, "\"\\;#") ? "\"" : "");
		add_quoted(ret, s->expr, false);
		pk_buf_add(ret, strpbrk(s->expr, "\"\\;#") ? "\"\n" : "\n");
	}
}
