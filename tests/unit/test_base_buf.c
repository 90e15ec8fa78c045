#include "unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/strv.h"

static void buf_is_a_string_from_the_start(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	assert_string_equal(buf.ptr, "");
	pk_buf_truncate(&buf, 0);
	pk_buf_rtrim(&buf);
	pk_buf_clear(&buf);
	PK_FREE char *taken = pk_buf_take(&buf);
	assert_string_equal(taken, "");
}

static void buf_grows_over_many_sizes(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	for (int i = 0; i < 10000; i++) {
		pk_buf_addc(&buf, (char)('a' + i % 26));
		assert_int_equal(buf.len, i + 1);
		assert_int_equal(buf.ptr[buf.len], 0);
	}
	PK_AUTO(pk_buf) exact = PK_BUF_INIT;
	for (int i = 0; i < 200; i++) {
		pk_buf_clear(&exact);
		pk_buf_addf(&exact, "%*s", i, "");
		assert_int_equal(exact.len, i);
		assert_int_equal(strlen(exact.ptr), i);
	}
}

static void buf_keeps_nul_bytes_and_trims(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	pk_buf_addn(&buf, "a\0b", 3);
	assert_int_equal(buf.len, 3);
	pk_buf_add(&buf, " \t\r\n");
	pk_buf_rtrim(&buf);
	assert_int_equal(buf.len, 3);
	pk_buf_truncate(&buf, 1);
	assert_string_equal(buf.ptr, "a");
	pk_buf_truncate(&buf, 99);
	assert_int_equal(buf.len, 1);
}

static void strv_is_an_argv(void **state)
{
	(void)state;
	PK_AUTO(pk_strv) v = PK_STRV_INIT;
	assert_null(v.items);
	for (int i = 0; i < 100; i++) {
		pk_strv_pushf(&v, "%02d", 99 - i);
		assert_null(v.items[v.n]);
	}
	pk_strv_sort(&v);
	assert_string_equal(v.items[0], "00");
	assert_true(pk_strv_has(&v, "42"));
	assert_false(pk_strv_has(&v, "100"));
}

static void strv_splits_and_joins(void **state)
{
	(void)state;
	PK_AUTO(pk_strv) v = PK_STRV_INIT;
	pk_strv_split(&v, "::a:b::c:", ':');
	PK_FREE char *joined = pk_strv_join(&v, ", ");
	assert_string_equal(joined, "a, b, c");
	PK_AUTO(pk_strv) none = PK_STRV_INIT;
	pk_strv_split(&none, "", ':');
	PK_FREE char *empty = pk_strv_join(&none, ", ");
	assert_string_equal(empty, "");
	const char *const more[] = { "x", "y", NULL };
	pk_strv_extend(&none, more);
	assert_int_equal(none.n, 2);
}

static void map_keeps_order_and_finds_all(void **state)
{
	(void)state;
	PK_AUTO(pk_map) map = PK_MAP_INIT;
	static int values[5000];
	assert_null(pk_map_get(&map, "0"));
	for (int i = 0; i < 5000; i++) {
		PK_FREE char *key = pk_printf("%d", i);
		assert_true(pk_map_set(&map, key, &values[i]));
	}
	for (int i = 0; i < 5000; i++) {
		PK_FREE char *key = pk_printf("%d", i);
		assert_ptr_equal(pk_map_get(&map, key), &values[i]);
		assert_string_equal(map.entries[i].key, key);
	}
	assert_false(pk_map_set(&map, "17", &values[0]));
	assert_ptr_equal(pk_map_get(&map, "17"), &values[0]);
	assert_int_equal(map.n, 5000);
	assert_null(pk_map_get(&map, "no such key"));
}

static void arena_gives_zeroed_aligned_memory(void **state)
{
	(void)state;
	struct pk_arena arena = PK_ARENA_INIT;
	for (size_t size = 0; size < 3000; size += 7) {
		unsigned char *p = pk_arena_alloc(&arena, size);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
	assert_non_null(pk_arena_alloc(&arena, 5u << 20));
	assert_string_equal(pk_arena_printf(&arena, "%s-%d", "a", 7), "a-7");
	assert_string_equal(pk_arena_strndup(&arena, "abc", 2), "ab");
	assert_null(pk_arena_strdup(&arena, NULL));
	pk_arena_release(&arena);
	assert_null(arena.head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_is_a_string_from_the_start),
		cmocka_unit_test(buf_grows_over_many_sizes),
		cmocka_unit_test(buf_keeps_nul_bytes_and_trims),
		cmocka_unit_test(strv_is_an_argv),
		cmocka_unit_test(strv_splits_and_joins),
		cmocka_unit_test(map_keeps_order_and_finds_all),
		cmocka_unit_test(arena_gives_zeroed_aligned_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
