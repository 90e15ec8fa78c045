#include "lint/place.h"

#include "base/buf.h"
#include "base/strv.h"

/* Bytes that begin a code point. */
static int points(const char *s, size_t n)
{
	int count = 0;

	for (size_t i = 0; i < n && s[i]; i++)
		count += ((unsigned char)s[i] & 0xC0) != 0x80;
	return count;
}

struct pk_region pk_finding_region(const struct pk_finding *f)
{
	struct pk_region r = { .line = f->line, .end_line = f->line };
	const char *text = f->source ? f->source : "";
	const char *last = strrchr(text, '\n');

	r.col = points(f->line_text ? f->line_text : "", f->col > 0 ? (size_t)f->col - 1 : 0) + 1;
	for (const char *p = text; *p; p++)
		r.end_line += *p == '\n';
	r.end_col = last ? points(last + 1, strlen(last + 1)) + 1 : r.col + points(text, strlen(text));
	if (r.end_line == r.line && r.end_col <= r.col)
		r.end_col = r.col + 1;
	return r;
}

const char *pk_finding_word(const struct pk_finding *f)
{
	return f->allowed ? "allowed" : f->level == PK_LEVEL_ERROR ? "error" : f->level == PK_LEVEL_WARNING ? "warning" : "off";
}

char *pk_finding_uri(const struct pk_finding *f)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	PK_AUTO(pk_buf) uri = PK_BUF_INIT;
	const char *file = f->file ? f->file : "";

	while (pk_starts_with(file, "./"))
		file += 2;
	if (*file == '/')
		pk_buf_add(&uri, "file://");
	for (; *file; file++) {
		if (strchr(plain, *file))
			pk_buf_addc(&uri, *file);
		else
			pk_buf_addf(&uri, "%%%02X", (unsigned char)*file);
	}
	return pk_buf_take(&uri);
}
