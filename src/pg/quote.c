#include "pg/conn.h"

/*
 * Every keyword of PostgreSQL 14 to 18 that is not "unreserved": quote_ident() quotes these. Sorted
 * by bytes. A union over the versions: quoting one too many is harmless.
 */
static const char *const keywords[] = {
	"all",
	"analyse",
	"analyze",
	"and",
	"any",
	"array",
	"as",
	"asc",
	"asymmetric",
	"authorization",
	"between",
	"bigint",
	"binary",
	"bit",
	"boolean",
	"both",
	"case",
	"cast",
	"char",
	"character",
	"check",
	"coalesce",
	"collate",
	"collation",
	"column",
	"concurrently",
	"constraint",
	"create",
	"cross",
	"current_catalog",
	"current_date",
	"current_role",
	"current_schema",
	"current_time",
	"current_timestamp",
	"current_user",
	"dec",
	"decimal",
	"default",
	"deferrable",
	"desc",
	"distinct",
	"do",
	"else",
	"end",
	"except",
	"exists",
	"extract",
	"false",
	"fetch",
	"float",
	"for",
	"foreign",
	"freeze",
	"from",
	"full",
	"grant",
	"greatest",
	"group",
	"grouping",
	"having",
	"ilike",
	"in",
	"initially",
	"inner",
	"inout",
	"int",
	"integer",
	"intersect",
	"interval",
	"into",
	"is",
	"isnull",
	"join",
	"json",
	"json_array",
	"json_arrayagg",
	"json_exists",
	"json_object",
	"json_objectagg",
	"json_query",
	"json_scalar",
	"json_serialize",
	"json_table",
	"json_value",
	"lateral",
	"leading",
	"least",
	"left",
	"like",
	"limit",
	"localtime",
	"localtimestamp",
	"merge_action",
	"national",
	"natural",
	"nchar",
	"none",
	"normalize",
	"not",
	"notnull",
	"null",
	"nullif",
	"numeric",
	"offset",
	"on",
	"only",
	"or",
	"order",
	"out",
	"outer",
	"overlaps",
	"overlay",
	"placing",
	"position",
	"precision",
	"primary",
	"real",
	"references",
	"returning",
	"right",
	"row",
	"select",
	"session_user",
	"setof",
	"similar",
	"smallint",
	"some",
	"substring",
	"symmetric",
	"system_user",
	"table",
	"tablesample",
	"then",
	"time",
	"timestamp",
	"to",
	"trailing",
	"treat",
	"trim",
	"true",
	"union",
	"unique",
	"user",
	"using",
	"values",
	"varchar",
	"variadic",
	"verbose",
	"when",
	"where",
	"window",
	"with",
	"xmlattributes",
	"xmlconcat",
	"xmlelement",
	"xmlexists",
	"xmlforest",
	"xmlnamespaces",
	"xmlparse",
	"xmlpi",
	"xmlroot",
	"xmlserialize",
	"xmltable",
};

static int compare(const void *key, const void *item)
{
	return strcmp(key, *(const char *const *)item);
}

static bool is_plain(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz_";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

	return *name && strchr(first, *name) && name[strspn(name, rest)] == '\0' &&
	       !bsearch(name, keywords, PK_COUNT(keywords), sizeof(*keywords), compare);
}

static void add_doubling(struct pk_buf *buf, const char *s, const char *twice)
{
	for (; *s; s++) {
		if (strchr(twice, *s))
			pk_buf_addc(buf, *s);
		pk_buf_addc(buf, *s);
	}
}

void pk_buf_add_ident(struct pk_buf *buf, const char *name)
{
	if (is_plain(name)) {
		pk_buf_add(buf, name);
		return;
	}
	pk_buf_addc(buf, '"');
	add_doubling(buf, name, "\"");
	pk_buf_addc(buf, '"');
}

void pk_buf_add_qualified(struct pk_buf *buf, const char *schema, const char *name)
{
	if (schema) {
		pk_buf_add_ident(buf, schema);
		pk_buf_addc(buf, '.');
	}
	pk_buf_add_ident(buf, name);
}

void pk_buf_add_literal(struct pk_buf *buf, const char *value)
{
	if (!value) {
		pk_buf_add(buf, "NULL");
		return;
	}
	/* E'' means the same whatever standard_conforming_strings is */
	if (strchr(value, '\\'))
		pk_buf_addc(buf, 'E');
	pk_buf_addc(buf, '\'');
	add_doubling(buf, value, "'\\");
	pk_buf_addc(buf, '\'');
}
