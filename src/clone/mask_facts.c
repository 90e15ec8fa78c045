#include "clone/mask_facts.h"

#include "base/text.h"
#include "clone/tables.h"

void pk_mask_facts_release(struct pk_mask_facts *facts)
{
	for (size_t i = 0; i < facts->n_tables; i++) {
		free(facts->tables[i].schema);
		free(facts->tables[i].name);
		pk_strv_release(&facts->tables[i].names);
	}
	for (size_t i = 0; i < facts->n_columns; i++) {
		free(facts->columns[i].name);
		free(facts->columns[i].type);
		free(facts->columns[i].collation);
	}
	free(facts->tables);
	free(facts->columns);
	free(facts->keys);
	free(facts->same);
	*facts = (struct pk_mask_facts)PK_MASK_FACTS_INIT;
}

#define TABLES                                                                                              \
	"rel AS (SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c "                 \
	"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "           \
	"AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema') "

/* An index on several columns is told apart by all of them together. */
static const char columns_sql[] =
	"WITH RECURSIVE " TABLES ", made (oid, base, modifier, deep) AS (SELECT DISTINCT a.atttypid, a.atttypid, -1, false "
	"FROM pg_catalog.pg_attribute a JOIN rel ON rel.oid = a.attrelid "
	"UNION ALL SELECT m.oid, t.typbasetype, t.typtypmod, true FROM made m JOIN pg_catalog.pg_type t ON t.oid = m.base "
	"WHERE t.typtype = 'd'), bottom AS (SELECT m.* FROM made m JOIN pg_catalog.pg_type t ON t.oid = m.base "
	"WHERE t.typtype <> 'd') "
	"SELECT rel.oid, rel.nspname, rel.relname, rel.relkind = 'r', a.attnum, a.attname, "
	"pg_catalog.format_type(b.base, -1), CASE WHEN b.base IN (1042, 1043) THEN greatest(l.modifier - 4, 0) "
	"WHEN b.base = 19 THEN 63 ELSE 0 END, "
	"coalesce((SELECT max(CASE WHEN i.indnkeyatts = 1 THEN 2 ELSE 1 END) FROM pg_catalog.pg_index i "
	"WHERE i.indrelid = a.attrelid AND i.indisunique AND (a.attnum = ANY (i.indkey) OR EXISTS (SELECT "
	"FROM pg_catalog.pg_depend d WHERE d.classid = 1259 AND d.objid = i.indexrelid AND d.refclassid = 1259 "
	"AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum))), 0), "
	"t.typname = 'citext' OR o.collisdeterministic IS FALSE, a.attnotnull, a.attgenerated <> '', t.typcategory, "
	"CASE WHEN o.collname <> 'default' THEN pg_catalog.format('%I.%I', m.nspname, o.collname) END "
	"FROM rel JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped "
	"JOIN bottom b ON b.oid = a.atttypid JOIN pg_catalog.pg_type t ON t.oid = b.base "
	"LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation "
	"LEFT JOIN pg_catalog.pg_namespace m ON m.oid = o.collnamespace, "
	"LATERAL (SELECT CASE WHEN b.deep THEN b.modifier ELSE a.atttypmod END AS modifier) l "
	"ORDER BY rel.oid, a.attnum";

static const char parents_sql[] =
	"WITH RECURSIVE " TABLES ", line (oid, parent, depth) AS (SELECT i.inhrelid, i.inhparent, 1 FROM pg_catalog.pg_inherits i "
	"JOIN rel ON rel.oid = i.inhrelid UNION SELECT l.oid, i.inhparent, l.depth + 1 FROM line l "
	"JOIN pg_catalog.pg_inherits i ON i.inhrelid = l.parent) "
	"SELECT l.oid, l.parent FROM line l JOIN rel ON rel.oid = l.parent ORDER BY l.oid, l.depth, l.parent";

static const char keys_sql[] =
	"SELECT k.conrelid, k.conkey[i], k.confrelid, k.confkey[i] FROM pg_catalog.pg_constraint k, "
	"LATERAL pg_catalog.generate_subscripts(k.conkey, 1) i WHERE k.contype = 'f' ORDER BY k.oid, i";

static struct pk_mask_table *find_table(const struct pk_mask_facts *facts, uint32_t oid)
{
	return facts->n_tables ? bsearch(&oid, facts->tables, facts->n_tables, sizeof(*facts->tables), pk_oid_compare) : NULL;
}

static struct pk_mask_table *add_table(struct pk_mask_facts *facts, const struct pk_rows *rows, int row)
{
	struct pk_mask_table *t;

	facts->tables = pk_realloc_array(facts->tables, facts->n_tables + 1, sizeof(*t));
	t = &facts->tables[facts->n_tables++];
	*t = (struct pk_mask_table){
		.oid = pk_rows_oid(rows, row, 0),
		.root = pk_rows_oid(rows, row, 0),
		.schema = pk_strdup(pk_rows_get(rows, row, 1)),
		.name = pk_strdup(pk_rows_get(rows, row, 2)),
		.has_rows = pk_rows_true(rows, row, 3),
		.first = (size_t)row,
	};
	pk_strv_pushf(&t->names, "%s.%s", t->schema, t->name);
	return t;
}

static int read_columns(struct pk_conn *source, struct pk_mask_facts *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	struct pk_mask_table *t = NULL;

	if (pk_query(source, columns_sql, 0, NULL, &rows, err) < 0)
		return -1;
	ret->n_columns = (size_t)rows.n;
	ret->columns = pk_alloc((ret->n_columns + 1) * sizeof(*ret->columns));
	for (int i = 0; i < rows.n; i++) {
		if (!t || t->oid != pk_rows_oid(&rows, i, 0))
			t = add_table(ret, &rows, i);
		t->n++;
		ret->columns[i] = (struct pk_mask_column){
			.table = ret->n_tables - 1,
			.number = atoi(pk_rows_get(&rows, i, 4)),
			.name = pk_strdup(pk_rows_get(&rows, i, 5)),
			.type = pk_strdup(pk_rows_get(&rows, i, 6)),
			.length = atoi(pk_rows_get(&rows, i, 7)),
			.unique = (enum pk_fake_unique)atoi(pk_rows_get(&rows, i, 8)),
			.folds = pk_rows_true(&rows, i, 9),
			.not_null = pk_rows_true(&rows, i, 10),
			.generated = pk_rows_true(&rows, i, 11),
			.category = *pk_rows_get(&rows, i, 12),
			.collation = pk_strdup(pk_rows_get(&rows, i, 13)),
			.group = (size_t)i,
		};
	}
	return 0;
}

static void add_key(struct pk_mask_key **keys, size_t *n, size_t from, size_t to)
{
	*keys = pk_realloc_array(*keys, *n + 1, sizeof(**keys));
	(*keys)[(*n)++] = (struct pk_mask_key){ from, to };
}

static void add_same(struct pk_mask_facts *facts, const struct pk_mask_table *t, const struct pk_mask_table *parent)
{
	for (size_t i = 0; i < parent->n; i++)
		for (size_t j = 0; j < t->n; j++)
			if (strcmp(facts->columns[parent->first + i].name, facts->columns[t->first + j].name) == 0)
				add_key(&facts->same, &facts->n_same, t->first + j, parent->first + i);
}

static int read_parents(struct pk_conn *source, struct pk_mask_facts *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source, parents_sql, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		struct pk_mask_table *t = find_table(ret, pk_rows_oid(&rows, i, 0));
		const struct pk_mask_table *parent = find_table(ret, pk_rows_oid(&rows, i, 1));

		if (!t || !parent)
			continue;
		t->root = parent->oid;
		pk_strv_push(&t->names, parent->names.items[0]);
		add_same(ret, t, parent);
	}
	return 0;
}

static bool find_column(const struct pk_mask_facts *facts, uint32_t table, int number, size_t *ret)
{
	const struct pk_mask_table *t = find_table(facts, table);

	for (size_t i = 0; t && i < t->n; i++) {
		*ret = t->first + i;
		if (facts->columns[*ret].number == number)
			return true;
	}
	return false;
}

int pk_mask_facts_read(struct pk_conn *source, struct pk_mask_facts *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	size_t from, to;

	if (read_columns(source, ret, err) < 0 || read_parents(source, ret, err) < 0 ||
	    pk_query(source, keys_sql, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		if (find_column(ret, pk_rows_oid(&rows, i, 0), atoi(pk_rows_get(&rows, i, 1)), &from) &&
		    find_column(ret, pk_rows_oid(&rows, i, 2), atoi(pk_rows_get(&rows, i, 3)), &to))
			add_key(&ret->keys, &ret->n_keys, from, to);
	return 0;
}

bool pk_mask_table_is(const struct pk_mask_table *table, const char *pattern)
{
	for (size_t i = 0; i < table->names.n; i++) {
		const char *name = table->names.items[i], *dot = strchr(name, '.');

		if (pk_glob(pattern, strchr(pattern, '.') || !dot ? name : dot + 1))
			return true;
	}
	return false;
}

const struct pk_mask_column *pk_mask_column_find(const struct pk_mask_facts *facts, const struct pk_mask_table *table,
						 const char *name)
{
	for (size_t i = 0; i < table->n; i++)
		if (strcmp(facts->columns[table->first + i].name, name) == 0)
			return &facts->columns[table->first + i];
	return NULL;
}
