#include "sql/growth.h"

enum growth {
	PADS,	  /* to so many characters as a constant says */
	REPLACES, /* each of its bytes by a constant at most */
	INSERTS,  /* a constant between any two of its bytes, or elements, at most */
	REPEATS,  /* one argument for each of the others */
	ESCAPES,  /* a byte becomes two, and does so again in the result of the same function */
};

static const struct {
	const char *name;
	enum growth how;
	size_t arg; /* the constant, counted from 1; 0: none */
} growing[] = {
	{ "array_replace", REPLACES, 3 },
	{ "array_to_string", INSERTS, 2 },
	{ "array_to_string", INSERTS, 3 },
	{ "concat_ws", REPEATS, 0 },
	{ "convert_to", ESCAPES, 0 }, /* and decode(): bytes as text are hexadecimal digits */
	{ "decode", ESCAPES, 0 },
	{ "encode", ESCAPES, 0 },
	{ "json_build_array", ESCAPES, 0 },
	{ "json_build_object", ESCAPES, 0 },
	{ "jsonb_build_array", ESCAPES, 0 },
	{ "jsonb_build_object", ESCAPES, 0 },
	{ "lpad", PADS, 2 },
	{ "regexp_replace", INSERTS, 3 },
	{ "replace", REPLACES, 3 },
	{ "rpad", PADS, 2 },
	{ "to_json", ESCAPES, 0 },
	{ "to_jsonb", ESCAPES, 0 },
};

/* 0: it is no constant that says so. NULL makes the whole result NULL, or is left out. */
static double constant_growth(const PgQuery__Node *n, enum growth how)
{
	const PgQuery__AConst *c = n->node_case == PG_QUERY__NODE__NODE_A_CONST ? n->a_const : NULL;
	char number[32];
	double length;
	int value;

	if (!c)
		return 0;
	if (c->isnull)
		return 1;
	if (how == PADS)
		return pk_tree_integer(n, &value) && value > 0 ? value : 0;
	if (c->val_case == PG_QUERY__A__CONST__VAL_SVAL)
		length = (double)strlen(c->sval->sval);
	else if (pk_tree_integer(n, &value))
		length = snprintf(number, sizeof(number), "%d", value);
	else
		return 0;
	if (how == INSERTS)
		return length + 1;
	return length > 1 ? length : 1;
}

double pk_sql_growth(const char *name, const PgQuery__FuncCall *call, size_t *ret_arg)
{
	double growth = 1;

	*ret_arg = 0;
	for (size_t i = 0; i < PK_COUNT(growing) && growth > 0; i++) {
		size_t arg = growing[i].arg;

		if (strcmp(growing[i].name, name) != 0)
			continue;
		if (growing[i].how == REPEATS)
			growth *= (double)call->n_args;
		else if (growing[i].how == ESCAPES)
			growth *= 2;
		if (!arg || arg > call->n_args)
			continue; /* the server has a default for it that is short, or refuses the call */
		growth *= constant_growth(call->args[arg - 1], growing[i].how);
		*ret_arg = arg;
	}
	return growth;
}
