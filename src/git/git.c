#include "git/git.h"
#include "base/proc.h"
#include "git/internal.h"
#include <unistd.h>

static const char **argv_of(const char *const *args)
{
	size_t n = 0;
	while (args[n])
		n++;
	const char **argv = pk_realloc_array(NULL, n + 2, sizeof(*argv));
	argv[0] = "git";
	for (size_t i = 0; i <= n; i++)
		argv[i + 1] = args[i];
	return argv;
}

static int no_git(struct pk_err *err)
{
	return pk_err_hint(err, "git must be installed and in PATH");
}

int pk_git_run(const char *cwd, const char *const *args, const char *input, struct pk_buf *out,
	       int *ret_status, struct pk_err *err)
{
	PK_FREE const char **argv = argv_of(args);
	struct pk_proc proc = { .argv = argv, .cwd = cwd, .input = input, .out = out };
	if (pk_proc_run(&proc, ret_status, err) < 0)
		return no_git(err);
	return 0;
}

/* "fatal: " is git's word for an error; ours comes before it already. */
static const char *without_label(const char *said)
{
	static const char *const labels[] = { "fatal: ", "error: " };
	for (size_t i = 0; i < PK_COUNT(labels); i++)
		if (pk_starts_with(said, labels[i]))
			return said + strlen(labels[i]);
	return said;
}

int pk_git_check(const char *cwd, const char *const *args, const char *input, struct pk_buf *out,
		 struct pk_err *err)
{
	PK_FREE const char **argv = argv_of(args);
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	struct pk_proc proc = {
		.argv = argv, .cwd = cwd, .input = input, .out = out, .err_out = &said
	};
	int status;
	if (pk_proc_run(&proc, &status, err) < 0)
		return no_git(err);
	if (status == 0)
		return 0;
	const char *command = args[0];
	for (size_t i = 0; args[i]; i++) {
		if (args[i][0] != '-') {
			command = args[i];
			break;
		}
	}
	pk_buf_rtrim(&said);
	const char *text = without_label(said.ptr);
	const char *eol = strchr(text, '\n');
	if (!*text)
		return pk_err_set(err, "'git %s' failed with status %d", command, status);
	/* Short talk is the cause; a long one (a hook's) is detail. */
	if (!eol)
		return pk_err_set(err, "'git %s' failed: %s", command, text);
	pk_err_set(err, "'git %s' failed with status %d", command, status);
	return pk_err_detail(err, "%s", text);
}

void pk_git_hash(const char *data, size_t n, struct pk_oid *ret)
{
	git_oid oid;
	pk_git2_init();
	/* SHA-1 over memory; it can only fail for want of memory. */
	if (git_odb_hash(&oid, data, n, GIT_OBJECT_BLOB) < 0)
		abort();
	pk_oid_from_git(&oid, ret);
}

char *pk_git_hash_blob(const char *data, size_t n)
{
	struct pk_oid ret;
	pk_git_hash(data, n, &ret);
	return pk_strdup(ret.hex);
}

/* Lines of the credential protocol. A newline in a value would start a line of the attacker's. */
static int credential_line(struct pk_buf *buf, const char *key, const char *value,
			   struct pk_err *err)
{
	if (!value)
		return 0;
	if (strpbrk(value, "\r\n"))
		return pk_err_set(err, "the %s of the connection holds a line break", key);
	pk_buf_addf(buf, "%s=%s\n", key, value);
	return 0;
}

static int credential_input(struct pk_buf *buf, const char *host, const char *path,
			    const char *user, const char *password, struct pk_err *err)
{
	pk_buf_add(buf, "protocol=postgresql\n");
	if (credential_line(buf, "host", host ? host : "localhost", err) < 0 ||
	    credential_line(buf, "path", path, err) < 0 ||
	    credential_line(buf, "username", user, err) < 0 ||
	    credential_line(buf, "password", password, err) < 0)
		return -1;
	pk_buf_addc(buf, '\n');
	return 0;
}

static void wipe(struct pk_buf *buf)
{
	if (buf->cap > 0)
		explicit_bzero(buf->ptr, buf->cap);
}

static char *password_line(const char *text)
{
	static const char key[] = "password=";
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (pk_starts_with(line, key)) {
			line += sizeof(key) - 1;
			return pk_strndup(line, strcspn(line, "\n"));
		}
	}
	return NULL;
}

static int credential(const char *action, struct pk_buf *input, struct pk_buf *out, int *ret_status,
		      struct pk_err *err)
{
	const char *const argv[] = { "git", "credential", action, NULL };
	/* An empty GIT_ASKPASS also keeps git from core.askPass and SSH_ASKPASS. */
	static const char *const silent[] = { "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", NULL };
	bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	struct pk_proc proc = { .argv = argv,
				.env = terminal ? NULL : silent,
				.input = input->ptr,
				.input_len = input->len,
				.out = out,
				.inherit_stderr = terminal };
	if (pk_proc_run(&proc, ret_status, err) < 0)
		return no_git(err);
	return 0;
}

int pk_git_credential_fill(const char *host, const char *path, const char *user,
			   char **ret_password, struct pk_err *err)
{
	PK_AUTO(pk_buf) input = PK_BUF_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	int status;
	*ret_password = NULL;
	if (credential_input(&input, host, path, user, NULL, err) < 0 ||
	    credential("fill", &input, &out, &status, err) < 0)
		return -1;
	if (status == 0)
		*ret_password = password_line(out.ptr);
	wipe(&out);
	return 0;
}

int pk_git_credential_report(bool approve, const char *host, const char *path, const char *user,
			     const char *password, struct pk_err *err)
{
	PK_AUTO(pk_buf) input = PK_BUF_INIT;
	int status;
	int rc = credential_input(&input, host, path, user, password, err);
	if (rc == 0)
		rc = credential(approve ? "approve" : "reject", &input, NULL, &status, err);
	wipe(&input);
	return rc;
}
