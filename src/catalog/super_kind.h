/* Which kinds of statements a superuser runs for a role. For super.c alone. */
#ifndef PK_CATALOG_SUPER_KIND_H
#define PK_CATALOG_SUPER_KIND_H

#include "catalog/super.h"

/* How much of the text's own is let into a superuser's session. */
enum pk_super_how {
	PK_SUPER_ALWAYS,   /* a superuser's whoever asks; what it makes is not given away: extensions */
	PK_SUPER_HARMLESS, /* runs nothing that it names, neither now nor later as superuser */
	PK_SUPER_TRUSTED,  /* would lend its author a superuser's powers */
	PK_SUPER_LENT,     /* the role runs it, with wrappers and servers lent to it */
};

/* What has to be looked at beyond whose things it touched. */
enum pk_super_care {
	PK_SUPER_NOTHING,
	PK_SUPER_CLASS,     /* the access method of an operator class has to find nothing wrong */
	PK_SUPER_VALIDATOR, /* it runs a foreign-data wrapper's validator, which must not be a function of the role's */
};

struct pk_super_kind {
	enum pk_verb verb;
	const char *object;
	enum pk_super_how how;
	/* Whether the role may not: a query about the statement's language, type or name, and its second type; "": the
	 * statement says what only superusers may; NULL: never. */
	const char *ask;
	bool (*applies)(const struct pk_action *action); /* NULL: always */
	enum pk_super_care care;
};

#endif
