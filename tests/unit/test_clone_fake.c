#include "unit.h"

#include "clone/fake.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* The SQL of fake.<name>(value, constants...), or "error: ". Caller frees. */
static char *fake(struct pk_fakes *fakes, const char *name, const char *const *constants)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT, texts = PK_STRV_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	fakes->key = KEY;
	pk_strv_push(&args, "\"c\"");
	pk_strv_push(&texts, "");
	for (; constants && *constants; constants++) {
		pk_strv_push(&args, *constants);
		pk_strv_push(&texts, *constants);
	}
	if (pk_fake_sql(fakes, name, &args, &texts, &out, &err) < 0)
		return pk_printf("error: %s", err.msg);
	return pk_buf_take(&out);
}

static void the_shape_follows_what_the_column_holds(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int length;
		enum pk_fake_unique unique;
		const char *holds;
	} cases[] = {
		{ "email", 0, PK_FAKE_ANY, "'@example.com'" },
		{ "email", 28, PK_FAKE_ANY, "1, 16) || '@example.com'" },
		{ "email", 27, PK_FAKE_UNIQUE_NEEDED, "'@e.test'" },
		{ "email", 22, PK_FAKE_ANY, "error: fake.email() needs 23 characters, the column holds 22" },
		{ "name", 0, PK_FAKE_ANY, "|| ' ' || (" },
		{ "name", 10, PK_FAKE_ANY, ", 10) FROM" },
		{ "name", 0, PK_FAKE_UNIQUE_NEEDED, "1, 16) FROM" },
		{ "name", 17, PK_FAKE_UNIQUE_NEEDED, "'hash:'" },
		{ "name", 15, PK_FAKE_UNIQUE_NEEDED, "error: fake.hash() needs 16 characters to be unique" },
		{ "name", 15, PK_FAKE_UNIQUE_WANTED, ", 15) FROM" },
		{ "phone", 0, PK_FAKE_ANY, "'+1555'" },
		{ "phone", 0, PK_FAKE_UNIQUE_NEEDED, "'+0'" },
		{ "phone", 15, PK_FAKE_UNIQUE_NEEDED, "error: fake.phone() needs 16" },
		{ "ip", 0, PK_FAKE_UNIQUE_NEEDED, "error: fake.ip() gives several values the same fake" },
		{ "uuid", 0, PK_FAKE_UNIQUE_NEEDED, "::uuid" },
		{ "nobody", 0, PK_FAKE_ANY, "error: there is no fake.nobody()" },
	};

	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		struct pk_fakes fakes = { .length = cases[i].length, .unique = cases[i].unique };
		PK_FREE char *sql = fake(&fakes, cases[i].name, NULL);

		if (!strstr(sql, cases[i].holds))
			fail_msg("%s(%d): %s", cases[i].name, cases[i].length, sql);
		assert_null(strstr(sql, "$f"));
		assert_null(strstr(sql, "$l"));
	}
}

static void paths_of_json_are_read_as_they_are_written(void **state)
{
	(void)state;
	static const char *const good[] = { "contacts[*].e'mail", "email", NULL };
	static const char *const odd[] = { "email", NULL };
	static const struct {
		const char *path, *says;
	} bad[] = {
		{ "..a", "takes paths" },
		{ "a[1]", "takes paths" },
		{ "a[*", "takes paths" },
		{ "", "as constants" },
	};
	struct pk_fakes fakes = { .length = 5 };
	PK_FREE char *sql = fake(&fakes, "json", good), *few = fake(&fakes, "json", odd);

	assert_non_null(strstr(sql, "jsonb_array_elements("));
	assert_non_null(strstr(sql, "'e''mail'::text"));
	assert_non_null(strstr(few, "error: fake.json() takes a value, then paths"));
	for (size_t i = 0; i < PK_COUNT(bad); i++) {
		const char *const args[] = { bad[i].path, "email", NULL };
		PK_FREE char *said = fake(&fakes, "json", args);

		if (!strstr(said, bad[i].says))
			fail_msg("%s: %s", bad[i].path, said);
	}
}

static void numbers_stay_in_their_bounds(void **state)
{
	(void)state;
	static const struct {
		const char *low, *high;
		bool good;
	} cases[] = { { "1", "5", true }, { "-5", "-5", true }, { "5", "1", false }, { "0", "9000000000000", false } };

	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		const char *const args[] = { cases[i].low, cases[i].high, NULL };
		struct pk_fakes fakes = { 0 };
		PK_FREE char *sql = fake(&fakes, "number", args);

		assert_int_equal(strncmp(sql, "error", 5) != 0, cases[i].good);
	}
}

static void keys_are_of_one_form(void **state)
{
	(void)state;
	assert_true(pk_fake_key_valid(KEY));
	assert_false(pk_fake_key_valid(NULL));
	assert_false(pk_fake_key_valid("abc"));
	assert_false(pk_fake_key_valid("'00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shape_follows_what_the_column_holds),
		cmocka_unit_test(paths_of_json_are_read_as_they_are_written),
		cmocka_unit_test(numbers_stay_in_their_bounds),
		cmocka_unit_test(keys_are_of_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
