/* Providers of security labels: "mask", which refuses the label "no", and "level", which takes all. */
#include "postgres.h"

#include "commands/seclabel.h"
#include "fmgr.h"

PG_MODULE_MAGIC;

void _PG_init(void);

static void check(const ObjectAddress *object, const char *label)
{
	if (label && strcmp(label, "no") == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("mask refuses this label")));
}

static void take(const ObjectAddress *object, const char *label)
{
}

void _PG_init(void)
{
	register_label_provider("mask", check);
	register_label_provider("level", take);
}
