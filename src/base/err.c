#include "base/buf.h"
#include "base/err.h"
#include "base/term.h"
#include <errno.h>

void pk_err_release(struct pk_err *err)
{
	if (!err)
		return;
	free(err->msg);
	free(err->detail);
	free(err->hint);
	free(err->file);
	*err = (struct pk_err)PK_ERR_INIT;
}

/* Formatted before anything is freed: the arguments may point into the old error. */
static char *format(const char *fmt, va_list ap)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	pk_buf_vaddf(&buf, fmt, ap);
	return pk_buf_take(&buf);
}

static void replace(char **field, char *value)
{
	free(*field);
	*field = value;
}

static void set_message(struct pk_err *err, char *msg)
{
	pk_err_release(err);
	err->exit = PK_EXIT_FATAL;
	err->msg = msg;
}

static void mark(struct pk_err *err)
{
	if (!err->exit)
		err->exit = PK_EXIT_FATAL;
}

int pk_err_set(struct pk_err *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	set_message(err, format(fmt, ap));
	va_end(ap);
	return -1;
}

int pk_err_interrupted(struct pk_err *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	set_message(err, format(fmt, ap));
	va_end(ap);
	return pk_err_exit(err, PK_EXIT_INTERRUPTED);
}

int pk_err_exit(struct pk_err *err, int exit_status)
{
	if (err)
		err->exit = exit_status;
	return -1;
}

int pk_err_hint(struct pk_err *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	replace(&err->hint, format(fmt, ap));
	va_end(ap);
	mark(err);
	return -1;
}

int pk_err_detail(struct pk_err *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	replace(&err->detail, format(fmt, ap));
	va_end(ap);
	mark(err);
	return -1;
}

int pk_err_at(struct pk_err *err, const char *file, int line, int col)
{
	if (!err)
		return -1;
	replace(&err->file, pk_strdup(file));
	err->line = line;
	err->col = col;
	mark(err);
	return -1;
}

int pk_err_wrap(struct pk_err *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	PK_FREE char *doing = format(fmt, ap);
	va_end(ap);
	replace(&err->msg, err->msg ? pk_printf("%s: %s", doing, err->msg) : pk_strdup(doing));
	mark(err);
	return -1;
}

int pk_err_errno(struct pk_err *err, const char *fmt, ...)
{
	int cause = errno;
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	PK_FREE char *doing = format(fmt, ap);
	va_end(ap);
	set_message(err, pk_printf("%s: %s", doing, strerror(cause)));
	errno = cause;
	return -1;
}

int pk_err_move(struct pk_err *to, struct pk_err *from)
{
	if (to == from)
		return -1;
	if (!to) {
		pk_err_release(from);
		return -1;
	}
	pk_err_release(to);
	*to = *from;
	*from = (struct pk_err)PK_ERR_INIT;
	return -1;
}

bool pk_err_move_interrupt(struct pk_err *to, struct pk_err *from)
{
	if (from->exit != PK_EXIT_INTERRUPTED)
		return false;
	pk_err_move(to, from);
	return true;
}

static void add_place(struct pk_buf *out, const struct pk_err *err)
{
	if (!err->file)
		return;
	pk_buf_add_safe(out, err->file, false);
	if (err->line > 0)
		pk_buf_addf(out, ":%d", err->line);
	if (err->line > 0 && err->col > 0)
		pk_buf_addf(out, ":%d", err->col);
	pk_buf_add(out, ": ");
}

/* Each line of text behind the prefix. */
static void add_lines(struct pk_buf *out, const char *first, const char *next, const char *text)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	pk_buf_add_safe(&safe, text, true);
	pk_buf_rtrim(&safe);
	const char *prefix = first;
	for (const char *s = safe.ptr;;) {
		const char *end = strchrnul(s, '\n');
		pk_buf_add(out, prefix);
		pk_buf_addn(out, s, (size_t)(end - s));
		pk_buf_addc(out, '\n');
		if (!*end)
			return;
		s = end + 1;
		prefix = next;
	}
}

void pk_err_print(const struct pk_err *err)
{
	if (!err || (!err->exit && !err->msg))
		return;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_AUTO(pk_buf) head = PK_BUF_INIT;
	pk_buf_addf(&head, "%serror:%s ", pk_color(stderr, PK_RED), pk_color(stderr, PK_PLAIN));
	add_place(&head, err);
	add_lines(&out, head.ptr, "  ", err->msg ? err->msg : "unknown error");
	if (err->detail)
		add_lines(&out, "  ", "  ", err->detail);
	if (err->hint) {
		PK_FREE char *hint = pk_printf("%shint:%s ", pk_color(stderr, PK_CYAN),
					       pk_color(stderr, PK_PLAIN));
		add_lines(&out, hint, hint, err->hint);
	}
	fflush(stdout);
	fputs(out.ptr, stderr);
	fflush(stderr);
}
