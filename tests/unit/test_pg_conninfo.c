#include "unit.h"

#include "pg/conninfo.h"

#define HOSTILE "p%@:/? '\\&=#[]\"\xc3\xa9"

static void parse(struct pk_conninfo *info, const char *text)
{
	struct pk_err err = PK_ERR_INIT;

	if (pk_conninfo_parse(info, text, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
}

static void reads_uris_and_key_value_pairs(void **state)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	(void)state;

	parse(&info, "postgresql://al%40ice:s%3Acret@db.example:5433/sh%2Fop?sslmode=require");
	assert_string_equal(pk_conninfo_get(&info, "user"), "al@ice");
	assert_string_equal(pk_conninfo_get(&info, "host"), "db.example");
	assert_string_equal(pk_conninfo_get(&info, "port"), "5433");
	assert_string_equal(pk_conninfo_get(&info, "dbname"), "sh/op");
	assert_string_equal(pk_conninfo_get(&info, "sslmode"), "require");
	assert_null(pk_conninfo_get(&info, "password"));
	assert_string_equal(info.password, "s:cret");

	parse(&info, "host='/tmp/a b' dbname=x password='it\\'s' sslpassword=k3y");
	assert_string_equal(pk_conninfo_get(&info, "host"), "/tmp/a b");
	assert_null(pk_conninfo_get(&info, "user"));
	assert_null(pk_conninfo_get(&info, "sslpassword"));
	assert_string_equal(info.password, "it's");
}

static void keeps_hostile_values_through_its_own_texts(void **state)
{
	static const char *const hosts[] = { "localhost", "::1", "/tmp/a b/%2F", "a,b",
					     "fe80::1%eth0" };
	(void)state;

	for (size_t i = 0; i < PK_COUNT(hosts); i++) {
		PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
		PK_AUTO(pk_conninfo) again = PK_CONNINFO_INIT;
		pk_conninfo_set(&info, "host", hosts[i]);
		pk_conninfo_set(&info, "port", strchr(hosts[i], ',') ? "1,2" : "5433");
		pk_conninfo_set(&info, "user", HOSTILE);
		pk_conninfo_set(&info, "dbname", HOSTILE);
		pk_conninfo_set(&info, "options", "-c a='b' --x=\\ y");
		pk_conninfo_set(&info, "password", HOSTILE);
		pk_conninfo_set(&info, "sslpassword", HOSTILE);
		PK_FREE char *uri = pk_conninfo_uri(&info);
		parse(&again, uri);
		for (size_t k = 0; k < info.keys.n; k++)
			assert_string_equal(pk_conninfo_get(&again, info.keys.items[k]),
					    info.values.items[k]);
		assert_string_equal(again.password, HOSTILE);
		assert_string_equal(again.secret_values.items[0], HOSTILE);

		PK_FREE char *dsn = pk_conninfo_dsn(&info);
		parse(&again, dsn);
		for (size_t k = 0; k < info.keys.n; k++)
			assert_string_equal(pk_conninfo_get(&again, info.keys.items[k]),
					    info.values.items[k]);
		assert_null(again.password);
	}
}

static void writes_sockets_as_a_parameter(void **state)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	(void)state;

	parse(&info, "postgresql://user:pw@%2Ftmp%2Fx/db");
	PK_FREE char *uri = pk_conninfo_uri(&info);
	assert_string_equal(uri, "postgresql://user:pw@/db?host=/tmp/x");
	PK_FREE char *where = pk_conninfo_where(&info);
	assert_string_equal(where, "local/db");
}

static void never_shows_a_password(void **state)
{
	static const char *const good[] = {
		"postgresql://u:canary@h:5432/db?sslpassword=canary",
		"host=h user=u password=canary sslpassword=canary dbname=db",
	};
	static const char *const bad[] = {
		"postgresql://u:canary%zz@h/db",
		"postgresql://u:x?canary@h/db",
		"postgresql://u:x?canary=1@h/db",
		"postgresql://u:x@h/db?canary",
		"host=h password=my canary",
		"host=h password=my canary=1",
		"password='canary",
		"postgresql://u:canary@[::1/db",
		"u:canary@h/db",
		"postgresql://u:ca/nary@canary:x/",
		"host=h password=a canary=b x",
		"postgresql://u:canary%00@h/db",
	};
	(void)state;

	for (size_t i = 0; i < PK_COUNT(good); i++) {
		PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
		parse(&info, good[i]);
		PK_FREE char *safe = pk_conninfo_safe(&info), *dsn = pk_conninfo_dsn(&info),
			     *where = pk_conninfo_where(&info);
		assert_null(strstr(safe, "canary"));
		assert_null(strstr(dsn, "canary"));
		assert_null(strstr(where, "canary"));
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		pk_buf_add(&text, "got \"canary\" and canary");
		pk_conninfo_hide(&info, &text);
		assert_string_equal(text.ptr, "got \"****\" and ****");
	}
	for (size_t i = 0; i < PK_COUNT(bad); i++) {
		PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
		struct pk_err err = PK_ERR_INIT;
		if (pk_conninfo_parse(&info, bad[i], &err) == 0)
			continue; /* libpq takes it as something else */
		if (strstr(err.msg, "canary") || (err.hint && strstr(err.hint, "canary")) ||
		    err.detail)
			fail_msg("%s: %s", bad[i], err.msg);
		pk_err_release(&err);
	}
}

static void names_an_unknown_parameter_when_it_is_no_secret(void **state)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	struct pk_err err = PK_ERR_INIT;
	(void)state;

	assert_int_equal(pk_conninfo_parse(&info, "postgresql://h/db?schema=public", &err), -1);
	assert_non_null(strstr(err.msg, "'schema'"));
	pk_err_release(&err);
}

static void sets_and_removes(void **state)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_conninfo) copy = PK_CONNINFO_INIT;
	(void)state;

	pk_conninfo_set(&info, "host", "a");
	pk_conninfo_set(&info, "user", "u");
	pk_conninfo_set(&info, "host", "b");
	pk_conninfo_set(&info, "password", "p");
	pk_conninfo_copy(&copy, &info);
	pk_conninfo_set(&info, "host", NULL);
	pk_conninfo_set(&info, "password", NULL);
	assert_null(pk_conninfo_get(&info, "host"));
	assert_null(info.password);
	assert_string_equal(pk_conninfo_get(&copy, "host"), "b");
	assert_string_equal(copy.password, "p");
	PK_FREE char *uri = pk_conninfo_uri(&info);
	assert_string_equal(uri, "postgresql://u@/");
}

static void knows_connection_strings_from_paths(void **state)
{
	(void)state;
	assert_true(pk_conninfo_looks_like("postgres://x"));
	assert_true(pk_conninfo_looks_like("postgresql:///"));
	assert_true(pk_conninfo_looks_like("host=a dbname=b"));
	assert_true(pk_conninfo_looks_like(" service = prod"));
	assert_false(pk_conninfo_looks_like("db/schema"));
	assert_false(pk_conninfo_looks_like("a=b.sql"));
	assert_false(pk_conninfo_looks_like("/tmp/host=x"));
	assert_false(pk_conninfo_looks_like(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_uris_and_key_value_pairs),
		cmocka_unit_test(keeps_hostile_values_through_its_own_texts),
		cmocka_unit_test(writes_sockets_as_a_parameter),
		cmocka_unit_test(never_shows_a_password),
		cmocka_unit_test(names_an_unknown_parameter_when_it_is_no_secret),
		cmocka_unit_test(sets_and_removes),
		cmocka_unit_test(knows_connection_strings_from_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
