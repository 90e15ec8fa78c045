#include "unit.h"

#include "base/fs.h"
#include "base/lock.h"
#include "base/tempdir.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *folder;

static int make_folder(void **state)
{
	(void)state;
	char name[] = "/tmp/pk-unit-XXXXXX";
	folder = pk_strdup(mkdtemp(name));
	return folder ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	int failed = pk_remove_tree(folder, NULL);
	free(folder);
	return failed;
}

static void check_dir(const char *path, const char *wanted)
{
	PK_FREE char *dir = pk_path_dir(path);
	assert_string_equal(dir, wanted);
}

static void check_join(const char *a, const char *b, const char *wanted)
{
	PK_FREE char *path = pk_path_join(a, b);
	assert_string_equal(path, wanted);
}

static void paths_are_put_together_and_apart(void **state)
{
	(void)state;
	check_join("a", "b", "a/b");
	check_join("a/", "b", "a/b");
	check_join("a", "/b", "/b");
	check_join("", "b", "b");
	check_join("/", "b", "/b");
	check_dir("a/b", "a");
	check_dir("/a", "/");
	check_dir("a", ".");
	check_dir("a//b", "a");
	assert_string_equal(pk_path_base("a/b.c"), "b.c");
	assert_string_equal(pk_path_base("b"), "b");
}

static void a_file_is_written_whole_with_its_folders(void **state)
{
	(void)state;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_buf) data = PK_BUF_INIT;
	PK_FREE char *path = pk_path_join(folder, "w/x/y/file");
	assert_int_equal(pk_write_file(path, "one\0two", 7, 0600, &err), 0);
	assert_int_equal(pk_write_file(path, "three", 5, 0600, &err), 0);
	assert_int_equal(pk_read_file(path, &data, &err), 0);
	assert_string_equal(data.ptr, "three");
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	PK_FREE char *dir = pk_path_dir(path);
	PK_AUTO(pk_strv) files = PK_STRV_INIT;
	assert_int_equal(pk_list_files(dir, NULL, &files, &err), 0);
	assert_int_equal(files.n, 1);
}

static void errors_name_the_file(void **state)
{
	(void)state;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_buf) data = PK_BUF_INIT;
	assert_int_equal(pk_read_file("/no/such/file", &data, &err), -1);
	assert_string_equal(err.msg, "could not open '/no/such/file': No such file or directory");
	assert_int_equal(pk_read_file(folder, &data, &err), -1);
	assert_int_equal(pk_write_file("/proc/nothing/here", "", 0, 0600, &err), -1);
	assert_int_equal(pk_list_files("/no/such/dir", NULL, &(struct pk_strv)PK_STRV_INIT, &err),
			 -1);
	PK_FREE char *file = pk_path_join(folder, "plain");
	PK_FREE char *below = pk_path_join(file, "x");
	assert_int_equal(pk_write_file(file, "", 0, 0600, &err), 0);
	assert_int_equal(pk_mkdir_p(below, 0700, &err), -1);
}

static void lists_are_sorted_by_bytes_and_filtered(void **state)
{
	(void)state;
	static const char *const names[] = { "l/b.sql", "l/B.sql", "l/a/z.sql", "l/a.sql",
					     "l/x.txt" };
	PK_FREE char *dir = pk_path_join(folder, "l");
	for (size_t i = 0; i < PK_COUNT(names); i++) {
		PK_FREE char *path = pk_path_join(folder, names[i]);
		assert_int_equal(pk_write_file(path, "", 0, 0644, NULL), 0);
	}
	PK_FREE char *link = pk_path_join(dir, "link.sql");
	assert_int_equal(symlink("/etc/passwd", link), 0);
	PK_AUTO(pk_strv) files = PK_STRV_INIT;
	assert_int_equal(pk_list_files(dir, ".sql", &files, NULL), 0);
	PK_FREE char *joined = pk_strv_join(&files, " ");
	assert_string_equal(joined, "B.sql a.sql a/z.sql b.sql");
}

static void removing_a_tree_does_not_follow_links(void **state)
{
	(void)state;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *kept = pk_path_join(folder, "kept/file");
	PK_FREE char *inner = pk_path_join(folder, "gone/a/b/file");
	PK_FREE char *link = pk_path_join(folder, "gone/a/link");
	PK_FREE char *target = pk_path_join(folder, "kept");
	PK_FREE char *gone = pk_path_join(folder, "gone");
	PK_FREE char *top_link = pk_path_join(folder, "toplink");
	assert_int_equal(pk_write_file(kept, "", 0, 0644, &err), 0);
	assert_int_equal(pk_write_file(inner, "", 0, 0644, &err), 0);
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(symlink(target, top_link), 0);
	assert_int_equal(pk_remove_tree(gone, &err), 0);
	assert_int_equal(pk_remove_tree(gone, &err), 0);
	assert_int_equal(pk_remove_tree(top_link, &err), 0);
	assert_false(pk_path_exists(gone));
	assert_false(pk_path_exists(top_link));
	assert_true(pk_path_exists(kept));
}

static void one_holds_a_lock(void **state)
{
	(void)state;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_lock) first = PK_LOCK_INIT;
	PK_AUTO(pk_lock) second = PK_LOCK_INIT;
	PK_FREE char *path = pk_path_join(folder, "locks/one");
	assert_int_equal(pk_lock_take(&first, path, 0, &err), 0);
	assert_int_equal(pk_lock_take(&second, path, 0, &err), -1);
	assert_int_equal(pk_lock_take(&second, path, 50, &err), -1);
	assert_int_equal(second.fd, -1);
	pk_lock_release(&first);
	assert_int_equal(pk_lock_take(&second, path, -1, &err), 0);
}

/* Others sweep there all the time, and take for left behind what is not locked yet. */
static void a_folder_that_is_being_made_is_not_swept(void **state)
{
	(void)state;
	pid_t self = getpid(), sweeper = fork();

	if (sweeper == 0) {
		while (getppid() == self)
			pk_tempdir_sweep(folder, "swept-", NULL);
		_exit(0);
	}
	for (int i = 0; i < 1000; i++) {
		PK_AUTO(pk_err) err = PK_ERR_INIT;
		struct pk_tempdir tempdir = PK_TEMPDIR_INIT;
		int status = pk_tempdir_open(&tempdir, folder, "swept-", &err);

		if (status < 0 || !pk_path_exists(tempdir.lock_path) || !pk_path_is_dir(tempdir.dir)) {
			kill(sweeper, SIGKILL);
			fail_msg("%d: %s", i, err.msg ? err.msg : "it is gone");
		}
		pk_tempdir_release(&tempdir);
	}
	kill(sweeper, SIGKILL);
	waitpid(sweeper, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_put_together_and_apart),
		cmocka_unit_test(a_file_is_written_whole_with_its_folders),
		cmocka_unit_test(errors_name_the_file),
		cmocka_unit_test(lists_are_sorted_by_bytes_and_filtered),
		cmocka_unit_test(removing_a_tree_does_not_follow_links),
		cmocka_unit_test(one_holds_a_lock),
		cmocka_unit_test(a_folder_that_is_being_made_is_not_swept),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
