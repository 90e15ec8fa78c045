#include "ssh/known.h"
#include "base/fs.h"
#include "base/proc.h"

#define TYPE_MAX 100 /* bytes of a name such as "ssh-ed25519"; none has half of that */

void pk_knowns_release(struct pk_knowns *knowns)
{
	pk_strv_release(&knowns->types);
	pk_strv_release(&knowns->keys);
	pk_strv_release(&knowns->revoked);
	knowns->authority = false;
}

void pk_knowns_read(struct pk_knowns *knowns, const char *lines)
{
	PK_AUTO(pk_strv) all = PK_STRV_INIT;

	pk_strv_split(&all, lines, '\n');
	for (size_t i = 0; i < all.n; i++) {
		PK_AUTO(pk_strv) words = PK_STRV_INIT;
		size_t at = 1;
		bool revoked = false, authority = false;

		for (char *s = all.items[i]; *s; s++)
			*s = *s == '\t' || *s == '\r' ? ' ' : *s;
		if (all.items[i][0] == '#')
			continue;
		pk_strv_split(&words, all.items[i], ' ');
		if (words.n && words.items[0][0] == '@') {
			revoked = strcmp(words.items[0], "@revoked") == 0;
			authority = strcmp(words.items[0], "@cert-authority") == 0;
			/* a mark that we do not know makes nothing known */
			if (!revoked && !authority)
				continue;
			at++;
		}
		if (words.n < at + 2)
			continue;
		knowns->authority |= authority;
		if (revoked) {
			pk_strv_push(&knowns->revoked, words.items[at + 1]);
		} else if (!authority) {
			pk_strv_push(&knowns->types, words.items[at]);
			pk_strv_push(&knowns->keys, words.items[at + 1]);
		}
	}
}

int pk_knowns_find(struct pk_knowns *knowns, const char *name, const struct pk_strv *files,
		   struct pk_err *err)
{
	for (size_t i = 0; i < files->n; i++) {
		PK_AUTO(pk_buf) out = PK_BUF_INIT;
		const char *const argv[] = {
			"ssh-keygen", "-F", name, "-f", files->items[i], NULL
		};
		const struct pk_proc proc = { .argv = argv, .out = &out };
		int status;

		if (!pk_path_exists(files->items[i]))
			continue;
		/* It ends with 1 where it finds nothing. */
		if (pk_proc_run(&proc, &status, err) < 0)
			return -1;
		if (status > 1)
			return pk_err_set(err, "'%s' cannot be searched for the key of '%s'",
					  files->items[i], name);
		pk_knowns_read(knowns, out.ptr);
	}
	return 0;
}

enum pk_known pk_knowns_judge(const struct pk_knowns *knowns, const char *type, const char *key)
{
	enum pk_known verdict = PK_KNOWN_NONE;

	if (pk_strv_has(&knowns->revoked, key))
		return PK_KNOWN_REVOKED;
	for (size_t i = 0; i < knowns->keys.n; i++) {
		if (!pk_streq(knowns->types.items[i], type))
			continue;
		if (pk_streq(knowns->keys.items[i], key))
			return PK_KNOWN_MATCH;
		verdict = PK_KNOWN_CHANGED;
	}
	return verdict;
}

/* ---- keys as SSH writes them ---- */

char *pk_ssh_blob_type(const unsigned char *blob, size_t n)
{
	size_t len;

	if (n < 4)
		return NULL;
	len = (size_t)blob[0] << 24 | (size_t)blob[1] << 16 | (size_t)blob[2] << 8 | blob[3];
	return len && len <= n - 4 && len < TYPE_MAX ? pk_strndup((const char *)blob + 4, len) : NULL;
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void pk_buf_add_base64(struct pk_buf *buf, const unsigned char *data, size_t n)
{
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		unsigned v = (unsigned)data[i] << 16 | (left > 1 ? (unsigned)data[i + 1] << 8 : 0) |
			     (left > 2 ? data[i + 2] : 0);

		pk_buf_addc(buf, digits[v >> 18]);
		pk_buf_addc(buf, digits[v >> 12 & 63]);
		pk_buf_addc(buf, left > 1 ? digits[v >> 6 & 63] : '=');
		pk_buf_addc(buf, left > 2 ? digits[v & 63] : '=');
	}
}

void pk_buf_add_unbase64(struct pk_buf *buf, const char *text)
{
	unsigned v = 0, bits = 0;

	for (; *text; text++) {
		const char *digit = strchr(digits, *text);

		if (strchr(" \t\r\n", *text))
			continue;
		if (!digit)
			return;
		v = (v << 6 | (unsigned)(digit - digits)) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			pk_buf_addc(buf, (char)(v >> bits & 255));
		}
	}
}
