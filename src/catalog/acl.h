/* Privileges: what an object grants beyond, or withholds from, what it is born with. */
#ifndef PK_CATALOG_ACL_H
#define PK_CATALOG_ACL_H

#include "base/managed.h"
#include "catalog/kind.h"

/*
 * From aclitem texts, a line each, and those of the default (acldefault()), to sorted lines
 * "+<grantee>\t<g|->\t<privilege>" (granted beyond it) and "-..." (withheld), NULL terminated, in the
 * arena. acl NULL: nothing. The grantor does not count: GRANT makes it the owner. Privileges of roles that
 * are not managed (NULL: all are) do not come in; *left_out is how many, added up.
 */
const char **pk_acl_parse(struct pk_arena *arena, const struct pk_managed *managed, const char *acl,
			  const char *acl_default, size_t *left_out);
bool pk_acl_has(const char *const *lines, const char *line);
bool pk_acl_same(const char *const *a, const char *const *b);
/* What the default privileges that a role has set on that side give to what it makes, as such lines; NULL: nothing. */
const char **pk_acl_born(struct pk_arena *arena, const struct pk_snapshot *side, const char *role,
			 bool (*in_force)(const struct pk_object *default_privileges), const struct pk_object *o);
/* Of default privileges: do they leave nothing to anybody? The server takes that for none, where the schema adds none. */
bool pk_default_acl_is_void(const struct pk_object *acl);
/* GRANT and REVOKE from one to the other; from NULL: as born. */
/* Of lines granted on a part those that are there still when its relation's have gone from one to the other: REVOKE there takes them. */
const char *const *pk_acl_left(struct pk_arena *arena, const char *const *lines, const char *const *from, const char *const *to);
void pk_acl_change(struct pk_script *s, const struct pk_object *o, const char *const *from, const char *const *to);

/* Takes what such lines "-..." withhold, and gives to columns what goes with it and they say. */
void pk_acl_withhold(struct pk_script *s, const struct pk_object *o, const char *const *lines);

#endif
