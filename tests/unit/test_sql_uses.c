#include "unit.h"

#include "sql/uses.h"

/* A small database: two schemas, one table of which stands in both; a view; functions. */
static const struct {
	const char *schema, *name, *columns[6];
} relations[] = {
	{ "app", "users", { "id", "email", "name" } },
	{ "app", "orders", { "id", "user_id", "total" } },
	{ "app", "contacts", { "id", "email" } },
	{ "old", "users", { "id", "email" } },
	{ "old", "Odd \"name\"", { "a b", "\"" } },
	{ "pg_catalog", "pg_user", { "usename" } },
};
static const struct {
	const char *schema, *name;
	int n;
} functions[] = { { "app", "price", 1 }, { "app", "tax", 2 }, { "app", "vat", 3 },	       { "old", "fee", 1 },
		  { "app", "fee", 1 },	 { "pg_catalog", "lower", 1 }, { "app", "lower", 1 } };

static bool has_relation(const void *arg, const char *schema, const char *name)
{
	(void)arg;
	for (size_t i = 0; i < PK_COUNT(relations); i++)
		if (pk_streq(relations[i].schema, schema) && pk_streq(relations[i].name, name))
			return true;
	return false;
}

static int column_at(const void *arg, const char *schema, const char *name, const char *column)
{
	(void)arg;
	for (size_t i = 0; i < PK_COUNT(relations); i++) {
		if (!pk_streq(relations[i].schema, schema) || !pk_streq(relations[i].name, name))
			continue;
		for (int k = 0; k < 6 && relations[i].columns[k]; k++)
			if (pk_streq(relations[i].columns[k], column))
				return k + 1;
		return 0;
	}
	return -1;
}

static const struct pk_overload vat[] = { { "integer", 1, 1 }, { "integer, app.kind", 1, 2 }, { "text, text, text", 2, 1000 } };

static int functions_of(const void *arg, const char *schema, const char *name, const struct pk_overload **ret)
{
	(void)arg;
	*ret = NULL;
	if (pk_streq(name, "vat"))
		*ret = vat;
	for (size_t i = 0; i < PK_COUNT(functions); i++)
		if (pk_streq(functions[i].schema, schema) && pk_streq(functions[i].name, name))
			return functions[i].n;
	return 0;
}

static const char *const path[] = { "ada", "app", "old", NULL };
static const struct pk_uses_catalog names = {
	.path = path,
	.relation = has_relation,
	.column = column_at,
	.functions = functions_of,
};

struct example {
	const char *query, *use; /* "sure", "star", "maybe", "none", "other", "not" */
};

static const char *use_of(const char *query, const struct pk_use_of *of)
{
	struct pk_used used;

	switch (pk_sql_uses(query, &names, of, &used)) {
	case PK_READ_NOT:
		return "not";
	case PK_READ_OTHER:
		return "other";
	default:
		break;
	}
	if (used.use != PK_USE_NONE && !pk_sql_may_use(query, of))
		return "left out by the look before";
	return used.use == PK_USE_NONE	  ? "none"
	       : used.use == PK_USE_MAYBE ? "maybe"
	       : used.star		  ? "star"
					  : "sure";
}

static void expect_all(const struct example *examples, size_t n, const struct pk_use_of *of)
{
	bool bad = false;

	for (size_t i = 0; i < n; i++) {
		const char *use = use_of(examples[i].query, of);

		if (!pk_streq(use, examples[i].use)) {
			fprintf(stderr, "%s\n  wanted %s, got %s\n", examples[i].query,
				examples[i].use, use);
			bad = true;
		}
	}
	assert_false(bad);
}

static void columns_are_found_where_they_are_meant(void **state)
{
	(void)state;
	static const struct pk_use_of email = { PK_THING_COLUMN, "app", "users", "email", NULL };
	static const struct example examples[] = {
		{ "SELECT email FROM users WHERE id = $1", "sure" },
		{ "SELECT name FROM users WHERE id = $1", "none" },
		{ "SELECT * FROM users", "star" },
		{ "SELECT u.* FROM users u JOIN orders o ON o.user_id = u.id", "star" },
		{ "SELECT o.* FROM users u JOIN orders o ON o.user_id = u.id", "none" },
		{ "SELECT count(*) FROM users", "none" },
		{ "SELECT 1 WHERE EXISTS (SELECT * FROM users WHERE id = $1)", "none" },
		{ "SELECT 1 WHERE EXISTS (SELECT * FROM users WHERE email = $1)", "sure" },
		{ "SELECT u.email FROM app.users AS u", "sure" },
		{ "SELECT app.users.email FROM app.users", "sure" },
		{ "SELECT users.email FROM app.users AS u, orders AS users", "none" },
		{ "SELECT email FROM old.users", "none" },
		{ "SELECT email FROM users JOIN orders USING (id)", "sure" },
		{ "SELECT email FROM users, contacts", "maybe" },
		{ "SELECT c.email FROM users u JOIN contacts c USING (id)", "none" },
		{ "SELECT id FROM users JOIN contacts USING (email)", "sure" },
		{ "SELECT total FROM users NATURAL JOIN contacts, orders", "sure" },
		{ "SELECT total FROM users NATURAL JOIN orders", "none" },
		{ "SELECT email FROM users, somewhere.else", "maybe" },
		{ "SELECT (SELECT email FROM orders WHERE user_id = users.id) FROM users", "sure" },
		{ "SELECT (SELECT email FROM contacts WHERE id = users.id) FROM users", "none" },
		{ "SELECT email FROM (SELECT id, name AS email FROM users) x", "none" },
		{ "SELECT x.a FROM (SELECT email AS a FROM users) x", "sure" },
		{ "WITH users AS (SELECT 1 AS email) SELECT email FROM users", "none" },
		{ "WITH x AS (SELECT email FROM users) SELECT 1", "sure" },
		{ "WITH RECURSIVE x AS (SELECT id FROM users UNION ALL SELECT email FROM x) SELECT "
		  "* FROM x",
		  "none" },
		{ "SELECT name AS email FROM users ORDER BY email", "none" },
		{ "SELECT name FROM users ORDER BY email", "sure" },
		{ "SELECT name FROM users ORDER BY lower(email) DESC", "sure" },
		{ "SELECT name FROM users GROUP BY name, email", "sure" },
		{ "SELECT row_to_json(u) FROM users u", "star" },
		{ "SELECT (u).email, (u).name FROM users u", "sure" },
		{ "SELECT (u).name FROM users u", "none" },
		{ "SELECT id FROM orders, LATERAL (SELECT 1 FROM users WHERE email = "
		  "orders.total::text) x",
		  "sure" },
		{ "SELECT email FROM users, generate_series($1, $2) AS n", "sure" },
		{ "SELECT email FROM users, generate_series($1, $2) AS email", "maybe" },
		{ "SELECT email FROM users u(a, b, c)", "maybe" },
		{ "SELECT id FROM orders UNION SELECT id FROM users WHERE email IS NULL", "sure" },
		{ "SELECT j.email FROM (users u JOIN orders o ON true) AS j", "maybe" },
		{ "SELECT id FROM users FOR UPDATE OF users", "none" },
		{ "SELECT email FROM users TABLESAMPLE system ($1)", "sure" },
		{ "INSERT INTO users (id, email) VALUES ($1, $2)", "sure" },
		{ "INSERT INTO users (id, name) VALUES ($1, $2)", "none" },
		{ "INSERT INTO users VALUES ($1, $2)", "star" },
		{ "INSERT INTO users VALUES ($1)", "none" },
		{ "INSERT INTO users (id) VALUES ($1) RETURNING *", "star" },
		{ "INSERT INTO users (id) VALUES ($1) RETURNING email", "sure" },
		{ "INSERT INTO users (id) VALUES ($1) ON CONFLICT (email) DO NOTHING", "sure" },
		{ "INSERT INTO users (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET email = $2",
		  "sure" },
		{ "INSERT INTO users (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET name = "
		  "excluded.email",
		  "sure" },
		{ "INSERT INTO orders (id) SELECT id FROM users WHERE email = $1", "sure" },
		{ "UPDATE users SET email = $1 WHERE id = $2", "sure" },
		{ "UPDATE users SET name = $1 WHERE email = $2", "sure" },
		{ "UPDATE users SET (name, email) = ($1, $2)", "sure" },
		{ "UPDATE users SET name = $1 WHERE id = $2", "none" },
		{ "UPDATE orders SET total = $1 FROM users WHERE user_id = users.id AND email = $2",
		  "sure" },
		{ "DELETE FROM users WHERE email = $1", "sure" },
		{ "DELETE FROM orders USING users u WHERE u.id = user_id AND u.email = $1",
		  "sure" },
		{ "WITH gone AS (DELETE FROM users RETURNING email) SELECT * FROM gone", "sure" },
		{ "MERGE INTO users u USING orders o ON u.id = o.user_id WHEN MATCHED THEN UPDATE "
		  "SET email = $1",
		  "sure" },
		{ "MERGE INTO users u USING orders o ON u.id = o.user_id WHEN NOT MATCHED THEN "
		  "INSERT (id) VALUES ($1)",
		  "none" },
		{ "COPY users (id, email) TO STDOUT", "other" },
		{ "COPY users (id, email) FROM STDIN", "sure" },
		{ "COPY users (id) FROM STDIN", "none" },
		{ "COPY (SELECT email FROM users) TO STDOUT", "other" },
		{ "DECLARE c CURSOR FOR SELECT email FROM users", "sure" },
		{ "EXPLAIN (ANALYZE) SELECT email FROM users", "sure" },
		{ "PREPARE p AS UPDATE users SET email = $1", "sure" },
		{ "CREATE TABLE t AS SELECT email FROM users", "sure" },
		{ "ALTER TABLE users DROP email", "other" },
		{ "SELECT email FROM users WHERE", "not" },
		{ "SELECT email FROM users; SELECT 1", "not" },
		{ "SELECT e FROM users, XMLTABLE('/r' PASSING $1 COLUMNS e text) AS x", "none" },
		{ "SELECT email FROM U&\"\\0075sers\"", "sure" },
	};

	expect_all(examples, PK_COUNT(examples), &email);
}

static void hostile_names_are_names(void **state)
{
	(void)state;
	static const struct pk_use_of odd = { PK_THING_COLUMN, "old", "Odd \"name\"", "\"", NULL };
	static const struct example examples[] = {
		{ "SELECT \"\"\"\" FROM \"Odd \"\"name\"\"\"", "sure" },
		{ "SELECT x.\"\"\"\" FROM old.\"Odd \"\"name\"\"\" AS x", "sure" },
		{ "SELECT \"a b\" FROM \"Odd \"\"name\"\"\"", "none" },
		{ "SELECT \"\"\"\" FROM \"odd \"\"name\"\"\"", "none" },
	};

	expect_all(examples, PK_COUNT(examples), &odd);
}

static void relations_are_found_by_the_search_path(void **state)
{
	(void)state;
	static const struct pk_use_of app = { PK_THING_RELATION, "app", "users", NULL, NULL };
	static const struct pk_use_of old = { PK_THING_RELATION, "old", "users", NULL, NULL };
	static const struct example in_app[] = {
		{ "SELECT 1 FROM users", "sure" },
		{ "SELECT 1 FROM old.users", "none" },
		{ "TRUNCATE users", "other" },
		{ "DELETE FROM users", "sure" },
		{ "INSERT INTO users DEFAULT VALUES", "sure" },
		{ "SELECT users FROM orders", "none" },
		{ "WITH users AS (SELECT 1) TABLE users", "none" },
		{ "WITH users AS (SELECT * FROM users) TABLE users", "sure" },
	};
	static const struct example in_old[] = { { "SELECT 1 FROM users", "none" },
						 { "SELECT 1 FROM old.users", "sure" } };
	static const struct pk_use_of schema = { PK_THING_SCHEMA, "old", NULL, NULL, NULL };
	static const struct example of_schema[] = {
		{ "SELECT * FROM old.users", "sure" },
		{ "SELECT * FROM users", "none" },
		{ "SELECT old.fee($1)", "sure" },
		{ "SELECT 1 FROM \"Odd \"\"name\"\"\"", "sure" },
	};

	expect_all(in_app, PK_COUNT(in_app), &app);
	expect_all(in_old, PK_COUNT(in_old), &old);
	expect_all(of_schema, PK_COUNT(of_schema), &schema);
}

static void functions_are_certain_where_one_is_meant(void **state)
{
	(void)state;
	static const struct pk_use_of price = { PK_THING_FUNCTION, "app", "price", NULL, NULL };
	static const struct pk_use_of tax = { PK_THING_FUNCTION, "app", "tax", NULL, NULL };
	static const struct pk_use_of fee = { PK_THING_FUNCTION, "app", "fee", NULL, NULL };
	static const struct pk_use_of lower = { PK_THING_FUNCTION, "app", "lower", NULL, NULL };
	static const struct example of_price[] = {
		{ "SELECT price(id) FROM orders", "sure" },
		{ "SELECT app.price(1)", "sure" },
		{ "SELECT old.price(1)", "none" },
		{ "CALL price(1)", "sure" },
		{ "SELECT * FROM price(1)", "sure" },
		{ "SELECT price FROM orders", "none" },
		{ "UPDATE orders SET total = price(id)", "sure" },
	};

	expect_all(of_price, PK_COUNT(of_price), &price);
	expect_all((const struct example[]){ { "SELECT tax(1)", "maybe" } }, 1, &tax);
	/* of several the number of arguments decides, as far as it does */
	static const struct pk_use_of one = { PK_THING_FUNCTION, "app", "vat", NULL, "integer" };
	static const struct pk_use_of two = { PK_THING_FUNCTION, "app", "vat", NULL, "integer, kind" };
	static const struct pk_use_of many = { PK_THING_FUNCTION, "app", "vat", NULL, "text, text, text" };
	static const struct pk_use_of which = { PK_THING_FUNCTION, "app", "vat", NULL, "integer[]" };
	expect_all((const struct example[]){ { "SELECT vat($1)", "maybe" }, { "SELECT app.vat($1, $2)", "none" }, { "SELECT vat()", "none" } },
		   3, &one);
	expect_all((const struct example[]){ { "SELECT vat($1, $2)", "maybe" }, { "SELECT vat($1, $2, $3)", "none" } }, 2, &two);
	expect_all((const struct example[]){ { "SELECT vat($1, $2, $3, $4)", "sure" },
					     { "SELECT app.vat($1, VARIADIC $2)", "maybe" },
					     { "SELECT vat($1)", "none" } },
		   3, &many);
	expect_all((const struct example[]){ { "SELECT vat($1, $2, $3)", "maybe" } }, 1, &which);
	static const struct pk_use_of kind = { PK_THING_TYPE, "app", "kind", NULL, NULL };
	expect_all((const struct example[]){ { "SELECT $1::kind", "sure" },
					     { "SELECT CAST(x AS app.kind[]) FROM users", "sure" },
					     { "SELECT $1::other.kind, kind FROM users", "none" } },
		   3, &kind);
	expect_all((const struct example[]){ { "SELECT fee(1)", "maybe" } }, 1, &fee);
	expect_all((const struct example[]){ { "SELECT lower($1)", "maybe" } }, 1, &lower);
}

static void rows_that_come_without_a_value_are_found(void **state)
{
	(void)state;
	static const struct pk_use_of fresh = { PK_THING_INSERT, "app", "users", "country", NULL };
	static const struct pk_use_of there = { PK_THING_INSERT, "app", "users", "name", NULL };
	static const struct example of_fresh[] = {
		{ "INSERT INTO users (id) VALUES ($1)", "sure" },
		{ "INSERT INTO users (id, country) VALUES ($1, $2)", "none" },
		{ "INSERT INTO users VALUES ($1, $2, $3)", "star" },
		{ "INSERT INTO users DEFAULT VALUES", "star" },
		{ "INSERT INTO users SELECT * FROM old.users", "star" },
		{ "INSERT INTO old.users (id) VALUES ($1)", "none" },
		{ "UPDATE users SET id = $1", "none" },
		{ "COPY users (id) FROM STDIN", "sure" },
		{ "COPY users TO STDOUT", "other" },
		{ "WITH x AS (INSERT INTO users (id) VALUES ($1) RETURNING id) SELECT id FROM x",
		  "sure" },
		{ "MERGE INTO users u USING orders o ON u.id = o.user_id WHEN NOT MATCHED THEN "
		  "INSERT (id) VALUES ($1)",
		  "sure" },
	};
	static const struct example of_there[] = {
		{ "INSERT INTO users VALUES ($1, $2)", "star" },
		{ "INSERT INTO users VALUES ($1, $2, $3)", "none" },
		{ "INSERT INTO users SELECT * FROM old.users", "maybe" },
	};

	expect_all(of_fresh, PK_COUNT(of_fresh), &fresh);
	expect_all(of_there, PK_COUNT(of_there), &there);
}

static void shown(const char *query, const char *wanted)
{
	PK_FREE char *text = pk_sql_without_values(query, 80, NULL);

	if (!pk_streq(text, wanted)) {
		fprintf(stderr, "%s\n  wanted %s\n  got    %s\n", query,
			wanted ? wanted : "(nothing)", text ? text : "(nothing)");
		fail();
	}
}

static void no_value_is_shown(void **state)
{
	(void)state;
	shown("SELECT 1 FROM users WHERE email = 'ada@example.org'",
	      "SELECT $1 FROM users WHERE email = $2");
	shown("SELECT a /* user='ada' */\n  FROM t -- secret\n WHERE b = $1",
	      "SELECT a FROM t WHERE b = $1");
	shown("DECLARE c CURSOR FOR SELECT a FROM t WHERE b = 'secret'",
	      "SELECT a FROM t WHERE b = $1");
	shown("COPY t FROM '/secret' (FORMAT csv, DELIMITER 's') WHERE a = 'secret'",
	      "COPY t FROM STDIN");
	shown("COPY t (a) FROM PROGRAM 'curl secret'", "COPY t(a) FROM STDIN");
	shown("COPY t TO '/secret'", NULL);
	shown("CALL p('secret', 2)", "CALL p()");
	shown("ALTER ROLE ada PASSWORD 'secret'", NULL);
	shown("CREATE USER MAPPING FOR ada SERVER s OPTIONS (password 'secret')", NULL);
	shown("SELECT * FROM t WHERE a > interval '1 day' AND b = E'sec\\'ret' AND c = $$secret$$",
	      "SELECT * FROM t WHERE a > interval $1 AND b = $2 AND c = $3");
	shown("SELECT 'secret' FROM", NULL);
	shown("SELECT \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", "
	      "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\" FROM t",
	      "SELECT \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", "
	      "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_found_where_they_are_meant),
		cmocka_unit_test(hostile_names_are_names),
		cmocka_unit_test(relations_are_found_by_the_search_path),
		cmocka_unit_test(functions_are_certain_where_one_is_meant),
		cmocka_unit_test(rows_that_come_without_a_value_are_found),
		cmocka_unit_test(no_value_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
