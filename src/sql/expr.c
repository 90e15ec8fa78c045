/* Expressions and types of parse trees as SQL text. */
#include "sql/tree.h"

#include "base/buf.h"
#include "sql/depth.h"
#include "sql/scan.h"

void pk_tree_release(struct pk_tree *tree)
{
	pk_arena_release(&tree->arena);
	*tree = (struct pk_tree)PK_TREE_INIT;
}

static void *tree_alloc(void *arena, size_t size)
{
	return pk_arena_alloc(arena, size);
}

/* It goes with the arena. */
static void tree_free(void *arena, void *memory)
{
	(void)arena;
	(void)memory;
}

bool pk_tree_parse(const char *sql, struct pk_tree *ret)
{
	ProtobufCAllocator allocator = { tree_alloc, tree_free, &ret->arena };

	ret->result = NULL;
	ret->error = pk_sql_too_deep(sql);
	if (ret->error)
		return false;
	PK_FREE char *code = pk_strdup(sql);
	pk_scan_blank_comments(code);
	PgQueryProtobufParseResult parsed = pg_query_parse_protobuf(code);
	if (!parsed.error)
		ret->result = pg_query__parse_result__unpack(
			&allocator, parsed.parse_tree.len, (const uint8_t *)parsed.parse_tree.data);
	else
		ret->error = pk_arena_strdup(&ret->arena, parsed.error->message);
	pg_query_free_protobuf_parse_result(parsed);
	return ret->result != NULL;
}

const PgQuery__Node *pk_tree_parse_expr(const char *expr_sql, struct pk_tree *ret)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "SELECT (");
	pk_buf_add(&sql, expr_sql);
	pk_buf_add(&sql, "\n)"); /* a comment at the end must not hide the bracket */
	if (!pk_tree_parse(sql.ptr, ret) || ret->result->n_stmts != 1)
		return NULL;
	const PgQuery__Node *stmt = ret->result->stmts[0]->stmt;
	if (stmt->node_case != PG_QUERY__NODE__NODE_SELECT_STMT ||
	    stmt->select_stmt->n_target_list != 1)
		return NULL;
	return stmt->select_stmt->target_list[0]->res_target->val;
}

static bool field_children(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message,
			   bool (*fn)(void *arg, const ProtobufCMessage *message), void *arg)
{
	const char *base = (const char *)message;
	const void *member = base + field->offset;

	if (field->type != PROTOBUF_C_TYPE_MESSAGE)
		return true;
	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		size_t n = *(const size_t *)(const void *)(base + field->quantifier_offset);
		ProtobufCMessage *const *items = *(ProtobufCMessage *const *const *)member;
		for (size_t i = 0; i < n; i++)
			if (items[i] && !fn(arg, items[i]))
				return false;
		return true;
	}
	/* Members of a oneof share their place; the case says whose it is. */
	if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
	    *(const uint32_t *)(const void *)(base + field->quantifier_offset) != field->id)
		return true;
	const ProtobufCMessage *child = *(ProtobufCMessage *const *)member;
	return !child || fn(arg, child);
}

bool pk_tree_children(const ProtobufCMessage *message, bool (*fn)(void *arg, const ProtobufCMessage *message), void *arg)
{
	for (unsigned i = 0; i < message->descriptor->n_fields; i++)
		if (!field_children(&message->descriptor->fields[i], message, fn, arg))
			return false;
	return true;
}

struct walk {
	bool (*fn)(void *arg, const ProtobufCMessage *message);
	void *arg;
};

static bool walk_on(void *arg, const ProtobufCMessage *message)
{
	const struct walk *walk = arg;

	return pk_tree_walk(message, walk->fn, walk->arg);
}

bool pk_tree_walk(const ProtobufCMessage *message,
		  bool (*fn)(void *arg, const ProtobufCMessage *message), void *arg)
{
	struct walk walk = { fn, arg };

	if (!message)
		return true;
	return fn(arg, message) && pk_tree_children(message, walk_on, &walk);
}

const char *pk_tree_str(struct pk_arena *arena, const char *s)
{
	return s && *s ? pk_arena_strdup(arena, s) : NULL;
}

const char *pk_tree_string(const PgQuery__Node *node)
{
	return node && node->node_case == PG_QUERY__NODE__NODE_STRING ? node->string->sval : NULL;
}

bool pk_tree_integer(const PgQuery__Node *node, int *ret)
{
	const PgQuery__AConst *c = node && node->node_case == PG_QUERY__NODE__NODE_A_CONST ? node->a_const : NULL;

	if (!c || c->isnull || c->val_case != PG_QUERY__A__CONST__VAL_IVAL)
		return false;
	*ret = c->ival->ival;
	return true;
}

void pk_tree_names(struct pk_arena *arena, size_t n, PgQuery__Node **names, const char **ret_schema,
		   const char **ret_name)
{
	*ret_schema = n > 1 ? pk_tree_str(arena, pk_tree_string(names[n - 2])) : NULL;
	*ret_name = n > 0 ? pk_tree_str(arena, pk_tree_string(names[n - 1])) : NULL;
}

const char *const *pk_tree_string_list(struct pk_arena *arena, size_t n, PgQuery__Node **names)
{
	if (n == 0)
		return NULL;
	const char **list = pk_arena_alloc(arena, (n + 1) * sizeof(*list));
	size_t out = 0;
	for (size_t i = 0; i < n; i++) {
		const char *name = pk_tree_str(arena, pk_tree_string(names[i]));
		if (name)
			list[out++] = name;
	}
	return list;
}

char *pk_tree_deparse(PgQuery__Node *stmt)
{
	PgQuery__RawStmt raw = PG_QUERY__RAW_STMT__INIT, *stmts[] = { &raw };
	PgQuery__ParseResult result = PG_QUERY__PARSE_RESULT__INIT;

	raw.stmt = stmt;
	result.version = PG_VERSION_NUM;
	result.n_stmts = 1;
	result.stmts = stmts;
	PgQueryProtobuf packed = { .len = pg_query__parse_result__get_packed_size(&result) };
	packed.data = pk_alloc(packed.len + 1);
	pg_query__parse_result__pack(&result, (uint8_t *)packed.data);
	PgQueryDeparseResult deparsed = pg_query_deparse_protobuf(packed);
	free(packed.data);
	char *text = deparsed.error ? NULL : pk_strdup(deparsed.query);
	pg_query_free_deparse_result(deparsed);
	return text;
}

/* The deparser takes statements only, so the expression goes into a SELECT. */
static const char *constant(struct pk_arena *arena, const PgQuery__AConst *c)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (c->isnull)
		return "NULL";
	switch (c->val_case) {
	case PG_QUERY__A__CONST__VAL_IVAL:
		return pk_arena_printf(arena, "%d", c->ival->ival);
	case PG_QUERY__A__CONST__VAL_BOOLVAL:
		return c->boolval->boolval ? "true" : "false";
	case PG_QUERY__A__CONST__VAL_SVAL:
		if (strchr(c->sval->sval, '\\'))
			return NULL;
		pk_buf_addc(&text, '\'');
		for (const char *p = c->sval->sval; *p; p++)
			pk_buf_addf(&text, "%s%c", *p == '\'' ? "'" : "", *p);
		pk_buf_addc(&text, '\'');
		return pk_arena_strdup(arena, text.ptr);
	default:
		return NULL;
	}
}

/* now(), gen_random_uuid(): of names that are no key words. */
static const char *bare_call(struct pk_arena *arena, const PgQuery__FuncCall *call)
{
	const char *name = call->n_funcname == 1 ? pk_tree_string(call->funcname[0]) : NULL;

	if (!name || call->n_args || call->n_agg_order || call->agg_filter || call->over || call->agg_star ||
	    call->agg_within_group || call->funcformat != PG_QUERY__COERCION_FORM__COERCE_EXPLICIT_CALL)
		return NULL;
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != strlen(name) || (*name >= '0' && *name <= '9') ||
	    pk_starts_with(name, "current_") || pk_starts_with(name, "session_") ||
	    !(strchr(name, '_') || pk_streq(name, "now") || pk_streq(name, "random")))
		return NULL;
	return pk_arena_printf(arena, "%s()", name);
}

/* What the deparser would say, where that is plain to see: it is slow, and most defaults are of this kind. */
static const char *plain_expr(struct pk_arena *arena, const PgQuery__Node *expr)
{
	if (expr->node_case == PG_QUERY__NODE__NODE_A_CONST)
		return constant(arena, expr->a_const);
	return expr->node_case == PG_QUERY__NODE__NODE_FUNC_CALL ? bare_call(arena, expr->func_call) : NULL;
}

const char *pk_tree_expr(struct pk_arena *arena, PgQuery__Node *expr)
{
	PgQuery__ResTarget target = PG_QUERY__RES_TARGET__INIT;
	PgQuery__Node target_node = PG_QUERY__NODE__INIT, *targets[] = { &target_node };
	PgQuery__SelectStmt select = PG_QUERY__SELECT_STMT__INIT;
	PgQuery__Node select_node = PG_QUERY__NODE__INIT;

	if (!expr || expr->node_case == PG_QUERY__NODE__NODE__NOT_SET)
		return NULL;
	const char *plain = plain_expr(arena, expr);
	if (plain)
		return plain;
	target.val = expr;
	target_node.node_case = PG_QUERY__NODE__NODE_RES_TARGET;
	target_node.res_target = &target;
	select.n_target_list = 1;
	select.target_list = targets;
	select.limit_option = PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_DEFAULT;
	select.op = PG_QUERY__SET_OPERATION__SETOP_NONE;
	select_node.node_case = PG_QUERY__NODE__NODE_SELECT_STMT;
	select_node.select_stmt = &select;

	PK_FREE char *text = pk_tree_deparse(&select_node);
	return text && pk_starts_with(text, "SELECT ") ? pk_arena_strdup(arena, text + strlen("SELECT ")) : NULL;
}

/* Names of pg_type and how format_type() spells them; tail follows the modifier. */
static const struct {
	const char *name, *head, *tail;
} type_names[] = {
	{ "int2", "smallint", "" },
	{ "int4", "integer", "" },
	{ "int8", "bigint", "" },
	{ "float4", "real", "" },
	{ "float8", "double precision", "" },
	{ "bool", "boolean", "" },
	{ "varchar", "character varying", "" },
	{ "varbit", "bit varying", "" },
	{ "timestamptz", "timestamp", " with time zone" },
	{ "timestamp", "timestamp", " without time zone" },
	{ "timetz", "time", " with time zone" },
	{ "time", "time", " without time zone" },
	{ "serial4", "serial", "" },
	{ "serial8", "bigserial", "" },
	{ "serial2", "smallserial", "" },
	{ "char", "\"char\"", "" },
};

static const char *const serial_names[] = { "serial",  "bigserial", "smallserial",
					    "serial2", "serial4",   "serial8" };

bool pk_tree_type_is_serial(const PgQuery__TypeName *type)
{
	const char *name = type && type->n_names == 1 ? pk_tree_string(type->names[0]) : NULL;

	for (size_t i = 0; name && i < PK_COUNT(serial_names); i++)
		if (strcmp(name, serial_names[i]) == 0)
			return true;
	return false;
}

static void add_ident(struct pk_buf *buf, const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz_0123456789$";

	if (*name && !strchr("0123456789$", *name) && strspn(name, plain) == strlen(name)) {
		pk_buf_add(buf, name);
		return;
	}
	pk_buf_addc(buf, '"');
	for (const char *p = name; *p; p++) {
		if (*p == '"')
			pk_buf_addc(buf, '"');
		pk_buf_addc(buf, *p);
	}
	pk_buf_addc(buf, '"');
}

static const struct {
	int mask;
	const char *fields;
} interval_fields[] = {
	{ 1 << 2, " year" },
	{ 1 << 1, " month" },
	{ 1 << 3, " day" },
	{ 1 << 10, " hour" },
	{ 1 << 11, " minute" },
	{ 1 << 12, " second" },
	{ 1 << 2 | 1 << 1, " year to month" },
	{ 1 << 3 | 1 << 10, " day to hour" },
	{ 1 << 3 | 1 << 10 | 1 << 11, " day to minute" },
	{ 1 << 3 | 1 << 10 | 1 << 11 | 1 << 12, " day to second" },
	{ 1 << 10 | 1 << 11, " hour to minute" },
	{ 1 << 10 | 1 << 11 | 1 << 12, " hour to second" },
	{ 1 << 11 | 1 << 12, " minute to second" },
};

/* The grammar gives the fields of an interval as a bit mask, its precision second. */
static void add_interval(struct pk_buf *buf, struct pk_arena *arena, const PgQuery__TypeName *type)
{
	int mask;

	if (pk_tree_integer(type->typmods[0], &mask))
		for (size_t i = 0; i < PK_COUNT(interval_fields); i++)
			if (mask == interval_fields[i].mask)
				pk_buf_add(buf, interval_fields[i].fields);
	if (type->n_typmods > 1)
		pk_buf_addf(buf, "(%s)", pk_tree_expr(arena, type->typmods[1]));
}

static void add_modifiers(struct pk_buf *buf, struct pk_arena *arena, const PgQuery__TypeName *type)
{
	for (size_t i = 0; i < type->n_typmods; i++) {
		const char *mod = pk_tree_expr(arena, type->typmods[i]);
		pk_buf_add(buf, i ? "," : "(");
		pk_buf_add(buf, mod ? mod : "?");
	}
	if (type->n_typmods)
		pk_buf_addc(buf, ')');
}

const char *pk_tree_type(struct pk_arena *arena, const PgQuery__TypeName *type)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	const char *schema, *name, *tail = "";

	if (!type)
		return NULL;
	pk_tree_names(arena, type->n_names, type->names, &schema, &name);
	if (!name)
		return NULL;
	if (type->setof)
		pk_buf_add(&buf, "SETOF ");
	bool system = pk_streq(schema, "pg_catalog"), known = false;
	for (size_t i = 0; i < PK_COUNT(type_names) && (system || !schema); i++) {
		if (strcmp(name, type_names[i].name) == 0) {
			pk_buf_add(&buf, type_names[i].head);
			tail = type_names[i].tail;
			known = true;
		}
	}
	if (system && strcmp(name, "bpchar") == 0 && type->n_typmods) {
		pk_buf_add(&buf, "character");
		known = true;
	}
	if (!known) {
		if (schema && !system) {
			add_ident(&buf, schema);
			pk_buf_addc(&buf, '.');
		}
		add_ident(&buf, name);
	}
	if (system && strcmp(name, "interval") == 0 && type->n_typmods)
		add_interval(&buf, arena, type);
	else
		add_modifiers(&buf, arena, type);
	pk_buf_add(&buf, tail);
	if (type->pct_type)
		pk_buf_add(&buf, "%TYPE");
	if (type->n_array_bounds)
		pk_buf_add(&buf, "[]");
	return pk_arena_strdup(arena, buf.ptr);
}

const char *pk_tree_collation(struct pk_arena *arena, const PgQuery__CollateClause *clause)
{
	const char *schema, *name;

	if (!clause)
		return NULL;
	pk_tree_names(arena, clause->n_collname, clause->collname, &schema, &name);
	return name;
}

const PgQuery__DefElem *pk_tree_option(size_t n, PgQuery__Node **options, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (options[i]->node_case == PG_QUERY__NODE__NODE_DEF_ELEM &&
		    strcmp(options[i]->def_elem->defname, name) == 0)
			return options[i]->def_elem;
	return NULL;
}

bool pk_tree_option_true(size_t n, PgQuery__Node **options, const char *name)
{
	const PgQuery__DefElem *option = pk_tree_option(n, options, name);
	const char *value = option ? pk_tree_string(option->arg) : NULL;

	if (option && option->arg && option->arg->node_case == PG_QUERY__NODE__NODE_INTEGER)
		return option->arg->integer->ival != 0;
	return option && !pk_streq(value, "false") && !pk_streq(value, "off");
}
