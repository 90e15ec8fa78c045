#include "sql/goose.h"

static bool says(const char *line, size_t len, const char *what)
{
	static const char mark[] = "+goose ";
	const char *p = line, *end = line + len;

	if (len < 2 || memcmp(p, "--", 2) != 0)
		return false;
	for (p += 2; p < end && (*p == ' ' || *p == '\t');)
		p++;
	size_t n = strlen(what);
	if ((size_t)(end - p) < sizeof(mark) - 1 + n || memcmp(p, mark, sizeof(mark) - 1) != 0)
		return false;
	p += sizeof(mark) - 1;
	if (strncasecmp(p, what, n) != 0)
		return false;
	for (p += n; p < end && strchr(" \t\r", *p);)
		p++;
	return p == end;
}

bool pk_goose_up(const char *text, struct pk_goose *ret)
{
	bool up = false, down = false;
	int number = 1;

	*ret = (struct pk_goose){ .end = strlen(text), .transaction = true };
	for (const char *line = text; *line; number++) {
		size_t len = strcspn(line, "\n");
		const char *next = line + len + (line[len] == '\n');

		if (says(line, len, "NO TRANSACTION"))
			ret->transaction = false;
		if (!up && says(line, len, "Up")) {
			up = true;
			ret->start = (size_t)(next - text);
			ret->line = number + 1;
		} else if (up && !down && says(line, len, "Down")) {
			down = true;
			ret->end = (size_t)(line - text);
		}
		line = next;
	}
	return up;
}
