/* Names: one is free before another takes it, and heirs follow the name that their parent gives a part of theirs. */
#include "base/map.h"
#include "diff/differ.h"

/* The name that goes and comes with something that brings it along; nothing where there is none, or both sides have it. */
static void add_brought_name(struct pk_differ *d, const struct pk_object *o, struct pk_strv *ret)
{
	struct pk_script s = pk_differ_script(d, &d->arena);
	const struct pk_object *other = pk_info(o)->other;
	const char *name = o->kind->brings ? o->kind->brings(&s, o) : NULL;

	if (name && (!other || pk_goes(o) || !pk_streq(name, o->kind->brings(&s, other)))) {
		pk_add_relation_name(ret, o->schema, pk_name_of_ident(&s, name));
		pk_add_type_name(ret, o->schema, pk_name_of_ident(&s, name));
	}
}

/* The node after which its old name is free. */
static size_t freeing_node(const struct pk_object *from)
{
	const struct pk_info *info = from ? pk_info(from) : NULL;

	if (!info)
		return PK_NO_NODE;
	/* it keeps its name until what was set aside goes, but for what an identity brings */
	if (info->clean != PK_NO_NODE && !info->aside && !from->kind->brings)
		return info->clean;
	if (info->drop != PK_NO_NODE)
		return info->drop;
	return from->kind->brings ? info->alter : info->rename;
}

static void wait_for_names(struct pk_differ *d, const struct pk_map *freed, const struct pk_strv *names, size_t node)
{
	for (size_t i = 0; i < names->n && node != PK_NO_NODE; i++)
		pk_graph_edge(&d->graph, freeing_node(pk_map_get(freed, names->items[i])), node);
}

static void order_names(struct pk_differ *d)
{
	struct pk_map freed = PK_MAP_INIT;
	struct pk_script s = pk_differ_script(d, &d->arena);

	for (size_t i = 0; i < d->changes.from->n; i++) {
		struct pk_object *o = d->changes.from->objects[i];
		const char *old_name = pk_info(o)->old_name;
		PK_AUTO(pk_strv) names = PK_STRV_INIT;

		if (freeing_node(o) != PK_NO_NODE && !o->kind->comes_first)
			pk_add_taken_names(&s, o, o->schema, old_name ? old_name : o->name, &names);
		add_brought_name(d, o, &names);
		for (size_t j = 0; j < names.n; j++)
			pk_map_set(&freed, names.items[j], o);
	}
	for (size_t i = 0; i < d->changes.to->n; i++) {
		struct pk_object *o = d->changes.to->objects[i];
		const struct pk_info *info = pk_info(o);
		PK_AUTO(pk_strv) taken = PK_STRV_INIT;
		PK_AUTO(pk_strv) brought = PK_STRV_INIT;

		pk_add_taken_names(&s, o, o->schema, o->name, &taken);
		if (o->kind->tied_to_column) /* no type has the name of a sequence when that is made */
			pk_add_type_name(&taken, o->schema, o->name);
		wait_for_names(d, &freed, &taken, info->create != PK_NO_NODE ? info->create : info->rename);
		add_brought_name(d, o, &brought);
		wait_for_names(d, &freed, &brought, pk_ready_node(o));
		pk_graph_edge(&d->graph, info->rename, info->alter);
	}
	pk_map_release(&freed);
}

/* What heirs have with their parent is renamed with the parent's: before they leave, where it is in the heir, too, else after. */
static void order_heirs_rename(struct pk_differ *d, const struct pk_object *o, const struct pk_object *table)
{
	for (size_t i = 0; i < table->n_heirs; i++) {
		const struct pk_object *heir = table->heirs[i], *theirs = pk_part_named(heir, o->kind, o->name);
		const struct pk_object *attachment = pk_attachment_of(heir), *later;
		size_t leaving = attachment ? pk_drop_node(attachment) : pk_info(heir)->release;

		if (!theirs)
			continue;
		later = pk_info(theirs)->other;
		if (later && strcmp(later->name, pk_info(o)->other->name) == 0)
			pk_graph_edge(&d->graph, pk_info(o)->rename, leaving);
		else
			pk_graph_edge(&d->graph, leaving, pk_info(o)->rename);
		order_heirs_rename(d, o, heir);
	}
}

/* A check of heirs that has it from its parents goes after theirs; of the same name none comes before all are gone. */
static void order_checks(struct pk_differ *d, const struct pk_object *check, const struct pk_object *table, bool old)
{
	for (size_t i = 0; i < table->n_heirs; i++) {
		const struct pk_object *heir = table->heirs[i], *other = pk_info(heir)->other;
		const struct pk_object *from = old ? heir : other, *to = old ? other : heir;
		const struct pk_object *theirs = from ? pk_part_named(from, check->kind, check->name) : NULL;
		const struct pk_object *later = to ? pk_part_named(to, check->kind, check->name) : NULL;

		if (!other || pk_goes(heir))
			continue;
		if (theirs && !old)
			pk_graph_edge(&d->graph, pk_info(theirs)->drop, pk_info(check)->create);
		else if (theirs && pk_constraint_merged(theirs))
			pk_graph_edge(&d->graph, pk_info(check)->drop, pk_info(theirs)->drop);
		if (later && old)
			pk_graph_edge(&d->graph, pk_info(check)->drop, pk_info(later)->create);
		order_checks(d, check, heir, old);
	}
}

void pk_differ_order_names(struct pk_differ *d)
{
	order_names(d);
	for (size_t i = 0; i < d->changes.from->n + d->changes.to->n; i++) {
		bool old = i < d->changes.from->n;
		const struct pk_object *o = old ? d->changes.from->objects[i] : d->changes.to->objects[i - d->changes.from->n];

		if (pk_constraint_is_check(o))
			order_checks(d, o, o->parent, old);
	}
	for (size_t i = 0; i < d->changes.from->n; i++) {
		const struct pk_object *o = d->changes.from->objects[i];

		if (pk_info(o)->rename != PK_NO_NODE && o->kind->renames_heirs && o->kind->renames_heirs(o))
			order_heirs_rename(d, o, o->parent);
	}
}
