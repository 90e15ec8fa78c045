/* The closed list: what an expression may name (sql/closed.h). Whoever adds to it answers for every value it can be given. */
#include "sql/closed_print.h"

/* Immutable or stable functions of one row, of text that is no more than a few times as long as what they are given. */
static const char *const functions[] = {
	"abs", "age", "array_length", "array_position", "array_remove", "array_replace", "array_to_string",
	"ascii", "bit_length", "btrim", "cardinality", "ceil", "ceiling", "char_length", "character_length",
	"chr", "concat", "concat_ws", "convert_to", "date", "date_part", "date_trunc", "decode", "div", "encode",
	"extract", "family", "floor", "get_byte", "hashtext", "hashtextextended", "host", "initcap", "isempty",
	"isfinite", "json_array_length", "json_build_array", "json_build_object", "json_typeof",
	"jsonb_array_length", "jsonb_build_array", "jsonb_build_object", "jsonb_set", "jsonb_strip_nulls",
	"jsonb_typeof", "justify_days", "left", "length", "lower", "lpad", "ltrim", "make_date", "make_interval",
	"make_timestamp", "masklen", "md5", "mod", "netmask", "network", "now", "num_nonnulls", "num_nulls",
	"octet_length", "overlay", "position", "regexp_replace", "replace", "reverse", "right", "round", "rpad",
	"rtrim", "set_masklen", "sha224", "sha256", "sha384", "sha512", "sign", "split_part", "starts_with",
	"strpos", "substr", "substring", "timezone", "to_char", "to_date", "to_json",
	"to_jsonb", "to_number", "to_timestamp", "translate", "trunc", "upper",
};

static const char *const operators[] = {
	"+",  "-",   "*",   "/",   "%",   "||", "=",  "<>", "<",  "<=",	 ">",	">=",
	"~~", "!~~", "~~*", "!~~*", "~",  "~*", "!~", "!~*", "->", "->>", "#>", "#>>",
	"#-", "@>",  "<@",  "?",   "?|",  "?&", "&&", "&",  "|",  "#",	 "<<",	">>",
};

static const char *const types[] = {
	"bool",	   "bpchar", "bytea", "cidr",	  "date",   "float4",  "float8", "inet",
	"int2",	   "int4",   "int8",  "interval", "json",   "jsonb",   "macaddr", "macaddr8",
	"numeric", "text",   "time",  "timestamp", "timestamptz", "timetz", "uuid", "varchar",
};

static bool one_of(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

bool pk_closed_function(const char *name)
{
	return one_of(functions, PK_COUNT(functions), name);
}

bool pk_closed_operator(const char *name)
{
	return one_of(operators, PK_COUNT(operators), name);
}

bool pk_closed_type(const char *name)
{
	return one_of(types, PK_COUNT(types), name);
}
