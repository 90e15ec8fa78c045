#include "cmd/pattern_type.h"

#include "base/buf.h"
#include "base/text.h"
#include "pg/conn.h"
#include "sql/scan.h"
#include "sql/split.h"

/* What pg_catalog has, and the words that the names of types begin with in the grammar. */
static const char *const server_types[] = {
	"bigint", "bit", "bool", "boolean", "box", "bpchar", "bytea", "char", "character", "cidr",
	"circle", "date", "datemultirange", "daterange", "dec", "decimal", "double", "float",
	"float4", "float8", "inet", "int", "int2", "int4", "int4multirange", "int4range", "int8",
	"int8multirange", "int8range", "integer", "interval", "json", "jsonb", "jsonpath", "line",
	"lseg", "macaddr", "macaddr8", "money", "name", "national", "nchar", "numeric",
	"nummultirange", "numrange", "oid", "path", "pg_lsn", "point", "polygon", "real",
	"regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper",
	"regoperator", "regproc", "regprocedure", "regrole", "regtype", "smallint", "text",
	"time", "timestamp", "timestamptz", "timetz", "tsmultirange", "tsquery", "tsrange",
	"tstzmultirange", "tstzrange", "tsvector", "uuid", "varbit", "varchar", "xid8", "xml"
};

static bool is_type(const char *text)
{
	PK_FREE char *probe = pk_printf("SELECT NULL::%s", text);
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;

	return pk_sql_split(probe, "type", &statements, NULL) == 0 && statements.n == 1 &&
	       statements.items[0].parsed && !*statements.items[0].comment && !strstr(text, "--") &&
	       !strstr(text, "/*");
}

char *pk_pattern_type(const char *text, const struct pk_map *own, struct pk_err *err)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	struct pk_scan scan;
	struct pk_token first = { 0 }, next = { 0 };

	pk_scan_start(&scan, text, strlen(text));
	PK_FREE char *name = pk_scan_code(&scan, &first) ? pk_token_name(text, &first) : NULL;
	if (!name || !is_type(text)) {
		pk_err_set(err, "'%s' is not a type", text);
		return NULL;
	}
	if (pk_scan_code(&scan, &next) && pk_token_char(text, &next, '.'))
		return pk_strdup(text);
	for (size_t i = 0; i < PK_COUNT(server_types); i++)
		if (pk_streq(name, server_types[i]))
			return pk_strdup(text);
	const char *schema = pk_map_get(own, name);
	if (!schema) {
		pk_err_set(err, "cannot tell which schema the type %s is in", name);
		pk_err_hint(err, "write it before the type, as in extensions.%s", text);
		return NULL;
	}
	pk_buf_add_ident(&buf, schema);
	pk_buf_addf(&buf, ".%s", text);
	return pk_strdup(buf.ptr);
}

const char *pk_pattern_serial(const char *type)
{
	static const char *const serials[][2] = { { "bigserial", "bigint" },
						  { "smallserial", "smallint" },
						  { "serial8", "bigint" },
						  { "serial2", "smallint" } };

	for (size_t i = 0; i < PK_COUNT(serials); i++)
		if (pk_streq(type, serials[i][0]))
			return serials[i][1];
	return "integer";
}

bool pk_pattern_is_integer(const char *type)
{
	static const char *const names[] = { "smallint", "int2", "integer", "int", "int4", "bigint", "int8" };

	for (size_t i = 0; i < PK_COUNT(names); i++)
		if (strcasecmp(type, names[i]) == 0)
			return true;
	return false;
}
