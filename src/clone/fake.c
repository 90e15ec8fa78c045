#include "clone/fake.h"

#include "base/text.h"

#include <ctype.h>

#define HASH_ROOM 16 /* hexadecimal digits that are as good as unique */
#define BLOCK	  64 /* of SHA-256, for the pads of HMAC */

/* Eight letters at most. */
#define FIRST_NAMES                                                                                                   \
	"{Ada,Alan,Amara,Anita,Anton,Beata,Boris,Carla,Cem,Chen,Clara,Dario,Deepa,Dmitri,Edith,Elif,Emeka,Emil,Erika," \
	"Farah,Felix,Fiona,Gita,Grace,Hana,Henri,Hugo,Ines,Ivan,Jamal,Jana,Jonas,Kaito,Karin,Kofi,Lars,Leila,Lena," \
	"Linus,Maja,Marco,Mei,Mira,Nadia,Nils,Nora,Olga,Omar,Oscar,Paula,Petra,Priya,Rosa,Samir,Selma,Sofia,Sven," \
	"Tara,Theo,Uma,Vera,Wanda,Yusuf,Zoe}"
#define LAST_NAMES                                                                                                    \
	"{Abebe,Adler,Amsel,Baker,Berg,Blum,Brandt,Castro,Chanda,Cohen,Costa,Dahl,Diaz,Dubois,Eklund,Fabre,Falk,Fischer," \
	"Garcia,Gupta,Haas,Hansen,Hoshi,Ivanov,Jansen,Kaya,Keller,Kim,Klein,Kovacs,Kruger,Larsen,Leroy,Lindt,Lopez," \
	"Marek,Mendes,Moreau,Nagy,Nakata,Novak,Okafor,Olsen,Ortiz,Park,Petrov,Quist,Ramos,Reyes,Rossi,Sato,Schulz," \
	"Silva,Singh,Svensson,Tanaka,Torres,Ueda,Vargas,Vogel,Wagner,Wolf,Yilmaz,Zeman}"
#define CITIES                                                                                                        \
	"{Ashford,Birkdale,Calder,Dunmore,Eastvale,Fairview,Glenwood,Hartwell,Ivydale,Kingsley,Lakeside,Midvale," \
	"Northgate,Oakdale,Pinehill,Redbrook}"
#define STREETS                                                                                                       \
	"{Acacia,Birch,Canal,Cedar,Church,Elm,Garden,High,Lake,Maple,Mill,Oak,Park,River,Station,Willow}"
#define WORDS                                                                                                         \
	"lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore " \
	"magna aliqua enim ad minim veniam quis nostrud exercitation "

/* $f: the row of the value x, of its text v and of its hash h. */
#define PICK(list, n, at) "('" list "'::text[])[1 + (get_byte($f.h, " #at ") * 256 + get_byte($f.h, " #at " + 1)) % " #n "]"
#define FIRST		  PICK(FIRST_NAMES, 64, 0)
#define LAST		  PICK(LAST_NAMES, 64, 2)
#define HEX		  "encode($f.h, 'hex')"
#define NUMBER(digits)	  "(('x' || substr(" HEX ", 17, 15))::bit(60)::int8 % 1" digits ")"

struct value {
	const char *name, *sql;
	int length; /* characters, at most; 0: that of the value */
};

/* What can be cut to length, and told apart by a hash behind it. */
static const struct value words[] = {
	{ "city", PICK(CITIES, 16, 4), 9 },
	{ "company", LAST " || ' & ' || " PICK(LAST_NAMES, 64, 4), 19 },
	{ "first_name", FIRST, 8 },
	{ "last_name", LAST, 8 },
	{ "name", FIRST " || ' ' || " LAST, 17 },
	{ "street", "(1 + get_byte($f.h, 6) % 99)::text || ' ' || " PICK(STREETS, 16, 4) " || ' Street'", 17 },
};

/* What is as long as it is, and as often the same as it is. */
static const struct value others[] = {
	{ "date", "$f.x + make_interval(days => (get_byte($f.h, 0) * 256 + get_byte($f.h, 1)) % 365 - 182)", 0 },
	{ "ip", "('198.' || 18 + get_byte($f.h, 0) % 2 || '.' || get_byte($f.h, 1) || '.' || get_byte($f.h, 2))::inet", 15 },
	{ "text",
	  "left(repeat(substr('" WORDS WORDS "', 1 + get_byte($f.h, 0) % 170, 170), length($f.v) / 170 + 1), length($f.v))",
	  0 },
	{ "uuid", "substr(" HEX ", 1, 32)::uuid", 36 },
};

bool pk_fake_key_valid(const char *key)
{
	return key && strlen(key) == PK_FAKE_KEY_DIGITS && strspn(key, "0123456789abcdef") == PK_FAKE_KEY_DIGITS;
}

/* The key, filled up with zeros and xored, as a literal. */
static void add_pad(struct pk_buf *out, const char *key, unsigned pad)
{
	pk_buf_add(out, "'\\x");
	for (size_t i = 0; i < BLOCK; i++) {
		unsigned byte = 0;

		if (i * 2 < PK_FAKE_KEY_DIGITS)
			sscanf(key + i * 2, "%2x", &byte);
		pk_buf_addf(out, "%02x", byte ^ pad);
	}
	pk_buf_add(out, "'::bytea");
}

/* textsend(): the bytes in UTF-8, whatever the encoding of the database is. */
static void add_hmac(struct pk_buf *out, const char *key, const char *kind, const char *value)
{
	enum { INNER = 0x36, OUTER = 0x5c };

	pk_buf_add(out, "sha256(");
	add_pad(out, key, OUTER);
	pk_buf_add(out, " || sha256(");
	add_pad(out, key, INNER);
	pk_buf_addf(out, " || textsend('%s:' || %s)))", kind, value);
}

/* The template with its marks filled in: $f the row, $l a length. */
static void add_filled(struct pk_buf *out, const char *sql, const char *row, int length)
{
	for (const char *p = sql; *p; p++) {
		if (pk_starts_with(p, "$f")) {
			pk_buf_add(out, row);
			p++;
		} else if (pk_starts_with(p, "$l")) {
			pk_buf_addf(out, "%d", length);
			p++;
		} else {
			pk_buf_addc(out, *p);
		}
	}
}

/*
 * sql: over a row of the value x, its text v and its hash h, each computed once. The value stands where no name of
 * ours can hide a column.
 */
static void add_over(struct pk_fakes *fakes, const char *kind, const char *sql, const char *value, int length,
		     struct pk_buf *ret)
{
	int depth = ++fakes->depth;
	PK_FREE char *row = pk_printf("f%d", depth);

	pk_buf_add(ret, "(SELECT ");
	add_filled(ret, sql, row, length);
	pk_buf_add(ret, " FROM (SELECT x, v, ");
	add_hmac(ret, fakes->key, kind, fakes->folds ? "lower(v)" : "v");
	pk_buf_addf(ret, " AS h FROM (SELECT x, x::text AS v FROM (SELECT %s AS x OFFSET 0) AS e%d OFFSET 0) AS g%d OFFSET 0) AS %s)",
		    value, depth, depth, row);
}

static int too_short(const struct pk_fakes *fakes, const char *name, int needs, struct pk_err *err)
{
	pk_err_set(err, "fake.%s() needs %d characters%s, the column holds %d", name, needs,
		   fakes->unique == PK_FAKE_UNIQUE_NEEDED ? " to be unique" : "", fakes->length);
	return pk_err_hint(err, "fake.hash() and fake.pattern() take less; an expression of your own may, too");
}

static bool holds(const struct pk_fakes *fakes, int length)
{
	return !fakes->length || fakes->length >= length;
}

/* ---- kinds ---- */

static int email(struct pk_fakes *fakes, const char *value, struct pk_buf *ret, struct pk_err *err)
{
	static const char whole[] = "lower(" FIRST " || '.' || " LAST ") || '.' || substr(" HEX ", 1, 16) || '@example.com'";
	enum { WHOLE = 46, PLAIN = 28, SHORT = 23, HASH_MAX = 32 };

	if (holds(fakes, WHOLE))
		add_over(fakes, "email", whole, value, 0, ret);
	else if (holds(fakes, PLAIN))
		add_over(fakes, "email", "substr(" HEX ", 1, $l) || '@example.com'", value,
			 fakes->length - 12 < HASH_MAX ? fakes->length - 12 : HASH_MAX, ret);
	else if (holds(fakes, SHORT))
		add_over(fakes, "email", "substr(" HEX ", 1, 16) || '@e.test'", value, 0, ret);
	else
		return too_short(fakes, "email", SHORT, err);
	return 0;
}

/* No country's code begins with 0, and +1 555 is nobody's. */
static int phone(struct pk_fakes *fakes, const char *value, struct pk_buf *ret, struct pk_err *err)
{
	enum { UNIQUE = 16, PLAIN = 12 };
	bool unique = fakes->unique && holds(fakes, UNIQUE);

	if (fakes->unique == PK_FAKE_UNIQUE_NEEDED && !unique)
		return too_short(fakes, "phone", UNIQUE, err);
	if (unique)
		add_over(fakes, "phone", "'+0' || lpad(" NUMBER("00000000000000") "::text, 14, '0')", value, 0, ret);
	else
		add_over(fakes, "phone", "left('+1555' || lpad(" NUMBER("0000000") "::text, 7, '0'), $l)", value,
			 holds(fakes, PLAIN) ? PLAIN : fakes->length, ret);
	return 0;
}

static int hash(struct pk_fakes *fakes, const char *value, struct pk_buf *ret, struct pk_err *err)
{
	enum { ALL = 64 };

	if (fakes->unique == PK_FAKE_UNIQUE_NEEDED && !holds(fakes, HASH_ROOM))
		return too_short(fakes, "hash", HASH_ROOM, err);
	add_over(fakes, "hash", "substr(" HEX ", 1, $l)", value, holds(fakes, ALL) ? ALL : fakes->length, ret);
	return 0;
}

static int username(struct pk_fakes *fakes, const char *value, struct pk_buf *ret, struct pk_err *err)
{
	enum { ALL = 25 };

	if (!holds(fakes, ALL))
		return hash(fakes, value, ret, err);
	add_over(fakes, "username", "lower(" FIRST ") || '_' || substr(" HEX ", 1, 16)", value, 0, ret);
	return 0;
}

/* Digits for digits, letters for letters; the rest stays, so that what has a form keeps it. */
static int pattern(struct pk_fakes *fakes, const char *value, struct pk_buf *ret, struct pk_err *err)
{
	(void)err;
	add_over(fakes, "pattern",
		 "(SELECT coalesce(string_agg(CASE WHEN c ~ '[0-9]' THEN chr(48 + b % 10) WHEN c ~ '[A-Z]' THEN "
		 "chr(65 + b % 26) WHEN c ~ '[[:alpha:]]' THEN chr(97 + b % 26) ELSE c END, '' ORDER BY i), '') FROM (SELECT "
		 "substr($f.v, i, 1) AS c, i, get_byte($f.h, (i - 1) % 32) + i / 32 AS b FROM "
		 "generate_series(1, length($f.v)) AS i) AS p WHERE $f.v IS NOT NULL HAVING $f.v IS NOT NULL)",
		 value, 0, ret);
	return 0;
}

/* A whole number, of no more than what the hash has digits for. */
static bool bound(const char *text, long *ret)
{
	static const long MOST = 1000000000000;
	char *end;

	*ret = strtol(text, &end, 10);
	return end != text && !*end && *ret <= MOST && *ret >= -MOST;
}

static int number(struct pk_fakes *fakes, const struct pk_strv *args, const struct pk_strv *constants,
		  struct pk_buf *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	long low, high;

	if (args->n != 3 || !bound(constants->items[1], &low) || !bound(constants->items[2], &high) || high < low)
		return pk_err_set(err, "fake.number() takes a value, then the least and the greatest number as constants, "
				       "whole ones of no more than 10^12");
	pk_buf_addf(&sql, "%ld + ", low);
	pk_buf_add(&sql, NUMBER("000000000000000"));
	pk_buf_addf(&sql, " %% %ld", high - low + 1);
	add_over(fakes, "number", sql.ptr, args->items[0], 0, ret);
	return 0;
}

/* ---- by name ---- */

static int add_word(struct pk_fakes *fakes, const struct value *word, const char *value, struct pk_buf *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (fakes->unique && holds(fakes, word->length + 1 + HASH_ROOM))
		pk_buf_addf(&text, "%s || ' ' || substr(" HEX ", 1, 16)", word->sql);
	else if (fakes->unique == PK_FAKE_UNIQUE_NEEDED)
		return hash(fakes, value, ret, err);
	else if (holds(fakes, word->length))
		pk_buf_add(&text, word->sql);
	else
		pk_buf_addf(&text, "left(%s, $l)", word->sql);
	add_over(fakes, word->name, text.ptr, value, fakes->length, ret);
	return 0;
}

static const struct {
	const char *name;
	int (*add)(struct pk_fakes *fakes, const char *value, struct pk_buf *ret, struct pk_err *err);
} kinds[] = {
	{ "email", email }, { "hash", hash }, { "pattern", pattern }, { "phone", phone }, { "username", username },
};

static int add_other(struct pk_fakes *fakes, const struct value *other, const char *value, struct pk_buf *ret, struct pk_err *err)
{
	if (fakes->unique == PK_FAKE_UNIQUE_NEEDED && strcmp(other->name, "uuid") != 0) {
		pk_err_set(err, "fake.%s() gives several values the same fake, but the column is unique", other->name);
		return pk_err_hint(err, "fake.hash() and fake.uuid() keep values apart");
	}
	if (!holds(fakes, other->length))
		return too_short(fakes, other->name, other->length, err);
	add_over(fakes, other->name, other->sql, value, 0, ret);
	return 0;
}

static int simple(struct pk_fakes *fakes, const char *name, const char *value, struct pk_buf *ret, struct pk_err *err)
{
	for (size_t i = 0; i < PK_COUNT(words); i++)
		if (strcmp(words[i].name, name) == 0)
			return add_word(fakes, &words[i], value, ret, err);
	for (size_t i = 0; i < PK_COUNT(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].add(fakes, value, ret, err);
	for (size_t i = 0; i < PK_COUNT(others); i++)
		if (strcmp(others[i].name, name) == 0)
			return add_other(fakes, &others[i], value, ret, err);
	pk_err_set(err, "there is no fake.%s()", name);
	return pk_err_hint(err, "there are city, company, date, email, first_name, hash, ip, json, last_name, name, number, "
				"pattern, phone, street, text, username and uuid");
}

/* ---- in JSON ---- */

static void add_key(struct pk_buf *out, const char *key, size_t n)
{
	pk_buf_add(out, "'");
	for (size_t i = 0; i < n; i++) {
		if (key[i] == '\'')
			pk_buf_addc(out, '\'');
		pk_buf_addc(out, key[i]);
	}
	pk_buf_add(out, "'::text");
}

/* value with what stands at path replaced; each level is a subquery, so that a value is computed once. */
static int at_path(struct pk_fakes *fakes, const char *path, const char *kind, const char *value, struct pk_buf *ret,
		   struct pk_err *err)
{
	PK_FREE char *row = pk_printf("j%d", ++fakes->depth), *v = pk_printf("%s.v", row);
	PK_AUTO(pk_buf) inner = PK_BUF_INIT;
	size_t n = strcspn(path, ".[");

	pk_buf_addf(ret, "(SELECT CASE WHEN %s IS NULL OR jsonb_typeof(%s) = 'null' THEN %s ", v, v, v);
	if (!*path) {
		PK_FREE char *text = pk_printf("%s #>> '{}'", v);

		if (simple(fakes, kind, text, &inner, err) < 0)
			return -1;
		pk_buf_addf(ret, "ELSE to_jsonb(%s)", inner.ptr);
	} else if (pk_starts_with(path, "[*]")) {
		PK_FREE char *element = pk_printf("%s_e.v", row);

		if (at_path(fakes, path + 3 + (path[3] == '.'), kind, element, &inner, err) < 0)
			return -1;
		pk_buf_addf(ret,
			    "WHEN jsonb_typeof(%s) = 'array' THEN (SELECT coalesce(jsonb_agg(%s ORDER BY %s_e.i), '[]') FROM "
			    "jsonb_array_elements(%s) WITH ORDINALITY AS %s_e(v, i)) ELSE %s",
			    v, inner.ptr, row, v, row, v);
	} else if (n == 0) {
		return pk_err_set(err, "fake.json() takes paths such as 'contact.email' and 'phones[*].number'");
	} else {
		PK_AUTO(pk_buf) key = PK_BUF_INIT, member = PK_BUF_INIT;

		add_key(&key, path, n);
		pk_buf_addf(&member, "%s -> %s", v, key.ptr);
		if (at_path(fakes, path + n + (path[n] == '.'), kind, member.ptr, &inner, err) < 0)
			return -1;
		pk_buf_addf(ret,
			    "WHEN jsonb_typeof(%s) = 'object' AND %s ? %s THEN jsonb_set(%s, ARRAY[%s], %s) ELSE %s",
			    v, v, key.ptr, v, key.ptr, inner.ptr, v);
	}
	pk_buf_addf(ret, " END FROM (SELECT (%s)::jsonb AS v OFFSET 0) AS %s)", value, row);
	return 0;
}

static int json(const struct pk_fakes *fakes, const struct pk_strv *args, const struct pk_strv *constants,
		struct pk_buf *ret, struct pk_err *err)
{
	struct pk_fakes inside = { .key = fakes->key, .depth = fakes->depth };
	PK_FREE char *value = pk_strdup(args->items[0]);

	if (args->n < 3 || args->n % 2 == 0)
		return pk_err_set(err, "fake.json() takes a value, then paths, each with what its values are: "
				       "fake.json(data, 'contact.email', 'email')");
	for (size_t i = 1; i + 1 < args->n; i += 2) {
		PK_AUTO(pk_buf) out = PK_BUF_INIT;

		if (!*constants->items[i] || at_path(&inside, constants->items[i], constants->items[i + 1], value, &out, err) < 0)
			return *constants->items[i] ? -1 : pk_err_set(err, "fake.json() takes its paths as constants");
		free(value);
		value = pk_buf_take(&out);
	}
	pk_buf_add(ret, value);
	return 0;
}

int pk_fake_sql(void *arg, const char *name, const struct pk_strv *args, const struct pk_strv *constants,
		struct pk_buf *ret, struct pk_err *err)
{
	struct pk_fakes *fakes = arg;

	if (args->n == 0)
		return pk_err_set(err, "fake.%s() takes the value that it stands for", name);
	if (strcmp(name, "json") == 0)
		return json(fakes, args, constants, ret, err);
	if (strcmp(name, "number") == 0)
		return number(fakes, args, constants, ret, err);
	if (args->n > 1)
		return pk_err_set(err, "fake.%s() takes one value", name);
	return simple(fakes, name, args->items[0], ret, err);
}
