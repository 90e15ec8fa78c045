#include "base/text.h"
#include "catalog/kind.h"
#include "pg/conn.h"

/* In the order in which they are read. */
const struct pk_kind *const pk_kinds[] = {
	&pk_kind_schema,     &pk_kind_extension,  &pk_kind_collation, &pk_kind_enum,      &pk_kind_composite,
	&pk_kind_domain,     &pk_kind_range,      &pk_kind_sequence,  &pk_kind_function,  &pk_kind_aggregate,
	&pk_kind_table,      &pk_kind_foreign_table, &pk_kind_view,    &pk_kind_matview,   &pk_kind_column,    &pk_kind_identity,   &pk_kind_attachment,
	&pk_kind_constraint, &pk_kind_index,      &pk_kind_trigger,   &pk_kind_policy,    &pk_kind_rule,
	&pk_kind_statistics, &pk_kind_default_acl,
	&pk_kind_text_search_parser, &pk_kind_text_search_template, &pk_kind_text_search_dictionary,
	&pk_kind_text_search_configuration,
	&pk_kind_base_type,  &pk_kind_shell,      &pk_kind_operator,  &pk_kind_operator_family,
	&pk_kind_operator_class, &pk_kind_cast,   &pk_kind_conversion, &pk_kind_access_method,
	&pk_kind_language,   &pk_kind_transform,  &pk_kind_foreign_data_wrapper,
	&pk_kind_foreign_server, &pk_kind_user_mapping, &pk_kind_publication, &pk_kind_publication_table,
	&pk_kind_publication_schema, &pk_kind_subscription, &pk_kind_event_trigger, &pk_kind_partition_trigger, NULL,
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

/* What a view says of its security changes what it means; of the others one concerns whoever reads. */
static const char *options_lock(const char *options)
{
	static const char *const strong[] = { "security_", "check_option", "user_catalog_table" };

	for (size_t i = 0; i < PK_COUNT(strong); i++) {
		if (options && strstr(options, strong[i]))
			return "ACCESS EXCLUSIVE";
	}
	return "SHARE UPDATE EXCLUSIVE";
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
		pk_emit(s, "%s RESET (%s)", alter_what, reset.ptr)->lock = options_lock(from);
	if (n_new && !pk_streq(from, to))
		pk_emit(s, "%s SET (%s)", alter_what, pk_attr_joined(s, to))->lock = options_lock(to);
}

const char *pk_sql_name(const struct pk_object *o)
{
	return o->kind->sql_name_attr ? o->attr[o->kind->sql_name_attr - 1] : o->kind->sql_name;
}

bool pk_object_folds(const struct pk_object *o)
{
	return o->kind->folds && o->kind->folds(o);
}

bool pk_object_comes_by_itself(const struct pk_object *o)
{
	return o->kind->comes_by_itself && o->kind->comes_by_itself(o);
}

bool pk_takes_relation_name(const struct pk_object *o)
{
	return o->kind->takes_relation_name ? o->kind->takes_relation_name(o) : o->kind->relation_name;
}

void pk_add_relation_name(struct pk_strv *names, const char *schema, const char *name)
{
	pk_strv_pushf(names, "a relation\n%s\n%s", schema, name);
}

void pk_add_type_name(struct pk_strv *names, const char *schema, const char *name)
{
	pk_strv_pushf(names, "a type\n%s\n%s", schema, name);
}

void pk_add_taken_names(struct pk_script *s, const struct pk_object *o, const char *schema, const char *name, struct pk_strv *names)
{
	const char *also = o->kind->also_type_attr ? o->attr[o->kind->also_type_attr - 1] : NULL;

	if (o->kind->routine)
		pk_strv_pushf(names, "routine\n%s\n%s", schema, name);
	if (pk_takes_relation_name(o) && !o->kind->no_relation)
		pk_add_relation_name(names, schema, name);
	if (o->kind->comes_first || (o->kind->relation_name && !o->kind->no_row_type))
		pk_add_type_name(names, schema, name);
	if (also)
		pk_add_type_name(names, pk_name_of_ident(s, pk_schema_of_ident(s->arena, also)), pk_name_of_ident(s, also));
}

const char *pk_object_tie(const struct pk_object *o)
{
	return o->kind->tie ? o->kind->tie(o) : NULL;
}

bool pk_tied_later(const struct pk_script *s, const struct pk_object *o)
{
	return s->tied_later && s->tied_later(s, o);
}

const struct pk_object *pk_part_named(const struct pk_object *of, const struct pk_kind *kind, const char *name)
{
	for (size_t i = 0; i < of->n_children; i++) {
		if (of->children[i]->kind == kind && strcmp(of->children[i]->name, name) == 0)
			return of->children[i];
	}
	return NULL;
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
	pk_emit(s, "CREATE %s %s (%s)", pk_sql_name(o), o->ident, pk_attr(o, 0))->superuser = o->kind->superuser;
}

void pk_drop_plain(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "DROP %s %s", pk_sql_name(o), o->ident);
}

enum pk_outcome pk_anew(struct pk_script *s, enum pk_outcome outcome, const char *why)
{
	s->why = why;
	return outcome;
}

void pk_kind_words(struct pk_buf *out, const char *kind)
{
	for (; *kind; kind++)
		pk_buf_addc(out, *kind == '_' ? ' ' : *kind);
}

enum pk_outcome pk_alter_recreate(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)s, (void)from, (void)to;
	return PK_RECREATE;
}

/* Names have 63 bytes at most; what is cut off leaves its hash, and no half of a character. */
static void add_name_with(struct pk_buf *raw, const char *name, const char *suffix)
{
	size_t len = strlen(name), room = 63 - strlen(suffix), cut = room - strlen("_01234567");

	if (len <= room) {
		pk_buf_addf(raw, "%s%s", name, suffix);
		return;
	}
	while (cut && ((unsigned char)name[cut] & 0xC0) == 0x80)
		cut--;
	pk_buf_addf(raw, "%.*s_%08x%s", (int)cut, name, (unsigned)pk_hash(name, len, 0), suffix);
}

const char *pk_name_with(struct pk_script *s, const char *name, const char *suffix)
{
	PK_AUTO(pk_buf) raw = PK_BUF_INIT;
	PK_AUTO(pk_buf) quoted = PK_BUF_INIT;

	add_name_with(&raw, name, suffix);
	for (int n = 2; s->is_taken && s->is_taken(s, raw.ptr); n++) {
		pk_buf_truncate(&raw, 0);
		add_name_with(&raw, pk_arena_printf(s->arena, "%s_%d", name, n), suffix);
	}
	pk_buf_add_ident(&quoted, raw.ptr);
	return pk_arena_strdup(s->arena, quoted.ptr);
}

static const char *ident_with(struct pk_script *s, const struct pk_object *o, const char *suffix)
{
	PK_AUTO(pk_buf) ident = PK_BUF_INIT;

	pk_buf_add_ident(&ident, o->schema);
	pk_buf_addf(&ident, ".%s", pk_name_with(s, o->name, suffix));
	return pk_arena_strdup(s->arena, ident.ptr);
}

static bool names(const char *text, const char *ident)
{
	size_t len = strlen(ident);

	return strncmp(text, ident, len) == 0 && strchr("[( ", text[len]); /* or the end */
}

bool pk_is_type(const char *text, const struct pk_object *type)
{
	int also = type->kind->also_type_attr - 1;

	return type->kind->relation_name && (names(text, type->ident) || (also >= 0 && names(text, type->attr[also])));
}

const char *pk_beside_name(struct pk_script *s, const struct pk_object *o)
{
	return pk_name_with(s, o->name, "__new");
}

const char *pk_beside_ident(struct pk_script *s, const struct pk_object *o)
{
	return ident_with(s, o, "__new");
}

/* The dot between schema and name. */
static const char *dot_of(const char *ident)
{
	bool quoted = false;

	for (; *ident && (quoted || *ident != '.'); ident++) {
		if (*ident == '"')
			quoted = !quoted;
	}
	return ident;
}

const char *pk_schema_of_ident(struct pk_arena *arena, const char *ident)
{
	return pk_arena_strndup(arena, ident, (size_t)(dot_of(ident) - ident));
}

const char *pk_name_of_ident(struct pk_script *s, const char *ident)
{
	const char *dot = dot_of(ident);
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	for (const char *p = *dot ? dot + 1 : ident; *p; p++) {
		if (*p == '"' && p[1] == '"')
			p++;
		else if (*p == '"')
			continue;
		pk_buf_addc(&name, *p);
	}
	return pk_arena_strdup(s->arena, name.ptr);
}

const char *pk_aside_name(struct pk_script *s, const char *name)
{
	return pk_name_with(s, name, "__replaced");
}

void pk_set_aside_type(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "ALTER %s %s RENAME TO %s", pk_sql_name(o), o->ident, pk_aside_name(s, o->name));
}

const char *pk_aside_ident(struct pk_script *s, const struct pk_object *o)
{
	return ident_with(s, o, "__replaced");
}

const char *pk_find_outside(const char *sql, const char *words)
{
	size_t len = strlen(words);
	int depth = 0;
	char quote = 0;

	for (const char *p = sql; *p; p++) {
		if (!quote && depth == 0 && strncmp(p, words, len) == 0)
			return p;
		if (quote)
			quote = *p == quote ? 0 : quote;
		else if (*p == '\'' || *p == '"')
			quote = *p;
		else if (*p == '(')
			depth++;
		else if (*p == ')')
			depth--;
	}
	return NULL;
}
