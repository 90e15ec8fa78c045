#include "base/sig.h"
#include "base/term.h"
#include "base/text.h"
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int color_when = -1;

void pk_term_set_color(int when)
{
	color_when = when;
}

static bool wants_color(FILE *stream)
{
	if (color_when >= 0)
		return color_when > 0;
	const char *no_color = getenv("NO_COLOR");
	if (no_color && *no_color)
		return false;
	const char *term = getenv("TERM");
	return isatty(fileno(stream)) && term && strcmp(term, "dumb") != 0;
}

static const char *const sequences[] = {
	[PK_PLAIN] = "\033[m",	  [PK_RED] = "\033[31m",  [PK_GREEN] = "\033[32m", [PK_YELLOW] = "\033[33m",
	[PK_BLUE] = "\033[34m", [PK_CYAN] = "\033[36m", [PK_BOLD] = "\033[1m",   [PK_DIM] = "\033[2m",
};

const char *pk_color(FILE *stream, enum pk_color color)
{
	return wants_color(stream) ? sequences[color] : "";
}

bool pk_is_color(const char *s)
{
	for (size_t i = 0; i < PK_COUNT(sequences); i++)
		if (s == sequences[i])
			return true;
	return false;
}

int pk_term_width(void)
{
	struct winsize size;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

bool pk_term_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* What was typed, without the newline; NULL at the end of input and after a signal. */
static char *read_answer(void)
{
	PK_AUTO(pk_buf) line = PK_BUF_INIT;
	fflush(stdout);
	fflush(stderr);
	for (;;) {
		char c;
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR && !pk_interrupted())
			continue;
		if (n <= 0) {
			fputc('\n', stderr);
			return line.len && n == 0 ? pk_buf_take(&line) : NULL;
		}
		if (c == '\n')
			return pk_buf_take(&line);
		pk_buf_addc(&line, c);
	}
}

int pk_confirm(const char *question, bool default_yes, struct pk_err *err)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	pk_buf_add_safe(&safe, question, true);
	if (!pk_term_can_ask()) {
		pk_err_set(err, "cannot ask without a terminal: %s", question);
		return pk_err_hint(err, "--yes answers the question");
	}
	for (;;) {
		fprintf(stderr, "%s [%s] ", safe.ptr, default_yes ? "Y/n" : "y/N");
		PK_FREE char *answer = read_answer();
		if (pk_interrupted())
			return pk_err_interrupted(err, "interrupted");
		if (!answer)
			return 0;
		if (!*answer)
			return default_yes;
		if (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0)
			return 1;
		if (strcasecmp(answer, "n") == 0 || strcasecmp(answer, "no") == 0)
			return 0;
	}
}

/* Bytes of the well-formed character at s that can be seen; 0 when the first byte has to be escaped. */
static size_t printable(const char *s, bool keep_lines)
{
	uint32_t c;
	size_t n = pk_utf8_decode(s, &c);

	if (n && pk_utf8_unseen(c) && !(keep_lines && (c == '\n' || c == '\t')))
		return 0;
	return n;
}

/* Bytes at the start of s that can be seen whatever comes next: most texts are nothing else. */
static size_t plain_ascii(const char *s)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] < 0x7F)
		n++;
	return n;
}

/* Whoever reads the output line by line takes some of it for commands: GitHub's runner and that of Azure. */
static bool is_read_for_commands(void)
{
	return getenv("GITHUB_ACTIONS") || getenv("TF_BUILD");
}

/* Blanks that its readers leave out before a command (Char.IsWhiteSpace of .NET), and that are seen here. */
static bool is_blank(const char *s)
{
	uint32_t c;

	pk_utf8_decode(s, &c);
	return c == ' ' || c == '\t' || c == '\n' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F ||
	       c == 0x205F || c == 0x3000;
}

/* "::" at the beginning of a line; "##[", "##vso[" anywhere. */
static bool begins_command(const char *s, bool line_begins)
{
	size_t word = 2;

	if (line_begins && strncmp(s, "::", 2) == 0)
		return true;
	if (strncmp(s, "##", 2) != 0)
		return false;
	while ((s[word] >= 'a' && s[word] <= 'z') || (s[word] >= 'A' && s[word] <= 'Z'))
		word++;
	return s[word] == '[';
}

void pk_buf_add_safe(struct pk_buf *buf, const char *s, bool keep_lines)
{
	bool commands = is_read_for_commands(), line_begins = true;

	while (*s) {
		size_t n = commands ? 0 : plain_ascii(s);
		if (!n && !(commands && begins_command(s, line_begins)))
			n = printable(s, keep_lines);
		if (n)
			pk_buf_addn(buf, s, n);
		else
			pk_buf_addf(buf, "\\x%02X", (unsigned)(unsigned char)*s);
		line_begins = n && (*s == '\n' || (line_begins && is_blank(s)));
		s += n ? n : 1;
	}
}
