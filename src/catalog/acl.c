#include "catalog/acl.h"

#include "base/strv.h"
#include "pg/conn.h"

/* aclitem's letters, as in PostgreSQL's acl.h. */
static const struct {
	char letter;
	const char *name;
} privileges[] = {
	{ 'a', "INSERT" },   { 'r', "SELECT" },  { 'w', "UPDATE" },     { 'd', "DELETE" },  { 'D', "TRUNCATE" },
	{ 'x', "REFERENCES" }, { 't', "TRIGGER" }, { 'X', "EXECUTE" },  { 'U', "USAGE" },   { 'C', "CREATE" },
	{ 'T', "TEMPORARY" }, { 'c', "CONNECT" }, { 's', "SET" },       { 'A', "ALTER SYSTEM" }, { 'm', "MAINTAIN" },
};

static const char *privilege_name(char letter)
{
	for (size_t i = 0; i < PK_COUNT(privileges); i++) {
		if (privileges[i].letter == letter)
			return privileges[i].name;
	}
	return NULL;
}

/* The role of an aclitem, quoted as SQL wants it, and whether it is managed; moves *p past the '='. */
static bool read_grantee(const char **p, const struct pk_managed *managed, struct pk_buf *out)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;
	const char *c = *p;
	bool any = false;

	if (*c == '"') {
		any = true;
		for (c++; *c && !(*c == '"' && c[1] != '"'); c++) {
			if (*c == '"')
				c++;
			pk_buf_addc(&name, *c);
		}
		if (*c)
			c++;
	} else {
		for (; *c && *c != '='; c++, any = true)
			pk_buf_addc(&name, *c);
	}
	if (any)
		pk_buf_add_ident(out, name.ptr);
	else
		pk_buf_add(out, "PUBLIC");
	*p = *c == '=' ? c + 1 : c;
	return pk_managed_grantee(managed, any ? name.ptr : "PUBLIC");
}

/* Moves past "/grantor" and the newline. */
static const char *skip_grantor(const char *p)
{
	bool quoted = false;

	for (; *p && (quoted || *p != '\n'); p++) {
		if (*p == '"')
			quoted = !quoted;
	}
	return *p ? p + 1 : p;
}

static void read_items(const char *acl, const struct pk_managed *managed, struct pk_strv *out, size_t *left_out)
{
	for (const char *p = acl ? acl : ""; *p; p = skip_grantor(p)) {
		PK_AUTO(pk_buf) grantee = PK_BUF_INIT;
		bool counts = read_grantee(&p, managed, &grantee);

		for (; *p && *p != '/' && *p != '\n'; p++) {
			const char *name = privilege_name(*p);
			bool grantable = p[1] == '*';

			if (name && !counts)
				++*left_out;
			else if (name)
				pk_strv_pushf(out, "%s\t%c\t%s", grantee.ptr, grantable ? 'g' : '-', name);
			p += grantable;
		}
	}
	pk_strv_sort(out);
}

const char **pk_acl_parse(struct pk_arena *arena, const struct pk_managed *managed, const char *acl,
			  const char *acl_default, size_t *left_out)
{
	PK_AUTO(pk_strv) have = PK_STRV_INIT;
	PK_AUTO(pk_strv) born = PK_STRV_INIT;
	const char **lines;
	size_t n = 0, withheld = 0;

	if (!acl)
		return NULL;
	read_items(acl, managed, &have, left_out);
	read_items(acl_default, managed, &born, &withheld);
	lines = pk_arena_alloc(arena, (have.n + born.n + 1) * sizeof(*lines));
	for (size_t i = 0; i < have.n; i++) {
		if (!pk_strv_has(&born, have.items[i]))
			lines[n++] = pk_arena_printf(arena, "+%s", have.items[i]);
	}
	for (size_t i = 0; i < born.n; i++) {
		if (!pk_strv_has(&have, born.items[i]))
			lines[n++] = pk_arena_printf(arena, "-%s", born.items[i]);
	}
	return n ? lines : NULL;
}

bool pk_acl_has(const char *const *lines, const char *line)
{
	for (; lines && *lines; lines++) {
		if (strcmp(*lines, line) == 0)
			return true;
	}
	return false;
}

bool pk_acl_same(const char *const *a, const char *const *b)
{
	for (const char *const *p = a; p && *p; p++) {
		if (!pk_acl_has(b, *p))
			return false;
	}
	for (const char *const *p = b; p && *p; p++) {
		if (!pk_acl_has(a, *p))
			return false;
	}
	return true;
}

/* The letter of a kind's default privileges in pg_default_acl; 0: it has none. */
static char default_letter(const struct pk_kind *kind)
{
	static const struct {
		const char *grant_on;
		char letter;
	} letters[] = { { "TABLE", 'r' }, { "SEQUENCE", 'S' }, { "FUNCTION", 'f' }, { "TYPE", 'T' }, { "DOMAIN", 'T' },
			{ "SCHEMA", 'n' } };

	for (size_t i = 0; i < PK_COUNT(letters) && !kind->part; i++) {
		if (pk_streq(letters[i].grant_on, kind->grant_on))
			return letters[i].letter;
	}
	return 0;
}

static const struct pk_object *defaults_of(struct pk_arena *arena, const struct pk_snapshot *side, const char *role,
					   const char *schema, char letter, bool (*in_force)(const struct pk_object *))
{
	const struct pk_object *acl = pk_snapshot_find(
		side, pk_arena_printf(arena, "%s %s %s %c", pk_kind_default_acl.name, role, schema, letter));

	return acl && in_force(acl) ? acl : NULL;
}

/* Adds the lines that the others do not have, neither as they are nor with the other sign. */
static size_t add_lines(struct pk_arena *arena, const char **lines, size_t n, const char *const *from,
			const char *const *others)
{
	for (; from && *from; from++) {
		const char *opposite = pk_arena_printf(arena, "%c%s", **from == '+' ? '-' : '+', *from + 1);

		if (!pk_acl_has(others, opposite) && !(n && pk_acl_has(others, *from)))
			lines[n++] = *from;
	}
	return n;
}

const char **pk_acl_born(struct pk_arena *arena, const struct pk_snapshot *side, const char *role,
			 bool (*in_force)(const struct pk_object *default_privileges), const struct pk_object *o)
{
	char letter = default_letter(o->kind);
	PK_AUTO(pk_buf) schema = PK_BUF_INIT;
	const struct pk_object *of_all, *of_schema;
	const char *const *everywhere, *const *here;
	const char **lines;
	size_t n = 0;

	if (!letter || !role)
		return NULL;
	pk_buf_add_ident(&schema, o->schema ? o->schema : "");
	/* Those for everywhere come in place of the built-in ones, those of the schema are added. */
	of_all = defaults_of(arena, side, role, "*", letter, in_force);
	of_schema = defaults_of(arena, side, role, schema.ptr, letter, in_force);
	if (of_all && pk_default_acl_is_void(of_all) && !of_schema)
		return NULL;
	everywhere = of_all ? of_all->grants : NULL;
	here = of_schema ? of_schema->grants : NULL;
	for (const char *const *p = everywhere; p && *p; p++)
		n++;
	for (const char *const *p = here; p && *p; p++)
		n++;
	lines = pk_arena_alloc(arena, (n + 1) * sizeof(*lines));
	n = add_lines(arena, lines, 0, everywhere, here);
	add_lines(arena, lines, n, here, everywhere);
	return lines;
}

/* A privilege statement in the making: lines of one grantee and grant option are put together. */
struct change {
	struct pk_script *s;
	const struct pk_object *o;
	bool grant;
	char head[256]; /* "<grantee>\t<g|->", of the lines collected */
	struct pk_buf list;
};

static void flush(struct change *c)
{
	const struct pk_kind *kind = c->o->kind;
	const char *prefix = "", *on = c->o->kind->sql_name_attr ? pk_sql_name(c->o) : c->o->kind->grant_on, *tab;
	const char *ident = c->o->kind->grant_name_attr ? c->o->attr[c->o->kind->grant_name_attr - 1] : c->o->ident;
	PK_AUTO(pk_buf) target = PK_BUF_INIT;
	PK_AUTO(pk_buf) privs = PK_BUF_INIT;

	if (!c->list.len)
		return;
	tab = strrchr(c->head, '\t');
	if (kind->grant_prefix_attr) {
		prefix = pk_arena_printf(c->s->arena, "%s ", c->o->attr[kind->grant_prefix_attr - 1]);
		pk_buf_add(&target, ident);
	} else if (kind->part) {
		pk_buf_addf(&target, "TABLE %s", c->o->parent->ident);
	} else {
		pk_buf_addf(&target, "%s %s", on, ident);
	}
	pk_buf_add(&privs, c->list.ptr);
	if (c->grant)
		pk_emit(c->s, "%sGRANT %s ON %s TO %.*s%s", prefix, privs.ptr, target.ptr, (int)(tab - c->head), c->head,
			tab[1] == 'g' ? " WITH GRANT OPTION" : "")->lock = "";
	else
		pk_emit(c->s, "%sREVOKE %s ON %s FROM %.*s", prefix, privs.ptr, target.ptr, (int)(tab - c->head),
			c->head)->lock = "";
	pk_buf_clear(&c->list);
}

static void add(struct change *c, const char *line)
{
	const char *tab = strrchr(line, '\t');
	size_t head = (size_t)(tab - line);

	if (head >= sizeof(c->head))
		return; /* a role name has 63 bytes at most, quoted 130 */
	if (strlen(c->head) != head || strncmp(c->head, line, head) != 0)
		flush(c);
	memcpy(c->head, line, head);
	c->head[head] = '\0';
	pk_buf_addf(&c->list, "%s%s", c->list.len ? ", " : "", tab + 1);
	if (c->o->kind->part)
		pk_buf_addf(&c->list, " (%s)", c->o->attr[0]);
}

/* Of the same grantee and privilege, whatever the grant option; neither has its sign. */
static bool about_the_same(const char *a, const char *b)
{
	const char *tab = strrchr(a, '\t'), *other = strrchr(b, '\t');

	return strcmp(tab, other) == 0 && tab - a == other - b && strncmp(a, b, (size_t)(tab - 1 - a)) == 0;
}

/* REVOKE on a relation takes the privilege on its columns as well, also from those that keep it, or (all) have it by now. */
static void grant_on_columns(struct pk_script *s, const struct pk_object *o, const char *revoked, bool all)
{
	for (size_t i = 0; (s->from || all) && i < o->n_children; i++) {
		const struct pk_object *column = o->children[i];
		const struct pk_object *old = !column->kind->part ? NULL : all ? column : pk_snapshot_find(s->from, column->key);
		struct change grant = { .s = s, .o = column, .grant = true, .list = PK_BUF_INIT };

		for (const char **p = old ? column->grants : NULL; p && *p; p++) {
			if (about_the_same(*p + 1, revoked) && pk_acl_has(old->grants, *p))
				add(&grant, *p + 1);
		}
		flush(&grant);
		pk_buf_release(&grant.list);
	}
}

/* Is the privilege there still, with the grant option that it did not have? */
static bool gains_option(struct pk_arena *arena, const char *line, const char *const *to)
{
	const char *option = strrchr(line, '\t') - 1;

	return *option == '-' && pk_acl_has(to, pk_arena_printf(arena, "+%.*sg%s", (int)(option - line), line, option + 1));
}

/* What is no longer granted, or newly withheld: a grant option given up is a revoke too. */
static const char **revoked(struct pk_arena *arena, const char *const *from, const char *const *to)
{
	const char **lines;
	size_t n = 0;

	for (const char *const *p = from; p && *p; p++)
		n++;
	for (const char *const *p = to; p && *p; p++)
		n++;
	lines = pk_arena_alloc(arena, (n + 1) * sizeof(*lines));
	n = 0;
	for (const char *const *p = from; p && *p; p++) {
		if (**p == '+' && !pk_acl_has(to, *p) && !gains_option(arena, *p + 1, to))
			lines[n++] = *p + 1;
	}
	for (const char *const *p = to; p && *p; p++) {
		if (**p == '-' && !pk_acl_has(from, *p) && !gains_option(arena, *p + 1, to))
			lines[n++] = *p + 1;
	}
	return lines;
}

const char *const *pk_acl_left(struct pk_arena *arena, const char *const *lines, const char *const *from, const char *const *to)
{
	const char **gone = revoked(arena, from, to), **left;
	size_t n = 0;

	while (lines && lines[n])
		n++;
	left = pk_arena_alloc(arena, (n + 1) * sizeof(*left));
	n = 0;
	for (const char *const *p = lines; p && *p; p++) {
		bool taken = false;

		for (const char **q = gone; *q && !taken; q++)
			taken = about_the_same(*p + 1, *q);
		if (!taken)
			left[n++] = *p;
	}
	left[n] = NULL;
	return left;
}

void pk_acl_change(struct pk_script *s, const struct pk_object *o, const char *const *from, const char *const *to)
{
	struct change revoke = { .s = s, .o = o, .list = PK_BUF_INIT };
	struct change grant = { .s = s, .o = o, .grant = true, .list = PK_BUF_INIT };
	const char **gone = revoked(s->arena, from, to);

	for (const char **p = gone; *p; p++)
		add(&revoke, *p);
	flush(&revoke);
	for (const char **p = gone; *p && !o->kind->part; p++)
		grant_on_columns(s, o, *p, false);
	for (const char *const *p = from; p && *p; p++) {
		if (**p == '-' && !pk_acl_has(to, *p))
			add(&grant, *p + 1);
	}
	for (const char *const *p = to; p && *p; p++) {
		if (**p == '+' && !pk_acl_has(from, *p))
			add(&grant, *p + 1);
	}
	flush(&grant);
	pk_buf_release(&revoke.list);
	pk_buf_release(&grant.list);
}

void pk_acl_withhold(struct pk_script *s, const struct pk_object *o, const char *const *lines)
{
	struct change revoke = { .s = s, .o = o, .list = PK_BUF_INIT };

	for (const char *const *p = lines; *p; p++)
		add(&revoke, *p + 1);
	flush(&revoke);
	for (const char *const *p = lines; *p; p++)
		grant_on_columns(s, o, *p + 1, true);
	pk_buf_release(&revoke.list);
}
