/* Questions about expressions. */
#include "base/buf.h"
#include "base/strv.h"
#include "sql/tree.h"

/* Volatile functions of PostgreSQL and of its usual extensions. */
static const char *const volatile_functions[] = {
	"clock_timestamp",
	"current_query",
	"currval",
	"gen_random_bytes",
	"gen_random_uuid",
	"gen_salt",
	"lastval",
	"lo_creat",
	"lo_create",
	"lo_from_bytea",
	"nanoid",
	"nextval",
	"normal_rand",
	"pg_advisory_lock",
	"pg_export_snapshot",
	"pg_notify",
	"pg_read_file",
	"pg_sleep",
	"pg_try_advisory_lock",
	"query_to_xml",
	"random",
	"random_normal",
	"setseed",
	"setval",
	"timeofday",
	"uuid_generate_v1",
	"uuid_generate_v1mc",
	"uuid_generate_v4",
	"uuid_generate_v7",
	"uuidv4",
	"uuidv7",
};

/* What else stands in defaults and checks; none of these is volatile. */
static const char *const stable_functions[] = {
	"abbrev",
	"abs",
	"acos",
	"acosh",
	"age",
	"any_value",
	"area",
	"array_append",
	"array_cat",
	"array_dims",
	"array_fill",
	"array_length",
	"array_lower",
	"array_ndims",
	"array_position",
	"array_positions",
	"array_prepend",
	"array_remove",
	"array_replace",
	"array_to_json",
	"array_to_string",
	"array_to_tsvector",
	"array_upper",
	"ascii",
	"asin",
	"asinh",
	"atan",
	"atan2",
	"atanh",
	"bit",
	"bit_and",
	"bit_count",
	"bit_length",
	"bool",
	"box",
	"bpchar",
	"broadcast",
	"btrim",
	"cardinality",
	"cbrt",
	"ceil",
	"ceiling",
	"center",
	"char_length",
	"character_length",
	"chr",
	"cidr",
	"circle",
	"citext",
	"coalesce",
	"concat",
	"concat_ws",
	"convert_from",
	"convert_to",
	"cos",
	"cosd",
	"cosh",
	"cot",
	"current_database",
	"current_schema",
	"current_schemas",
	"current_setting",
	"current_user",
	"date",
	"date_bin",
	"date_part",
	"date_trunc",
	"datemultirange",
	"daterange",
	"decode",
	"degrees",
	"diameter",
	"digest",
	"div",
	"encode",
	"exp",
	"extract",
	"factorial",
	"family",
	"float4",
	"float8",
	"floor",
	"format",
	"format_type",
	"gcd",
	"get_bit",
	"get_byte",
	"getdatabaseencoding",
	"greatest",
	"has_database_privilege",
	"has_schema_privilege",
	"has_table_privilege",
	"height",
	"hmac",
	"host",
	"hostmask",
	"hstore",
	"inet_client_addr",
	"inet_server_addr",
	"inet_server_port",
	"initcap",
	"int2",
	"int4",
	"int4multirange",
	"int4range",
	"int8",
	"int8multirange",
	"int8range",
	"interval",
	"is_normalized",
	"isempty",
	"isfinite",
	"json_array_length",
	"json_build_array",
	"json_build_object",
	"json_extract_path",
	"json_extract_path_text",
	"json_object",
	"json_strip_nulls",
	"json_typeof",
	"jsonb_array_length",
	"jsonb_build_array",
	"jsonb_build_object",
	"jsonb_concat",
	"jsonb_delete",
	"jsonb_extract_path",
	"jsonb_extract_path_text",
	"jsonb_insert",
	"jsonb_object",
	"jsonb_path_exists",
	"jsonb_path_match",
	"jsonb_path_query_first",
	"jsonb_populate_record",
	"jsonb_pretty",
	"jsonb_set",
	"jsonb_strip_nulls",
	"jsonb_typeof",
	"justify_days",
	"justify_hours",
	"justify_interval",
	"lcm",
	"least",
	"left",
	"length",
	"line",
	"ln",
	"localtime",
	"localtimestamp",
	"log",
	"lower",
	"lower_inc",
	"lower_inf",
	"lpad",
	"lseg",
	"ltrim",
	"make_date",
	"make_interval",
	"make_time",
	"make_timestamp",
	"make_timestamptz",
	"masklen",
	"md5",
	"min_scale",
	"mod",
	"money",
	"multirange",
	"name",
	"netmask",
	"network",
	"normalize",
	"now",
	"nullif",
	"num_nonnulls",
	"num_nulls",
	"numeric",
	"nummultirange",
	"numrange",
	"octet_length",
	"oid",
	"overlaps",
	"overlay",
	"parse_ident",
	"path",
	"pg_backend_pid",
	"pg_client_encoding",
	"pg_collation_for",
	"pg_current_xact_id",
	"pg_has_role",
	"pg_postmaster_start_time",
	"pg_size_pretty",
	"pg_typeof",
	"phraseto_tsquery",
	"pi",
	"plainto_tsquery",
	"point",
	"polygon",
	"position",
	"pow",
	"power",
	"quote_ident",
	"quote_literal",
	"quote_nullable",
	"radians",
	"range_intersect",
	"range_merge",
	"regexp_count",
	"regexp_instr",
	"regexp_like",
	"regexp_match",
	"regexp_replace",
	"regexp_split_to_array",
	"regexp_substr",
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
	"set_bit",
	"set_byte",
	"set_masklen",
	"setweight",
	"sha224",
	"sha256",
	"sha384",
	"sha512",
	"sign",
	"sin",
	"sind",
	"sinh",
	"split_part",
	"sqrt",
	"st_geomfromtext",
	"st_makepoint",
	"st_point",
	"st_setsrid",
	"starts_with",
	"statement_timestamp",
	"string_to_array",
	"strip",
	"strpos",
	"substr",
	"substring",
	"tan",
	"tand",
	"tanh",
	"text",
	"textcat",
	"time",
	"timestamp",
	"timestamptz",
	"timezone",
	"to_ascii",
	"to_char",
	"to_date",
	"to_hex",
	"to_json",
	"to_jsonb",
	"to_number",
	"to_regclass",
	"to_regrole",
	"to_regtype",
	"to_timestamp",
	"to_tsquery",
	"to_tsvector",
	"transaction_timestamp",
	"translate",
	"trim",
	"trim_scale",
	"trunc",
	"ts_rank",
	"tsmultirange",
	"tsrange",
	"tstzmultirange",
	"tstzrange",
	"tsvector_to_array",
	"txid_current",
	"unaccent",
	"unistr",
	"unnest",
	"upper",
	"upper_inc",
	"upper_inf",
	"uuid_generate_v3",
	"uuid_generate_v5",
	"uuid_in",
	"uuid_nil",
	"uuid_ns_dns",
	"uuid_ns_url",
	"varbit",
	"varchar",
	"version",
	"websearch_to_tsquery",
	"width",
	"width_bucket",
	"xml",
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
