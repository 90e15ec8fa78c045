/* The leaves of an expression: constants, columns, types, the time. */
#include "sql/closed_print.h"

void pk_closed_add_ident(struct pk_buf *out, const char *name)
{
	pk_buf_addc(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			pk_buf_addc(out, '"');
		pk_buf_addc(out, *name);
	}
	pk_buf_addc(out, '"');
}

static void add_literal(struct pk_buf *out, const char *value)
{
	bool escapes = strchr(value, '\\') != NULL;

	pk_buf_add(out, escapes ? " E'" : "'");
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			pk_buf_addc(out, *value);
		pk_buf_addc(out, *value);
	}
	pk_buf_addc(out, '\'');
}

int pk_closed_constant(const struct pk_closed_print *p, const PgQuery__AConst *c, struct pk_buf *out)
{
	if (c->isnull) {
		pk_buf_add(out, "NULL");
		return 0;
	}
	switch (c->val_case) {
	case PG_QUERY__A__CONST__VAL_IVAL:
		pk_buf_addf(out, "%d", c->ival->ival);
		return 0;
	case PG_QUERY__A__CONST__VAL_FVAL:
		if (strspn(c->fval->fval, "-0123456789.") != strlen(c->fval->fval))
			return pk_err_set(p->err, "the number %s is not allowed", c->fval->fval);
		pk_buf_add(out, c->fval->fval);
		return 0;
	case PG_QUERY__A__CONST__VAL_BOOLVAL:
		pk_buf_add(out, c->boolval->boolval ? "true" : "false");
		return 0;
	case PG_QUERY__A__CONST__VAL_SVAL:
		add_literal(out, c->sval->sval);
		return 0;
	default:
		return pk_err_set(p->err, "bit strings are not allowed");
	}
}

/* A name that is no column would be looked for among the functions: t.f is f(t). */
int pk_closed_column(const struct pk_closed_print *p, const PgQuery__ColumnRef *ref, struct pk_buf *out)
{
	const char *name = ref->n_fields == 1 ? pk_tree_string(ref->fields[0]) : NULL;

	if (!name)
		return pk_err_set(p->err, "only columns of the row itself are allowed, each by its name alone");
	if (p->how->other && strcmp(p->how->other, name) == 0)
		name = p->how->own;
	if (!pk_strv_has(p->how->columns, name))
		return pk_err_set(p->err, "there is no column '%s'", name);
	if (p->how->row)
		pk_buf_addf(out, "%s.", p->how->row);
	pk_closed_add_ident(out, name);
	return 0;
}

int pk_closed_type_name(const struct pk_closed_print *p, const PgQuery__TypeName *t, struct pk_buf *out)
{
	const char *schema = t->n_names > 1 ? pk_tree_string(t->names[t->n_names - 2]) : NULL;
	const char *name = t->n_names ? pk_tree_string(t->names[t->n_names - 1]) : NULL;

	if (!name || t->n_names > 2 || (schema && strcmp(schema, "pg_catalog") != 0) || t->setof || t->pct_type ||
	    !pk_closed_type(name))
		return pk_err_set(p->err, "the type '%s' is not allowed", name ? name : "?");
	pk_buf_addf(out, "pg_catalog.%s", name);
	for (size_t i = 0; i < t->n_typmods; i++) {
		int modifier;

		if (strcmp(name, "interval") == 0 || !pk_tree_integer(t->typmods[i], &modifier))
			return pk_err_set(p->err, "the type '%s' is not allowed with such a modifier", name);
		pk_buf_addf(out, "%s%d", i ? "," : "(", modifier);
	}
	if (t->n_typmods)
		pk_buf_addc(out, ')');
	if (t->n_array_bounds)
		pk_buf_add(out, "[]");
	return 0;
}

/* Of several connections each has a clock of its own, that of its transaction's beginning. */
void pk_closed_add_moment(const struct pk_closed_print *p, const char *type, struct pk_buf *out)
{
	pk_buf_addf(out, "CAST(CAST('%s' AS pg_catalog.timestamptz) AS pg_catalog.%s)", p->how->moment, type);
}

int pk_closed_value_function(const struct pk_closed_print *p, const PgQuery__SQLValueFunction *f, struct pk_buf *out)
{
	bool fixed = p->how->moment != NULL;

	switch (f->op) {
	case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE:
		fixed ? pk_closed_add_moment(p, "date", out) : pk_buf_add(out, "CURRENT_DATE");
		return 0;
	case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
		fixed ? pk_closed_add_moment(p, "timestamptz", out) : pk_buf_add(out, "CURRENT_TIMESTAMP");
		return 0;
	case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
		fixed ? pk_closed_add_moment(p, "timestamp", out) : pk_buf_add(out, "LOCALTIMESTAMP");
		return 0;
	default:
		return pk_err_set(p->err, "of what the session knows, only the time is allowed");
	}
}
