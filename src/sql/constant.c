/* String constants, and what they are cast to. */
#include "base/text.h"
#include "sql/scan.h"
#include "sql/tree.h"

struct search {
	const char *type, *value;
	bool found;
};

static bool is_cast_to(const PgQuery__TypeCast *cast, const char *type)
{
	const PgQuery__TypeName *name = cast->type_name;

	return name && name->n_names && pk_streq(pk_tree_string(name->names[name->n_names - 1]), type);
}

static bool is_constant(const PgQuery__Node *node)
{
	return node && node->node_case == PG_QUERY__NODE__NODE_A_CONST;
}

static bool look(void *arg, const ProtobufCMessage *message);

/* 'v'::text stays text, unless what comes of it is cast on. */
static bool look_in_cast(struct search *s, const PgQuery__TypeCast *cast)
{
	const PgQuery__Node *inner = cast->arg;
	bool becomes = is_cast_to(cast, s->type);

	while (inner && inner->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) {
		becomes = becomes || is_cast_to(inner->type_cast, s->type);
		inner = inner->type_cast->arg;
	}
	return inner && (becomes || !is_constant(inner)) ? look(s, &inner->base) : true;
}

static bool look(void *arg, const ProtobufCMessage *message)
{
	struct search *s = arg;

	if (message->descriptor == &pg_query__type_cast__descriptor)
		return look_in_cast(s, (const PgQuery__TypeCast *)message);
	if (message->descriptor == &pg_query__a__const__descriptor) {
		const PgQuery__AConst *constant = (const PgQuery__AConst *)message;

		s->found = s->found || (constant->val_case == PG_QUERY__A__CONST__VAL_SVAL &&
					pk_streq(constant->sval->sval, s->value));
	}
	return !s->found && pk_tree_children(message, look, arg);
}

/* By its words, of what the grammar does not know. */
static bool has_string(const char *sql, const char *value)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, sql, strlen(sql));
	while (pk_scan_code(&scan, &token)) {
		PK_FREE char *string = token.kind == PK_TOKEN_STRING ? pk_token_string(sql, &token) : NULL;

		if (pk_streq(string, value))
			return true;
	}
	return false;
}

bool pk_sql_may_make(const char *sql, const char *type, const char *value)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	struct search search = { type, value, false };

	if (!has_string(sql, value))
		return false;
	if (!pk_tree_parse(sql, &tree))
		return true;
	look(&search, &tree.result->base);
	return search.found;
}
