/* Questions about expressions. */
#include "base/buf.h"
#include "base/strv.h"
#include "sql/tree.h"

/* Volatile functions of PostgreSQL and of its usual extensions. */
static const char *const volatile_functions[] = {
	"clock_timestamp",
	"currval",
	"gen_random_bytes",
	"gen_random_uuid",
	"gen_salt",
	"lastval",
	"nextval",
	"normal_rand",
	"pg_advisory_lock",
	"pg_sleep",
	"random",
	"random_normal",
	"setseed",
	"setval",
	"timeofday",
	"uuid_generate_v1",
	"uuid_generate_v1mc",
	"uuid_generate_v4",
	"uuidv4",
	"uuidv7",
};

/* What else stands in defaults and checks; none of these is volatile. */
static const char *const stable_functions[] = {
	"abs",
	"age",
	"any_value",
	"array_append",
	"array_cat",
	"array_length",
	"array_lower",
	"array_position",
	"array_prepend",
	"array_remove",
	"array_replace",
	"array_to_json",
	"array_to_string",
	"array_upper",
	"ascii",
	"asin",
	"atan",
	"bit_length",
	"btrim",
	"cardinality",
	"cbrt",
	"ceil",
	"ceiling",
	"char_length",
	"character_length",
	"chr",
	"coalesce",
	"concat",
	"concat_ws",
	"convert_from",
	"convert_to",
	"cos",
	"current_database",
	"current_schema",
	"current_setting",
	"current_user",
	"date",
	"date_bin",
	"date_part",
	"date_trunc",
	"decode",
	"degrees",
	"digest",
	"div",
	"encode",
	"exp",
	"extract",
	"floor",
	"format",
	"format_type",
	"get_byte",
	"greatest",
	"hmac",
	"host",
	"inet_client_addr",
	"initcap",
	"int4range",
	"int8range",
	"isempty",
	"isfinite",
	"json_array_length",
	"json_build_array",
	"json_build_object",
	"json_object",
	"json_typeof",
	"jsonb_array_length",
	"jsonb_build_array",
	"jsonb_build_object",
	"jsonb_extract_path",
	"jsonb_extract_path_text",
	"jsonb_object",
	"jsonb_path_exists",
	"jsonb_set",
	"jsonb_strip_nulls",
	"jsonb_typeof",
	"justify_days",
	"justify_hours",
	"justify_interval",
	"least",
	"left",
	"length",
	"ln",
	"localtime",
	"localtimestamp",
	"log",
	"lower",
	"lower_inc",
	"lpad",
	"ltrim",
	"make_date",
	"make_interval",
	"make_time",
	"make_timestamp",
	"make_timestamptz",
	"masklen",
	"md5",
	"mod",
	"netmask",
	"network",
	"now",
	"nullif",
	"num_nonnulls",
	"num_nulls",
	"numrange",
	"octet_length",
	"overlaps",
	"overlay",
	"parse_ident",
	"pg_collation_for",
	"pg_typeof",
	"pi",
	"point",
	"position",
	"pow",
	"power",
	"quote_ident",
	"quote_literal",
	"quote_nullable",
	"radians",
	"range_merge",
	"regexp_count",
	"regexp_like",
	"regexp_match",
	"regexp_replace",
	"regexp_split_to_array",
	"repeat",
	"replace",
	"reverse",
	"right",
	"round",
	"row_to_json",
	"rpad",
	"rtrim",
	"scale",
	"session_user",
	"setweight",
	"sha224",
	"sha256",
	"sha384",
	"sha512",
	"sign",
	"sin",
	"split_part",
	"sqrt",
	"starts_with",
	"statement_timestamp",
	"string_to_array",
	"strpos",
	"substr",
	"substring",
	"tan",
	"text",
	"textcat",
	"timezone",
	"to_ascii",
	"to_char",
	"to_date",
	"to_hex",
	"to_json",
	"to_jsonb",
	"to_number",
	"to_timestamp",
	"to_tsquery",
	"to_tsvector",
	"transaction_timestamp",
	"translate",
	"trim",
	"trim_scale",
	"trunc",
	"tsrange",
	"tstzrange",
	"daterange",
	"unaccent",
	"unnest",
	"upper",
	"upper_inc",
	"uuid_nil",
	"uuid_ns_dns",
	"uuid_ns_url",
	"version",
	"xmlcomment",
};

static bool in_list(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

struct judged {
	bool volatile_, unknown, subquery;
	struct pk_strv *names; /* of unknown functions; may be NULL */
};

static bool judge_message(void *arg, const ProtobufCMessage *message)
{
	struct judged *judged = arg;

	if (message->descriptor == &pg_query__sub_link__descriptor)
		judged->subquery = true;
	if (message->descriptor != &pg_query__func_call__descriptor)
		return true;
	const PgQuery__FuncCall *call = (const PgQuery__FuncCall *)message;
	const char *name =
		call->n_funcname ? pk_tree_string(call->funcname[call->n_funcname - 1]) : NULL;
	if (!name)
		return true;
	const char *schema =
		call->n_funcname > 1 ? pk_tree_string(call->funcname[call->n_funcname - 2]) : NULL;
	if (in_list(volatile_functions, PK_COUNT(volatile_functions), name)) {
		judged->volatile_ = true;
	} else if (!pk_streq(schema, "pg_catalog") &&
		   !in_list(stable_functions, PK_COUNT(stable_functions), name)) {
		judged->unknown = true;
		if (judged->names)
			pk_strv_push(judged->names, name);
	}
	return true;
}

static bool judge(const char *expr_sql, struct judged *ret)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	const PgQuery__Node *expr = pk_tree_parse_expr(expr_sql, &tree);

	if (!expr)
		return false;
	pk_tree_walk(&expr->base, judge_message, ret);
	return true;
}

enum pk_volatility pk_sql_expr_volatility(const char *expr_sql)
{
	struct judged judged = { 0 };

	if (!judge(expr_sql, &judged))
		return PK_VOL_UNKNOWN;
	return judged.volatile_			   ? PK_VOL_VOLATILE
	       : judged.unknown || judged.subquery ? PK_VOL_UNKNOWN
						   : PK_VOL_STABLE;
}

void pk_sql_expr_functions(const char *expr_sql, struct pk_strv *ret)
{
	struct judged judged = { .names = ret };

	judge(expr_sql, &judged);
}

bool pk_sql_expr_has_subquery(const char *expr_sql)
{
	struct judged judged = { 0 };

	/* no subquery without one of these, and parsing takes its time */
	if (!strcasestr(expr_sql, "select") && !strcasestr(expr_sql, "values") && !strcasestr(expr_sql, "table"))
		return false;
	return judge(expr_sql, &judged) && judged.subquery;
}

static bool is_column(const PgQuery__Node *node, const char *column)
{
	if (!node || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF ||
	    node->column_ref->n_fields == 0)
		return false;
	return pk_streq(pk_tree_string(node->column_ref->fields[node->column_ref->n_fields - 1]),
			column);
}

static bool proves(const PgQuery__Node *node, const char *column)
{
	if (node->node_case == PG_QUERY__NODE__NODE_NULL_TEST)
		return node->null_test->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NOT_NULL &&
		       is_column(node->null_test->arg, column);
	if (node->node_case != PG_QUERY__NODE__NODE_BOOL_EXPR ||
	    node->bool_expr->boolop != PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR)
		return false;
	for (size_t i = 0; i < node->bool_expr->n_args; i++)
		if (proves(node->bool_expr->args[i], column))
			return true;
	return false;
}

bool pk_sql_proves_not_null(const char *expr_sql, const char *column)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	const PgQuery__Node *expr = pk_tree_parse_expr(expr_sql, &tree);

	return expr && proves(expr, column);
}

bool pk_sql_is_plain_cast(const char *expr_sql, const char *column, const char *type)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	PK_AUTO(pk_arena) arena = PK_ARENA_INIT;
	const PgQuery__Node *expr = pk_tree_parse_expr(expr_sql, &tree);

	if (expr && expr->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) {
		if (type && !pk_streq(pk_tree_type(&arena, expr->type_cast->type_name), type))
			return false;
		expr = expr->type_cast->arg;
	}
	return is_column(expr, column);
}
