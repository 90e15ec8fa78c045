#include "unit.h"

#include "base/buf.h"
#include "sql/tree.h"

/* What the library of protobuf makes of a tree, by the descriptions alone, is the measure. */
static void same_bytes(const PgQuery__ParseResult *tree, const char *where)
{
	size_t n = protobuf_c_message_get_packed_size(&tree->base);
	PK_FREE uint8_t *expected = pk_alloc(n + 1), *got = pk_alloc(n + 1);

	if (pg_query__parse_result__get_packed_size(tree) != n)
		fail_msg("another size of %.200s", where);
	assert_int_equal(protobuf_c_message_pack(&tree->base, expected), n);
	assert_int_equal(pg_query__parse_result__pack(tree, got), n);
	if (memcmp(expected, got, n) != 0)
		fail_msg("other bytes of %.200s", where);
}

/* Returns the statements in it; 0 when it is none of the grammar. */
static size_t try_sql(const char *sql)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;

	if (!pk_tree_parse(sql, &tree))
		return 0;
	same_bytes(tree.result, sql);
	return tree.result->n_stmts;
}

static void statements_are_packed_as_protobuf_does(void **state)
{
	static const char *const statements[] = {
		"SELECT",
		"SELECT -1, 0, 2147483647, -2147483648, 1.5e300, 'x', '', NULL, true, B'101', "
		"X'1F'",
		"SELECT $1, a.*, (b).c[1:2], ARRAY[1,2], ROW(1,2), CASE WHEN a THEN 1 ELSE 2 END "
		"FROM a, b WHERE a IN (1,2) OR NOT c",
		"WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n+1 FROM t) SELECT sum(n) "
		"OVER (PARTITION BY n ORDER BY n ROWS 2 PRECEDING) FROM t",
		"SELECT a, count(*) FILTER (WHERE b) FROM x TABLESAMPLE system (1) JOIN y USING "
		"(a) GROUP BY GROUPING SETS ((a), ()) HAVING true LIMIT 1",
		"INSERT INTO a (b, c) VALUES (1, DEFAULT) ON CONFLICT (b) DO UPDATE SET c = "
		"excluded.c RETURNING *",
		"UPDATE a SET (b, c) = (SELECT 1, 2) FROM d WHERE a.x = d.x; DELETE FROM a USING b "
		"WHERE CURRENT OF c",
		"MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN "
		"INSERT VALUES (1)",
		"CREATE TABLE a (b bigint GENERATED ALWAYS AS IDENTITY (START "
		"9223372036854775807), c numeric(10,2)[] DEFAULT '{}' COLLATE \"C\", "
		"CHECK (c > 0), FOREIGN KEY (b) REFERENCES d ON DELETE SET NULL (b) NOT VALID) "
		"PARTITION BY RANGE (b) WITH (fillfactor=70)",
		"ALTER TABLE a ADD COLUMN b int, ALTER c TYPE text USING c::text, DROP CONSTRAINT d CASCADE; "
		"ALTER TABLE a ATTACH PARTITION e FOR VALUES FROM (1) TO (MAXVALUE)",
		"CREATE FUNCTION f(IN a int DEFAULT 1, VARIADIC b text[]) RETURNS TABLE (c int) "
		"LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
		"CREATE TRIGGER t AFTER UPDATE OF a OR DELETE ON b REFERENCING OLD TABLE AS o FOR "
		"EACH STATEMENT EXECUTE FUNCTION f('x', 1)",
		"GRANT SELECT (a), UPDATE ON b TO c WITH GRANT OPTION; COMMENT ON COLUMN a.b IS "
		"'ä\\n'; SET LOCAL x TO 1, 'y'; LOCK a IN SHARE MODE",
		"CREATE UNIQUE INDEX CONCURRENTLY i ON a USING btree (lower(b) text_pattern_ops "
		"DESC NULLS LAST) INCLUDE (c) WHERE d IS NOT NULL",
		"CREATE TYPE e AS ENUM ('a', ''); CREATE DOMAIN d AS int CHECK (VALUE > 0); COPY a "
		"FROM STDIN (FORMAT csv); EXPLAIN (ANALYZE) SELECT 1",
		"SELECT xmlelement(name a, xmlattributes(1 AS b)), json_agg(x) FROM xmltable('a' "
		"PASSING '<a/>' COLUMNS b int PATH 'c')",
	};

	(void)state;
	for (size_t i = 0; i < PK_COUNT(statements); i++)
		if (!try_sql(statements[i]))
			fail_msg("not of the grammar: %s", statements[i]);
}

/* Where the length of what is inside takes more than one byte. */
static void long_and_deep_statements_are_packed(void **state)
{
	static const size_t lengths[] = { 100, 127, 128, 129, 16383, 16384, 70000, 3000000 };

	(void)state;
	for (size_t i = 0; i < PK_COUNT(lengths); i++) {
		PK_FREE char *text = pk_alloc(lengths[i] + 1);
		memset(text, 'x', lengths[i]);
		PK_FREE char *sql = pk_printf("SELECT ((((('%s' || 'y')))))", text);
		assert_int_equal(try_sql(sql), 1);
	}
	PK_AUTO(pk_buf) deep = PK_BUF_INIT;
	pk_buf_add(&deep, "SELECT 1");
	for (int i = 0; i < 100; i++)
		pk_buf_add(&deep, "+(f(1");
	for (int i = 0; i < 100; i++)
		pk_buf_add(&deep, "))");
	assert_int_equal(try_sql(deep.ptr), 1);
}

/* What the grammar makes of no text. */
static void rare_fields_are_packed(void **state)
{
	uint64_t columns[] = { 0, 1, 127, 128, UINT64_MAX };
	PgQuery__RangeTblEntry entry = PG_QUERY__RANGE_TBL_ENTRY__INIT;
	PgQuery__String empty = PG_QUERY__STRING__INIT;
	PgQuery__Node node = PG_QUERY__NODE__INIT, none = PG_QUERY__NODE__INIT;
	PgQuery__RawStmt raw = PG_QUERY__RAW_STMT__INIT, without = PG_QUERY__RAW_STMT__INIT,
			 *stmts[] = { &raw, &without, NULL };
	PgQuery__ParseResult tree = PG_QUERY__PARSE_RESULT__INIT;

	(void)state;
	tree.version = -1;
	tree.n_stmts = 2;
	tree.stmts = stmts;
	raw.stmt = &node;
	raw.stmt_len = -5;
	without.stmt = &none;
	same_bytes(&tree, "an empty node");
	node.node_case = PG_QUERY__NODE__NODE_STRING;
	node.string = &empty;
	same_bytes(&tree, "an empty string");
	node.string = NULL;
	same_bytes(&tree, "a string that is not there");
	node.node_case = PG_QUERY__NODE__NODE_RANGE_TBL_ENTRY;
	node.range_tbl_entry = &entry;
	same_bytes(&tree, "an entry");
	entry.n_selected_cols = PK_COUNT(columns);
	entry.selected_cols = columns;
	entry.enrtuples = 0.25; /* of a type that is left to the library */
	same_bytes(&tree, "an entry with a fraction");
	entry.enrtuples = 0;
	same_bytes(&tree, "an entry with columns");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_are_packed_as_protobuf_does),
		cmocka_unit_test(long_and_deep_statements_are_packed),
		cmocka_unit_test(rare_fields_are_packed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
