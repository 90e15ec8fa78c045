/* Owner, comment, security labels and privileges: the same for every kind. */
#include "catalog/acl.h"
#include "catalog/kind.h"

static const char *owner_of(const struct pk_script *s, const struct pk_object *o)
{
	return o->owner ? o->owner : s->database_owner;
}

/* Has it an owner that counts? */
static bool is_owned(const struct pk_object *o)
{
	return o->kind->owned && !(o->kind->superusers_attr && o->attr[o->kind->superusers_attr - 1]);
}

/* A sequence that a column owns all along goes with the owner of the table. */
static bool owner_changes(const struct pk_object *from, const struct pk_object *to)
{
	if (!is_owned(to) || pk_streq(from->owner, to->owner))
		return false;
	return !to->kind->tied_to_column || !pk_object_tie(to) || !pk_streq(pk_object_tie(from), pk_object_tie(to));
}

static void emit_comment(struct pk_script *s, const struct pk_object *o, const char *comment)
{
	struct pk_stmt *stmt = pk_emit(s, "COMMENT ON %s %s IS %s", pk_sql_name(o), o->ident, comment ? comment : "NULL");

	stmt->lock = o->kind->relation_name || o->kind->part ? "SHARE UPDATE EXCLUSIVE" : "";
	if (o->kind->relation_name)
		stmt->about = o;
}

/* An identity's sequence is no object of its own to SQL: it goes by the name that privileges know. */
static void emit_label(struct pk_script *s, const struct pk_object *o, const char *provider, const char *text)
{
	bool named = o->kind->sql_name[0] != '\0';
	struct pk_stmt *stmt = pk_emit(s, "SECURITY LABEL FOR %s ON %s %s IS %s", provider,
				       named ? pk_sql_name(o) : o->kind->grant_on,
				       named ? o->ident : o->attr[o->kind->grant_name_attr - 1], text);

	stmt->lock = o->kind->relation_name || o->kind->part ? "SHARE UPDATE EXCLUSIVE" : "";
	stmt->note = "its provider decides whether it may be; where that is not loaded, only local servers keep it";
	if (o->kind->relation_name)
		stmt->about = o;
}

static const struct pk_label *label_of(const struct pk_label *labels, const char *provider)
{
	while (labels && strcmp(labels->provider, provider) != 0)
		labels = labels->next;
	return labels;
}

static bool has_labels(const struct pk_label *these, const struct pk_label *those)
{
	for (; these; these = these->next) {
		const struct pk_label *that = label_of(those, these->provider);

		if (!that || strcmp(that->text, these->text) != 0)
			return false;
	}
	return true;
}

static void change_labels(struct pk_script *s, const struct pk_object *o, const struct pk_label *from,
			  const struct pk_label *to)
{
	for (const struct pk_label *old = from; old; old = old->next)
		if (!label_of(to, old->provider))
			emit_label(s, o, old->provider, "NULL");
	for (const struct pk_label *new = to; new; new = new->next) {
		const struct pk_label *old = label_of(from, new->provider);

		if (!old || strcmp(old->text, new->text) != 0)
			emit_label(s, o, new->provider, new->text);
	}
}

static void emit_owner(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt = pk_emit(s, "ALTER %s %s OWNER TO %s", pk_sql_name(o), o->ident, owner_of(s, o));

	stmt->lock = "ACCESS EXCLUSIVE";
	stmt->about = o;
}

static bool comment_counts(const struct pk_object *o)
{
	return o->kind->sql_name[0] != '\0';
}

static bool is_of(const char *line, char sign, const char *grantee)
{
	size_t len = strcspn(line + 1, "\t");

	return *line == sign && strlen(grantee) == len && strncmp(line + 1, grantee, len) == 0;
}

/* Adds a line, unless the same is granted already; with the grant option it takes the place of one without. */
static size_t add_granted(const char **lines, size_t n, const char *line)
{
	const char *option = strrchr(line, '\t') - 1;

	for (size_t i = 0; i < n; i++) {
		const char *other = strrchr(lines[i], '\t') - 1;

		if (other - lines[i] != option - line || strncmp(lines[i], line, (size_t)(option - line)) != 0 ||
		    strcmp(other + 1, option + 1) != 0)
			continue;
		if (*option == 'g')
			lines[i] = line;
		return n;
	}
	lines[n] = line;
	return n + 1;
}

static bool has_line(const char *const *lines, size_t n, const char *line)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(lines[i], line) == 0)
			return true;
	}
	return false;
}

/*
 * The new owner has what the old one had and what it had been granted itself: where either could pass a privilege
 * on, that stands there; and what was withheld from the old one and not granted to the new one is withheld.
 */
static size_t add_owners(struct pk_script *s, const char **lines, size_t n, const char *const *grants, const char *old,
			 const char *new)
{
	size_t n_grants = 0;

	while (grants[n_grants])
		n_grants++;
	for (size_t i = 0; i < n_grants; i++) {
		const char *privilege = strrchr(grants[i], '\t') + 1;
		const char *granted = pk_arena_printf(s->arena, "+%s\tg\t%s", new, privilege);
		const char *withheld = pk_arena_printf(s->arena, "-%s\t-\t%s", new, privilege);
		bool mine = is_of(grants[i], '+', old) || is_of(grants[i], '-', old) || is_of(grants[i], '+', new);
		bool passes = has_line(grants, n_grants, granted) ||
			      has_line(grants, n_grants, pk_arena_printf(s->arena, "+%s\tg\t%s", old, privilege));

		if (!mine || has_line(lines, n, withheld))
			continue;
		if (passes)
			lines[n++] = granted;
		if (passes || (is_of(grants[i], '-', old) &&
			       !has_line(grants, n_grants, pk_arena_printf(s->arena, "+%s\t-\t%s", new, privilege))))
			lines[n++] = withheld;
	}
	return n;
}

/*
 * What is granted once the owner is another. On columns, where owners have nothing by themselves, it has what the
 * old one had.
 */
static const char *const *grants_after_owner(struct pk_script *s, const struct pk_object *o, const char *const *grants,
					     const char *old, const char *new)
{
	const char **lines;
	size_t n = 0;

	while (grants && grants[n])
		n++;
	if (!n || !old || !new || (!o->kind->owned && !o->parent) || pk_streq(old, new))
		return grants;
	lines = pk_arena_alloc(s->arena, (2 * n + 1) * sizeof(*lines));
	n = 0;
	for (const char *const *p = grants; *p; p++) {
		if (!o->kind->part && (is_of(*p, '+', new) || is_of(*p, '+', old) || is_of(*p, '-', old)))
			continue;
		n = add_granted(lines, n, !is_of(*p, '+', old) ? *p : pk_arena_printf(s->arena, "+%s%s", new, *p + 1 + strlen(old)));
	}
	if (!o->kind->part)
		n = add_owners(s, lines, n, grants, old, new);
	lines[n] = NULL;
	return lines;
}

/* What it grants, but for what statements of their own give and take. */
static const char *const *grants_of(struct pk_script *s, const struct pk_object *o)
{
	const char **apart = s->grants_apart ? s->grants_apart(s, o) : NULL, **lines;
	size_t n = 0;

	if (!apart || !*apart)
		return o->grants;
	while (o->grants[n])
		n++;
	lines = pk_arena_alloc(s->arena, (n + 1) * sizeof(*lines));
	n = 0;
	for (const char **p = o->grants; *p; p++)
		if (!pk_acl_has(apart, *p))
			lines[n++] = *p;
	lines[n] = NULL;
	return lines;
}

/* The lines with those first that let the owner grant on, or, alone, these only. NULL: none. */
static const char *const *own_first(struct pk_script *s, const struct pk_object *o, const char *owner, bool alone)
{
	const char *own = owner ? pk_arena_printf(s->arena, "+%s\tg\t", owner) : NULL, **lines;
	const char *const *grants = grants_of(s, o);
	size_t n = 0;

	if (!own || !grants)
		return alone ? NULL : grants;
	while (grants[n])
		n++;
	lines = pk_arena_alloc(s->arena, (n + 1) * sizeof(*lines));
	n = 0;
	for (const char *const *p = grants; *p; p++) {
		if (pk_starts_with(*p, own))
			lines[n++] = *p;
	}
	for (const char *const *p = grants; *p && !alone; p++) {
		if (!pk_starts_with(*p, own))
			lines[n++] = *p;
	}
	lines[n] = NULL;
	return lines;
}

/* The object that has its owner: columns and their identities are their table's. */
static const struct pk_object *owned(const struct pk_object *o)
{
	return o->kind->owned || !o->parent ? o : o->parent;
}

/* What it is granted when it is made, once it has its owner. */
static const char *const *born_grants(struct pk_script *s, const struct pk_object *o)
{
	const char *born = s->role ? s->role : s->database_owner;

	return grants_after_owner(s, o, s->born ? s->born(s, o) : NULL, born, owner_of(s, owned(o)));
}

static void create_common(struct pk_script *s, const struct pk_object *o, bool with_parent)
{
	const char *born = s->role ? s->role : s->database_owner, *owner = owner_of(s, owned(o));

	if (is_owned(o) && owner && !pk_streq(owner, born))
		emit_owner(s, o);
	if (o->comment && comment_counts(o))
		emit_comment(s, o, o->comment);
	change_labels(s, o, NULL, o->labels);
	if (o->kind->grant_on && with_parent)
		pk_acl_change(s, o, pk_acl_left(s->arena, own_first(s, o, owner, true), born_grants(s, o->parent), grants_of(s, o->parent)),
			      grants_of(s, o));
	else if (o->kind->grant_on)
		pk_acl_change(s, o, born_grants(s, o), own_first(s, o, owner, false));
}

void pk_common_create(struct pk_script *s, const struct pk_object *o)
{
	create_common(s, o, false);
}

void pk_common_again(struct pk_script *s, const struct pk_object *o)
{
	if (o->kind->extras)
		o->kind->extras(s, NULL, o);
	if (o->comment)
		emit_comment(s, o, o->comment);
}

void pk_common_alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (owner_changes(from, to) && owner_of(s, to))
		emit_owner(s, to);
	if (comment_counts(to) && !pk_streq(from->comment, to->comment))
		emit_comment(s, to, to->comment);
	change_labels(s, to, from->labels, to->labels);
	if (to->kind->grant_on)
		pk_acl_change(s, to, grants_after_owner(s, to, grants_of(s, from), owner_of(s, owned(from)), owner_of(s, owned(to))),
			      grants_of(s, to));
}

bool pk_common_same(const struct pk_script *s, const struct pk_object *a, const struct pk_object *b)
{
	(void)s;
	if (owner_changes(a, b) || (owned(b) != b && b->grants && owner_changes(owned(a), owned(b))))
		return false;
	if (comment_counts(b) && !pk_streq(a->comment, b->comment))
		return false;
	if (!has_labels(a->labels, b->labels) || !has_labels(b->labels, a->labels))
		return false;
	return !b->kind->grant_on || pk_acl_same(a->grants, b->grants);
}

static int by_name(const void *a, const void *b)
{
	const struct pk_object *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

size_t pk_children(struct pk_script *s, const struct pk_object *o, const struct pk_kind *kind, const struct pk_object ***ret)
{
	const struct pk_object **list = pk_arena_alloc(s->arena, (o->n_children + 1) * sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < o->n_children; i++) {
		if (kind ? o->children[i]->kind == kind : o->children[i]->kind->part)
			list[n++] = o->children[i];
	}
	if (s->canonical || (kind && !kind->part))
		qsort(list, n, sizeof(*list), by_name);
	*ret = list;
	return n;
}

void pk_object_create(struct pk_script *s, const struct pk_object *o)
{
	const struct pk_object **parts;
	size_t n;

	/* The canonical text of a table holds its constraints. */
	if (!(s->canonical && pk_object_folds(o)))
		o->kind->create(s, o);
	if (o->kind->extras)
		o->kind->extras(s, NULL, o);
	n = pk_children(s, o, NULL, &parts);
	/*
	 * What lets an owner grant on comes before any other option: then the server would let another role grant
	 * where who runs this is a member of both, and nobody can give an option back to whom it has it from.
	 */
	for (size_t i = 0; i < n; i++) {
		if (parts[i]->kind->grant_on)
			pk_acl_change(s, parts[i], NULL, own_first(s, parts[i], owner_of(s, owned(o)), true));
	}
	pk_common_create(s, o);
	for (size_t i = 0; i < n; i++) {
		parts[i]->kind->extras(s, NULL, parts[i]);
		create_common(s, parts[i], true);
	}
}
