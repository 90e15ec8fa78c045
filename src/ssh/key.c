#include "ssh/key.h"
#include "base/proc.h"
#include "base/sig.h"
#include "base/term.h"
#include "ssh/known.h"
#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#define MAGIC "openssh-key-v1" /* with its NUL */

void pk_ssh_key_release(struct pk_ssh_key *key)
{
	free(key->type);
	key->type = NULL;
	pk_buf_release(&key->blob);
	key->encrypted = false;
}

/* Length, bytes. NULL: cut off. */
static const unsigned char *next_string(const unsigned char **at, const unsigned char *end,
					size_t *ret_n)
{
	const unsigned char *p = *at;
	size_t n;

	if (end - p < 4)
		return NULL;
	n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	p += 4;
	if (n > (size_t)(end - p))
		return NULL;
	*at = p + n;
	*ret_n = n;
	return p;
}

/* Cipher, function and options for the passphrase, number of keys, the public one. */
static bool look_openssh(struct pk_ssh_key *key, const char *body)
{
	PK_AUTO(pk_buf) raw = PK_BUF_INIT;
	const unsigned char *at, *end, *cipher, *blob;
	size_t n, n_cipher;

	pk_buf_add_unbase64(&raw, body);
	at = (const unsigned char *)raw.ptr;
	end = at + raw.len;
	if (raw.len < sizeof(MAGIC) || memcmp(at, MAGIC, sizeof(MAGIC)) != 0)
		return false;
	at += sizeof(MAGIC);
	cipher = next_string(&at, end, &n_cipher);
	if (!cipher || !next_string(&at, end, &n) || !next_string(&at, end, &n) || end - at < 4)
		return false;
	at += 4;
	blob = next_string(&at, end, &n);
	if (!blob)
		return false;
	key->encrypted = n_cipher != 4 || memcmp(cipher, "none", 4) != 0;
	key->type = pk_ssh_blob_type(blob, n);
	pk_buf_addn(&key->blob, (const char *)blob, n);
	return true;
}

bool pk_ssh_key_look(struct pk_ssh_key *key, const char *text)
{
	static const char openssh[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
	const char *begin = strstr(text, openssh);

	if (begin)
		return look_openssh(key, begin + strlen(openssh));
	if (!strstr(text, "PRIVATE KEY-----"))
		return false;
	key->encrypted = strstr(text, "BEGIN ENCRYPTED PRIVATE KEY") ||
			 strstr(text, "Proc-Type: 4,ENCRYPTED");
	if (strstr(text, "BEGIN RSA PRIVATE KEY"))
		key->type = pk_strdup("ssh-rsa");
	return true;
}

bool pk_ssh_key_public(struct pk_ssh_key *key, const char *line)
{
	PK_AUTO(pk_buf) raw = PK_BUF_INIT;
	PK_FREE char *type = NULL;
	const char *blank = strchr(line, ' ');

	if (!blank)
		return false;
	pk_buf_add_unbase64(&raw, blank + 1);
	type = pk_ssh_blob_type((const unsigned char *)raw.ptr, raw.len);
	if (!type || strlen(type) != (size_t)(blank - line) || memcmp(type, line, strlen(type)) != 0)
		return false;
	free(key->type);
	key->type = pk_take(&type);
	pk_buf_clear(&key->blob);
	pk_buf_addn(&key->blob, raw.ptr, raw.len);
	return true;
}

/* ---- questions ---- */

static char *ask_program(const char *program, const char *question)
{
	const char *const argv[] = { program, question, NULL };
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	const struct pk_proc proc = { .argv = argv, .out = &out };
	char *answer = NULL;
	int status;

	if (pk_proc_run(&proc, &status, NULL) == 0 && status == 0)
		answer = pk_strndup(out.ptr, strcspn(out.ptr, "\r\n"));
	explicit_bzero(out.ptr, out.len);
	return answer;
}

/* One byte at a time, so that nothing of it stays in a buffer of stdio. */
static char *read_secret(int tty)
{
	char line[1024];
	size_t n = 0;
	ssize_t got;
	char *answer = NULL;

	while ((got = read(tty, line + n, 1)) == 1 && line[n] != '\n' && n + 1 < sizeof(line))
		n++;
	if (got == 1 && !pk_interrupted())
		answer = pk_strndup(line, n);
	explicit_bzero(line, sizeof(line));
	return answer;
}

static char *ask_terminal(int tty, const char *question)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	struct termios before, silent;
	char *answer = NULL;

	if (tcgetattr(tty, &before) < 0)
		return NULL;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	pk_buf_add_safe(&safe, question, false);
	pk_buf_addc(&safe, ' ');
	/* In this order: what is typed when the question stands is kept, and is not shown. */
	if (tcsetattr(tty, TCSAFLUSH, &silent) == 0) {
		if (write(tty, safe.ptr, safe.len) == (ssize_t)safe.len)
			answer = read_secret(tty);
		tcsetattr(tty, TCSAFLUSH, &before);
	}
	return write(tty, "\n", 1) == 1 ? answer : (free(answer), NULL);
}

char *pk_ssh_ask(const char *question)
{
	const char *program = getenv("SSH_ASKPASS"), *require = getenv("SSH_ASKPASS_REQUIRE");
	bool first = pk_streq(require, "force") || pk_streq(require, "prefer");
	char *answer;
	int tty;

	if (pk_streq(require, "never") || (program && !*program))
		program = NULL;
	if (program && first)
		return ask_program(program, question);
	tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty < 0)
		return program ? ask_program(program, question) : NULL;
	answer = ask_terminal(tty, question);
	close(tty);
	return answer;
}
