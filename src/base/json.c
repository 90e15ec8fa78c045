#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "base/text.h"

/*
 * cJSON takes more than RFC 8259 allows (numbers such as 01, control bytes in strings, what follows
 * the value), so the text is checked here first, with a place to show, and cJSON builds the tree.
 */
struct checker {
	const char *text, *end, *at;
	int depth;
	const char *problem;
};

enum { MAX_DEPTH = 100 };

static bool check_value(struct checker *c);

static bool reject(struct checker *c, const char *problem)
{
	if (!c->problem)
		c->problem = problem;
	return false;
}

static void skip_space(struct checker *c)
{
	while (c->at < c->end &&
	       (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
		c->at++;
}

static bool next_is(const struct checker *c, char wanted)
{
	return c->at < c->end && *c->at == wanted;
}

static bool accept(struct checker *c, char wanted)
{
	if (!next_is(c, wanted))
		return false;
	c->at++;
	return true;
}

static bool skip_digits(struct checker *c)
{
	const char *start = c->at;
	while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
		c->at++;
	return c->at > start;
}

static bool check_number(struct checker *c)
{
	accept(c, '-');
	if (!accept(c, '0') && !skip_digits(c))
		return reject(c, "not a JSON value");
	if (accept(c, '.') && !skip_digits(c))
		return reject(c, "digits are missing after the decimal point");
	if (accept(c, 'e') || accept(c, 'E')) {
		if (!accept(c, '+'))
			accept(c, '-');
		if (!skip_digits(c))
			return reject(c, "digits are missing in the exponent");
	}
	return true;
}

/* \uXXXX; 0 when malformed. cJSON's strings end at NUL, so \u0000 cannot be kept and is refused too. */
static unsigned check_hex(struct checker *c)
{
	unsigned value = 0;
	for (int i = 0; i < 4; i++, c->at++) {
		if (c->at == c->end)
			return 0;
		const char *digits = "0123456789abcdefABCDEF";
		const char *found = *c->at ? strchr(digits, *c->at) : NULL;
		if (!found)
			return 0;
		unsigned digit = (unsigned)(found - digits);
		value = value * 16 + (digit > 15 ? digit - 6 : digit);
	}
	return value;
}

static bool check_escape(struct checker *c)
{
	if (c->at == c->end)
		return reject(c, "the string does not end");
	char kind = *c->at++;
	if (kind != 'u')
		return (kind && strchr("\"\\/bfnrt", kind)) ||
		       reject(c, "unknown escape in a string");
	unsigned unit = check_hex(c);
	if (!unit)
		return reject(c, "\\u needs four hexadecimal digits that are not all zero");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return reject(c, "half of a surrogate pair");
	if (unit < 0xd800 || unit > 0xdbff)
		return true;
	unsigned low = accept(c, '\\') && accept(c, 'u') ? check_hex(c) : 0;
	return (low >= 0xdc00 && low <= 0xdfff) || reject(c, "half of a surrogate pair");
}

static bool check_string(struct checker *c)
{
	if (!accept(c, '"'))
		return reject(c, "a string is expected");
	while (c->at < c->end) {
		unsigned char byte = (unsigned char)*c->at;
		if (byte < 0x20)
			return reject(c, "control byte in a string");
		c->at++;
		if (byte == '"')
			return true;
		if (byte == '\\' && !check_escape(c))
			return false;
	}
	return reject(c, "the string does not end");
}

static bool check_members(struct checker *c, char close, bool keys)
{
	c->at++;
	if (++c->depth > MAX_DEPTH)
		return reject(c, "nested too deeply");
	skip_space(c);
	if (!next_is(c, close)) {
		do {
			skip_space(c);
			if (keys && !check_string(c))
				return false;
			skip_space(c);
			if (keys && !accept(c, ':'))
				return reject(c, "':' is expected");
			if (!check_value(c))
				return false;
			skip_space(c);
		} while (accept(c, ','));
	}
	c->depth--;
	return accept(c, close) ||
	       reject(c, keys ? "',' or '}' is expected" : "',' or ']' is expected");
}

static bool check_value(struct checker *c)
{
	static const char *const words[] = { "true", "false", "null" };
	skip_space(c);
	if (c->at == c->end)
		return reject(c, "a value is expected");
	if (*c->at == '{')
		return check_members(c, '}', true);
	if (*c->at == '[')
		return check_members(c, ']', false);
	if (*c->at == '"')
		return check_string(c);
	for (size_t i = 0; i < PK_COUNT(words); i++) {
		size_t n = strlen(words[i]);
		if ((size_t)(c->end - c->at) >= n && memcmp(c->at, words[i], n) == 0) {
			c->at += n;
			return true;
		}
	}
	return check_number(c);
}

static int check_text(const char *text, size_t len, struct pk_err *err)
{
	struct checker c = { .text = text, .end = text + len, .at = text };
	if (!pk_utf8_valid(text, len))
		return pk_err_set(err, "JSON that is not valid UTF-8");
	bool good = check_value(&c);
	skip_space(&c);
	if (good && c.at < c.end)
		good = reject(&c, "something follows the value");
	if (good)
		return 0;
	int line, col;
	pk_line_col(text, (size_t)(c.at - text), &line, &col);
	return pk_err_set(err, "JSON is malformed at line %d, column %d: %s", line, col, c.problem);
}

static int check_keys(const cJSON *value, struct pk_err *err)
{
	PK_AUTO(pk_map) keys = PK_MAP_INIT;
	const cJSON *member;
	cJSON_ArrayForEach (member, value) {
		if (cJSON_IsObject(value) && !pk_map_set(&keys, member->string, NULL))
			return pk_err_set(err, "JSON has the key '%s' twice in one object",
					  member->string);
		if (check_keys(member, err))
			return -1;
	}
	return 0;
}

static void need(const void *made)
{
	if (!made)
		pk_realloc_array(NULL, SIZE_MAX, SIZE_MAX); /* out of memory: ends the process */
}

void pk_json_release(struct pk_json *json)
{
	if (!json)
		return;
	cJSON_Delete(json->root);
	json->root = NULL;
}

int pk_json_parse(const char *text, size_t len, struct pk_json *ret, struct pk_err *err)
{
	if (check_text(text, len, err))
		return -1;
	PK_AUTO(pk_json) parsed = { .root = cJSON_ParseWithLength(text, len) };
	if (!parsed.root)
		return pk_err_set(err, "JSON could not be parsed");
	if (check_keys(parsed.root, err))
		return -1;
	pk_json_release(ret);
	ret->root = parsed.root;
	parsed.root = NULL;
	return 0;
}

/* What stands outside of ASCII and what DEL is stands in strings: there it has another spelling, RFC 8259 section 7. */
static void add_spelled(struct pk_buf *out, const char *text)
{
	while (*text) {
		uint32_t c;
		size_t n = pk_utf8_decode(text, &c);

		if (n && (c < 0x7F || !pk_utf8_unseen(c)))
			pk_buf_addn(out, text, n);
		else if (n && c < 0x10000)
			pk_buf_addf(out, "\\u%04x", (unsigned)c);
		else if (n)
			pk_buf_addf(out, "\\u%04x\\u%04x", (unsigned)(0xD7C0 + (c >> 10)), (unsigned)(0xDC00 + (c & 0x3FF)));
		else
			pk_buf_add(out, "\\ufffd");
		text += n ? n : 1;
	}
}

char *pk_json_print(const cJSON *value)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	char *text = cJSON_Print(value);
	need(text);
	add_spelled(&out, text);
	pk_buf_addc(&out, '\n');
	cJSON_free(text);
	return pk_buf_take(&out);
}

char *pk_json_line(const cJSON *value)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	char *text = cJSON_PrintUnformatted(value);
	need(text);
	add_spelled(&out, text);
	cJSON_free(text);
	return pk_buf_take(&out);
}

const char *pk_json_str(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

double pk_json_num(const cJSON *object, const char *key, double fallback)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

bool pk_json_bool(const cJSON *object, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

cJSON *pk_json_array(const cJSON *object, const char *key)
{
	cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	return cJSON_IsArray(item) ? item : NULL;
}

static cJSON *set_item(cJSON *object, const char *key, cJSON *item)
{
	need(item);
	if (cJSON_GetObjectItemCaseSensitive(object, key))
		need(cJSON_ReplaceItemInObjectCaseSensitive(object, key, item) ? item : NULL);
	else
		need(cJSON_AddItemToObject(object, key, item) ? item : NULL);
	return item;
}

void pk_json_set_str(cJSON *object, const char *key, const char *value)
{
	if (value)
		set_item(object, key, cJSON_CreateString(value));
}

void pk_json_set_num(cJSON *object, const char *key, double value)
{
	set_item(object, key, cJSON_CreateNumber(value));
}

void pk_json_set_bool(cJSON *object, const char *key, bool value)
{
	set_item(object, key, cJSON_CreateBool(value));
}

static cJSON *add(cJSON *parent, const char *key, cJSON *item)
{
	if (key)
		return set_item(parent, key, item);
	need(item);
	need(cJSON_AddItemToArray(parent, item) ? item : NULL);
	return item;
}

cJSON *pk_json_add_array(cJSON *object, const char *key)
{
	return add(object, key, cJSON_CreateArray());
}

cJSON *pk_json_add_object(cJSON *object_or_array, const char *key)
{
	return add(object_or_array, key, cJSON_CreateObject());
}
