#include "catalog/kind.h"

/* In the order in which they are read. */
const struct pk_kind *const pk_kinds[] = {
	&pk_kind_schema,     &pk_kind_extension,  &pk_kind_collation, &pk_kind_enum,      &pk_kind_composite,
	&pk_kind_domain,     &pk_kind_range,      &pk_kind_sequence,  &pk_kind_function,  &pk_kind_aggregate,
	&pk_kind_table,      &pk_kind_view,       &pk_kind_matview,   &pk_kind_column,    &pk_kind_attachment,
	&pk_kind_constraint, &pk_kind_index,      &pk_kind_trigger,   &pk_kind_policy,    &pk_kind_rule,
	&pk_kind_statistics, &pk_kind_default_acl,
	&pk_kind_text_search_parser, &pk_kind_text_search_template, &pk_kind_text_search_dictionary,
	&pk_kind_text_search_configuration,
	&pk_kind_base_type,  &pk_kind_shell,      &pk_kind_operator,  &pk_kind_operator_family,
	&pk_kind_operator_class, &pk_kind_cast,   &pk_kind_conversion, &pk_kind_access_method,
	&pk_kind_language,   &pk_kind_transform,  NULL,
};

size_t pk_attr_list(struct pk_script *s, const char *attr, const char *const **ret_items)
{
	size_t n = 0, i = 0;
	const char **items;

	*ret_items = NULL;
	if (!attr || !*attr)
		return 0;
	for (const char *p = attr; p; p = strchr(p + 1, PK_LIST_SEP))
		n++;
	items = pk_arena_alloc(s->arena, (n + 1) * sizeof(*items));
	for (const char *p = attr; p; i++) {
		const char *end = strchr(p, PK_LIST_SEP);

		items[i] = pk_arena_strndup(s->arena, p, end ? (size_t)(end - p) : strlen(p));
		p = end ? end + 1 : NULL;
	}
	*ret_items = items;
	return i;
}

const char *pk_item_part(struct pk_script *s, const char *item, int part)
{
	const char *end;

	for (; part > 0 && item; part--) {
		item = strchr(item, PK_PART_SEP);
		item = item ? item + 1 : NULL;
	}
	if (!item)
		return "";
	end = strchr(item, PK_PART_SEP);
	return pk_arena_strndup(s->arena, item, end ? (size_t)(end - item) : strlen(item));
}

const char *pk_item_find(struct pk_script *s, const char *const *items, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(pk_item_part(s, items[i], 0), name) == 0)
			return items[i];
	}
	return NULL;
}

const char *pk_attr_joined(struct pk_script *s, const char *attr)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	if (!attr || !*attr)
		return NULL;
	for (; *attr; attr++) {
		if (*attr == PK_LIST_SEP)
			pk_buf_add(&out, ", ");
		else
			pk_buf_addc(&out, *attr);
	}
	return pk_arena_strdup(s->arena, out.ptr);
}

/* The name of an option "name='value'", for RESET. */
static size_t option_name_length(const char *option)
{
	return strcspn(option, "=");
}

void pk_alter_options(struct pk_script *s, const char *alter_what, const char *from, const char *to)
{
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, from, &old), n_new = pk_attr_list(s, to, &new);
	PK_AUTO(pk_buf) reset = PK_BUF_INIT;

	for (size_t i = 0; i < n_old; i++) {
		size_t len = option_name_length(old[i]);
		bool kept = false;

		for (size_t j = 0; j < n_new && !kept; j++)
			kept = option_name_length(new[j]) == len && strncmp(old[i], new[j], len) == 0;
		if (kept)
			continue;
		if (reset.len)
			pk_buf_add(&reset, ", ");
		pk_buf_addn(&reset, old[i], len);
	}
	if (reset.len)
		pk_emit(s, "%s RESET (%s)", alter_what, reset.ptr);
	if (n_new && !pk_streq(from, to))
		pk_emit(s, "%s SET (%s)", alter_what, pk_attr_joined(s, to));
}

const char *pk_sql_name(const struct pk_object *o)
{
	return o->kind->sql_name_attr ? o->attr[o->kind->sql_name_attr - 1] : o->kind->sql_name;
}

bool pk_object_folds(const struct pk_object *o)
{
	return o->kind->folds && o->kind->folds(o);
}

bool pk_object_inherited(const struct pk_object *o)
{
	return o->kind->inherited && o->kind->inherited(o);
}

const char *pk_object_tie(const struct pk_object *o)
{
	return o->kind->tie ? o->kind->tie(o) : NULL;
}

const struct pk_object *pk_attachment_of(const struct pk_object *table)
{
	for (size_t i = 0; i < table->n_children; i++) {
		if (table->children[i]->kind->attachment)
			return table->children[i];
	}
	return NULL;
}

void pk_create_defined(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE %s %s (%s)", pk_sql_name(o), o->ident, pk_attr(o, 0));
}

void pk_drop_plain(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "DROP %s %s", pk_sql_name(o), o->ident);
}

enum pk_outcome pk_alter_recreate(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)s, (void)from, (void)to;
	return PK_RECREATE;
}

/* Quoted name within its schema: what stands behind the first dot outside quotes of ident. */
static const char *name_in_schema(const char *ident)
{
	bool quoted = false;

	for (const char *p = ident; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '.' && !quoted)
			return p + 1;
	}
	return ident;
}

/* "x" or x with a suffix inside the quotes; names are cut so that the suffix fits into 63 bytes. */
static const char *aside_name(struct pk_script *s, const struct pk_object *o)
{
	const char *name = name_in_schema(o->ident);
	size_t len = strlen(name);
	bool quoted = name[0] == '"';
	size_t body = quoted ? len - 2 : len;

	if (body > 50)
		body = 50;
	return pk_arena_printf(s->arena, "%s%.*s__replaced%s", quoted ? "\"" : "", (int)body, name + quoted,
			       quoted ? "\"" : "");
}

void pk_set_aside_type(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "ALTER %s %s RENAME TO %s", pk_sql_name(o), o->ident, aside_name(s, o));
}

const char *pk_aside_ident(struct pk_script *s, const struct pk_object *o)
{
	const char *name = name_in_schema(o->ident);

	return pk_arena_printf(s->arena, "%.*s%s", (int)(name - o->ident), o->ident, aside_name(s, o));
}
