#include "base/buf.h"
#include "base/opt.h"
#include <errno.h>
#include <limits.h>

struct parser {
	const struct pk_opt *opts;
	char **argv;
	int argc, next;
	struct pk_err *err;
};

static int usage(struct pk_err *err)
{
	pk_err_hint(err, "-h lists the options");
	return pk_err_exit(err, PK_EXIT_USAGE);
}

static const struct pk_opt *find_long(const struct pk_opt *opts, const char *name, size_t n)
{
	for (; opts && opts->name; opts++) {
		if (strncmp(opts->name, name, n) == 0 && !opts->name[n])
			return opts;
	}
	return NULL;
}

static const struct pk_opt *find_short(const struct pk_opt *opts, char name)
{
	for (; opts && opts->name; opts++) {
		if (opts->short_name && opts->short_name == name)
			return opts;
	}
	return NULL;
}

static int store_int(const struct pk_opt *opt, const char *text, struct pk_err *err)
{
	char *end;
	errno = 0;
	long value = strtol(text, &end, 10);
	if (!*text || *end || errno || value < INT_MIN || value > INT_MAX) {
		pk_err_set(err, "option '--%s' needs a whole number, not '%s'", opt->name, text);
		return usage(err);
	}
	*(int *)opt->value = (int)value;
	return 0;
}

static int store(const struct pk_opt *opt, const char *text, struct pk_err *err)
{
	switch (opt->type) {
	case PK_OPT_FLAG:
		*(bool *)opt->value = true;
		return 0;
	case PK_OPT_STRING:
		*(const char **)opt->value = text;
		return 0;
	case PK_OPT_LIST:
		pk_strv_push(opt->value, text);
		return 0;
	case PK_OPT_INT:
		return store_int(opt, text, err);
	}
	return -1;
}

/* The value is attached, or the next argument. */
static int store_value(struct parser *p, const struct pk_opt *opt, const char *attached)
{
	if (opt->type == PK_OPT_FLAG)
		return store(opt, NULL, p->err);
	if (!attached && p->next < p->argc)
		attached = p->argv[p->next++];
	if (attached)
		return store(opt, attached, p->err);
	pk_err_set(p->err, "option '--%s' needs a value: %s", opt->name,
		   opt->arg ? opt->arg : "VALUE");
	return usage(p->err);
}

static int parse_long(struct parser *p, const char *name)
{
	const char *equals = strchr(name, '=');
	size_t n = equals ? (size_t)(equals - name) : strlen(name);
	const struct pk_opt *opt = find_long(p->opts, name, n);
	if (opt && opt->type == PK_OPT_FLAG && equals) {
		pk_err_set(p->err, "option '--%s' takes no value", opt->name);
		return usage(p->err);
	}
	if (opt)
		return store_value(p, opt, equals ? equals + 1 : NULL);
	if (pk_streq(name, "help"))
		return 1;
	if (pk_starts_with(name, "no-") && !equals) {
		opt = find_long(p->opts, name + 3, n - 3);
		if (opt && opt->type == PK_OPT_FLAG) {
			*(bool *)opt->value = false;
			return 0;
		}
	}
	pk_err_set(p->err, "unknown option '--%.*s'", (int)n, name);
	return usage(p->err);
}

static int parse_cluster(struct parser *p, const char *letters)
{
	for (; *letters; letters++) {
		const struct pk_opt *opt = find_short(p->opts, *letters);
		if (!opt && *letters == 'h')
			return 1;
		if (!opt) {
			pk_err_set(p->err, "unknown option '-%c'", *letters);
			return usage(p->err);
		}
		if (opt->type != PK_OPT_FLAG)
			return store_value(p, opt, letters[1] ? letters + 1 : NULL);
		store(opt, NULL, p->err);
	}
	return 0;
}

int pk_opt_parse(const struct pk_opt *opts, int argc, char **argv, const char **ret_operands,
		 int *ret_n, struct pk_err *err)
{
	struct parser p = { .opts = opts, .argv = argv, .argc = argc, .next = 1, .err = err };
	int n = 0;
	bool options = true;
	while (p.next < argc) {
		const char *arg = argv[p.next++];
		if (!options || arg[0] != '-' || !arg[1]) {
			ret_operands[n++] = arg;
			continue;
		}
		if (pk_streq(arg, "--") || pk_streq(arg, "--end-of-options")) {
			options = false;
			continue;
		}
		int status = arg[1] == '-' ? parse_long(&p, arg + 2) : parse_cluster(&p, arg + 1);
		if (status)
			return status;
	}
	*ret_n = n;
	return 0;
}

static void add_usage(struct pk_buf *out, const char *command, const char *synopsis)
{
	const char *lead = "usage: ";
	for (const char *s = synopsis ? synopsis : "";;) {
		const char *end = strchrnul(s, '\n');
		pk_buf_addf(out, "%sgit postkit", lead);
		if (command && *command)
			pk_buf_addf(out, " %s", command);
		if (end > s)
			pk_buf_addf(out, " %.*s", (int)(end - s), s);
		pk_buf_addc(out, '\n');
		if (!*end)
			return;
		s = end + 1;
		lead = "   or: ";
	}
}

static void add_option(struct pk_buf *out, const struct pk_opt *opt)
{
	enum { HELP_COLUMN = 30 };
	PK_AUTO(pk_buf) left = PK_BUF_INIT;
	if (opt->short_name)
		pk_buf_addf(&left, "    -%c, --%s", opt->short_name, opt->name);
	else
		pk_buf_addf(&left, "    --%s", opt->name);
	if (opt->type != PK_OPT_FLAG)
		pk_buf_addf(&left, " %s", opt->arg ? opt->arg : "VALUE");
	if (left.len < HELP_COLUMN)
		pk_buf_addf(out, "%-*s%s\n", (int)HELP_COLUMN, left.ptr, opt->help);
	else
		pk_buf_addf(out, "%s\n%*s%s\n", left.ptr, (int)HELP_COLUMN, "", opt->help);
}

void pk_opt_help(FILE *out, const char *command, const char *synopsis, const char *summary,
		 const struct pk_opt *opts)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	add_usage(&text, command, synopsis);
	if (summary)
		pk_buf_addf(&text, "\n%s\n", summary);
	pk_buf_add(&text, "\n");
	for (; opts && opts->name; opts++)
		add_option(&text, opts);
	static const struct pk_opt help = {
		.type = PK_OPT_FLAG, .short_name = 'h', .name = "help", .help = "show this"
	};
	add_option(&text, &help);
	fputs(text.ptr, out);
}
