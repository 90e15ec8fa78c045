#include "lint/fix.h"

#include "lint/fix_text.h"
#include "sql/scan.h"

void pk_fix_release(struct pk_fix *fix)
{
	for (size_t i = 0; i < fix->n; i++)
		pk_buf_release(&fix->parts[i].sql);
	free(fix->parts);
	pk_strv_release(&fix->reasons);
	*fix = (struct pk_fix)PK_FIX_INIT;
}

/*
 * At work. What cannot stay in the transaction at hand waits until something follows that may need it, so that what
 * was one transaction stays one as far as that can be.
 */
struct build {
	struct pk_fix *fix;
	const struct pk_fix_text *text;
	const struct pk_fix_source *source;
	bool transaction; /* of the text */
	bool crlf;
	struct pk_fix_groups waiting;
	struct pk_strv names,
		tables; /* what it makes; tables that it reads, which few need to wait for */
	struct pk_buf settings; /* that later transactions need as well */
	struct pk_buf held;	/* settings at the head, until there is a transaction for them */
	size_t held_comments;	/* what of it stands before the first of them */
};

static void build_release(struct build *b)
{
	pk_fix_groups_release(&b->waiting);
	pk_strv_release(&b->names);
	pk_strv_release(&b->tables);
	pk_buf_release(&b->settings);
	pk_buf_release(&b->held);
}

/* NULL: there is none yet. */
static struct pk_fix_part *last_part(struct build *b)
{
	return b->fix->n ? &b->fix->parts[b->fix->n - 1] : NULL;
}

static const char *line_end(const struct build *b)
{
	return b->crlf ? "\r\n" : "\n";
}

/* Made text, with the line ends of the file. */
static void add_made(const struct build *b, struct pk_buf *to, const char *sql)
{
	if (to->len && to->ptr[to->len - 1] != '\n')
		pk_buf_add(to, line_end(b));
	for (const char *p = sql; *p; p++) {
		if (*p == '\n' && b->crlf && (p == sql || p[-1] != '\r'))
			pk_buf_addc(to, '\r');
		pk_buf_addc(to, *p);
	}
}

/* The author's text; what separated it from what stood before it is not needed where nothing does. */
static void add_text(const struct build *b, struct pk_buf *to, const char *sql, size_t n)
{
	size_t blank = strspn(sql, " \t\r\n");

	if (!to->len && b->fix->n > 1) {
		while (blank > 0 && (blank > n || sql[blank - 1] != '\n'))
			blank--;
		sql += blank;
		n -= blank;
	}
	pk_buf_addn(to, sql, n);
}

static struct pk_fix_part *new_part(struct build *b, bool transaction, bool open)
{
	struct pk_fix *fix = b->fix;

	if (fix->n == fix->cap) {
		fix->cap = fix->cap ? 2 * fix->cap : 4;
		fix->parts = pk_realloc_array(fix->parts, fix->cap, sizeof(*fix->parts));
	}
	struct pk_fix_part *part = &fix->parts[fix->n++];
	*part = (struct pk_fix_part){ .sql = PK_BUF_INIT,
				      .transaction = transaction,
				      .open = open };
	if (fix->n == 1 || b->held.len)
		pk_buf_addn(&part->sql, b->held.ptr, transaction ? b->held.len : b->held_comments);
	else if (transaction)
		add_made(b, &part->sql, b->settings.ptr);
	pk_buf_clear(&b->held);
	return part;
}

/* Where statements go that need nothing. */
static struct pk_fix_part *open_part(struct build *b)
{
	return b->fix->n && last_part(b)->open ? last_part(b) : new_part(b, b->transaction, true);
}

static void place(struct build *b, const struct pk_fix_group *group)
{
	struct pk_fix_part *part =
		!b->transaction || group->how == PK_FIX_BEHIND || group->how == PK_FIX_IN_PLACE
			? open_part(b)
			: new_part(b, group->how == PK_FIX_IN_OWN, false);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	add_made(b, &sql, group->sql);
	if (part->sql.len && part->sql.ptr[part->sql.len - 1] != '\n')
		pk_buf_add(&part->sql, line_end(b));
	add_text(b, &part->sql, sql.ptr, sql.len);
}

static void flush(struct build *b)
{
	for (size_t i = 0; i < b->waiting.n; i++)
		place(b, &b->waiting.items[i]);
	pk_fix_groups_release(&b->waiting);
	pk_strv_release(&b->names);
	pk_strv_release(&b->tables);
}

/* Takes the group. */
static void hold_back(struct build *b, struct pk_fix_group *group)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;

	if (pk_sql_split_only(group->sql, "fix", false, &statements, NULL) == 0)
		pk_sql_actions(&statements, &actions);
	for (size_t i = 0; i < actions.n; i++) {
		const struct pk_action *a = &actions.items[i];
		const char *table = pk_action_table(a);
		bool key = a->unique || a->sub == PK_ADD_CONSTRAINT;
		if (table)
			pk_strv_push(key ? &b->names : &b->tables, table);
		if (a->name && a->name != table)
			pk_strv_push(&b->names, a->name);
	}
	pk_fix_groups_add(&b->waiting, group->how, pk_take(&group->sql));
}

/* Does the statement name something of what waits? tables: also those that it reads, but for the one that may be named. */
static bool mentions(const struct build *b, const char *sql, bool tables, const char *own)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, sql, strlen(sql));
	while (pk_scan_code(&scan, &token)) {
		PK_FREE char *name = pk_token_name(sql, &token);
		if (name && (pk_strv_has(&b->names, name) ||
			     (tables && !pk_streq(name, own) && pk_strv_has(&b->tables, name))))
			return true;
	}
	return false;
}

static const struct pk_action *first_action(const struct pk_fix_text *t, size_t statement)
{
	for (size_t i = 0; i < t->actions.n; i++)
		if (t->actions.items[i].statement == statement)
			return &t->actions.items[i];
	return NULL;
}

/* What it needs cannot be told from its text. */
static bool is_opaque(const struct pk_action *a)
{
	return !a || a->verb == PK_DO || a->verb == PK_CALL || a->verb == PK_SELECT ||
	       a->verb == PK_UNPARSED || a->verb == PK_OTHER;
}

/* It does the same whether rows were checked, columns are NOT NULL and indexes are there, or not. */
static bool is_indifferent(const struct pk_fix_text *t, size_t statement)
{
	static const enum pk_sub subs[] = { PK_ADD_COLUMN, PK_SET_DEFAULT, PK_DROP_DEFAULT,
					    PK_ADD_CONSTRAINT };
	static const enum pk_verb verbs[] = { PK_CREATE, PK_COMMENT, PK_GRANT, PK_REVOKE,
					      PK_INSERT, PK_UPDATE,  PK_DELETE };

	for (size_t i = 0; i < t->actions.n; i++) {
		const struct pk_action *a = &t->actions.items[i];
		bool known = a->statement != statement;
		for (size_t k = 0; k < PK_COUNT(subs); k++)
			known = known || (a->verb == PK_ALTER && a->sub == subs[k] &&
					  a->constraint != PK_CON_PRIMARY);
		for (size_t k = 0; k < PK_COUNT(verbs); k++)
			known = known || a->verb == verbs[k];
		if (!known)
			return false;
	}
	return true;
}

static bool is_timeout(const struct pk_action *a)
{
	return a->verb == PK_SET && a->name && pk_ends_with(a->name, "_timeout");
}

static void keep(struct build *b, size_t statement, size_t from, size_t end)
{
	const struct pk_action *a = first_action(b->text, statement);
	const char *text = b->text->statements.items[statement].text;

	if (a && is_timeout(a) && b->transaction) {
		pk_buf_addf(&b->settings, "%s;\n", text);
		if (!b->fix->n) {
			if (!b->held.len)
				b->held_comments =
					b->text->statements.items[statement].offset - from;
			pk_buf_addn(&b->held, b->text->sql + from, end - from);
			return;
		}
	}
	if (b->waiting.n &&
	    (is_opaque(a) || mentions(b, text, !is_indifferent(b->text, statement), NULL)))
		flush(b);
	struct pk_fix_part *part = open_part(b);
	const char *sql = b->text->sql + from;
	if (part->sql.len && part->sql.ptr[part->sql.len - 1] != '\n' && !strchr(" \t\r\n", *sql))
		pk_buf_add(&part->sql, line_end(b)); /* behind what was made */
	add_text(b, &part->sql, sql, end - from);
}

/* The comments above it stay above the first of what takes its place, those behind it behind that. */
static void replace(struct build *b, size_t statement, struct pk_fix_groups *groups, size_t from,
		    size_t end, size_t semicolon)
{
	const struct pk_statement *s = &b->text->statements.items[statement];
	const struct pk_action *a = first_action(b->text, statement);
	PK_AUTO(pk_buf) first = PK_BUF_INIT;

	pk_buf_addn(&first, b->text->sql + from, s->offset - from);
	pk_buf_add(&first, groups->items[0].sql);
	size_t tail = s->offset + strlen(s->text);
	if (tail + strspn(b->text->sql + tail, " \t\r\n") + 1 < semicolon) /* before the semicolon */
		pk_buf_addn(&first, b->text->sql + tail, semicolon - 1 - tail);
	pk_buf_addn(&first, b->text->sql + semicolon, end - semicolon);
	free(groups->items[0].sql);
	groups->items[0].sql = pk_buf_take(&first);
	b->fix->n_fixed++;
	if (b->waiting.n && b->transaction && groups->items[0].how == PK_FIX_IN_PLACE &&
	    mentions(b, s->text, true, pk_action_table(a)))
		flush(b);
	for (size_t i = 0; i < groups->n; i++)
		if (!b->transaction || groups->items[i].how == PK_FIX_IN_PLACE)
			place(b, &groups->items[i]);
		else
			hold_back(b, &groups->items[i]);
}

/* What cannot be cut where this cuts. several: it has become several migrations. */
static const char *why_left(const struct pk_fix_text *t, const struct pk_lint_options *options,
			    bool several)
{
	for (size_t i = 0; i < t->actions.n; i++) {
		const struct pk_action *a = &t->actions.items[i];
		if (a->nested)
			continue;
		if (a->verb == PK_BEGIN || a->verb == PK_COMMIT || a->verb == PK_ROLLBACK ||
		    a->verb == PK_SAVEPOINT)
			return "it begins and ends transactions itself";
		if (!several || !options->transaction)
			continue;
		if (a->verb == PK_SET && !is_timeout(a))
			return "it changes settings, which would not hold in the migrations that "
			       "it would become";
		if (a->verb == PK_LOCK)
			return "it locks a table, which would not last through the migrations that "
			       "it would become";
		if (a->verb == PK_CREATE && a->temporary)
			return "it makes temporary tables, which the migrations that it would "
			       "become may not see";
	}
	return NULL;
}

/* Comments inside a statement that is written anew are kept above it. */
static void keep_comments(const struct build *b, size_t statement, struct pk_fix_groups *groups)
{
	const char *text = b->text->statements.items[statement].text;
	PK_AUTO(pk_buf) kept = PK_BUF_INIT;
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, text, strlen(text));
	while (pk_scan_next(&scan, &token))
		if (token.kind == PK_TOKEN_COMMENT)
			pk_buf_addf(&kept, "%.*s\n", (int)(token.end - token.start), text + token.start);
	if (!kept.len)
		return;
	pk_buf_add(&kept, groups->items[0].sql);
	free(groups->items[0].sql);
	groups->items[0].sql = pk_buf_take(&kept);
}

/* By the source; what there is no way for stays, with its reason. */
static void ask_source(struct build *b, size_t statement, struct pk_fix_groups *groups)
{
	const struct pk_fix_text *t = b->text;
	const struct pk_statement *s = &t->statements.items[statement];
	PK_FREE char *before = pk_strndup(t->sql, s->offset);
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (!b->source)
		return;
	if (b->source->way(b->source->arg, before, s->text, groups, &why) < 0)
		pk_fix_leave(t, statement, why.msg, &b->fix->reasons);
	else if (groups->n)
		keep_comments(b, statement, groups);
}

/* Is there a way for the statement, and which is it? groups: empty where it stays as it is. */
static bool choose(struct build *b, size_t statement, const struct pk_fix_choice *choices, struct pk_fix_groups *groups)
{
	bool derivable = pk_fix_derivable(b->text, statement);

	pk_fix_of(b->text, statement, groups);
	if (!groups->n && !derivable)
		return false;
	size_t i = b->fix->n_fixable++;
	const struct pk_fix_choice choice = choices ? choices[i] : (struct pk_fix_choice){ .by = PK_FIX_TEXT };
	bool ask = derivable && choice.by != PK_FIX_SKIP && (choice.by == PK_FIX_SOURCE || !groups->n);
	if (choice.by == PK_FIX_SKIP || ask)
		pk_fix_groups_release(groups);
	if (choice.by == PK_FIX_SKIP && choice.why)
		pk_fix_leave(b->text, statement, choice.why, &b->fix->reasons);
	if (ask)
		ask_source(b, statement, groups);
	return true;
}

static void assemble(struct build *b, const struct pk_fix_choice *choices)
{
	const struct pk_fix_text *t = b->text;
	size_t from = 0, semicolon;

	for (size_t i = 0; i < t->statements.n; i++) {
		struct pk_fix_groups groups = PK_FIX_GROUPS_INIT;
		size_t end = pk_fix_end_of_statement(t, i, &semicolon);

		if (!choose(b, i, choices, &groups))
			pk_fix_leave(t, i, NULL, &b->fix->reasons);
		if (groups.n)
			replace(b, i, &groups, from, end, semicolon);
		else
			keep(b, i, from, end);
		pk_fix_groups_release(&groups);
		from = end;
	}
	flush(b);
	if (b->fix->n)
		add_text(b, &last_part(b)->sql, t->sql + from, strlen(t->sql + from));
}

int pk_fix_sql(const char *sql, const char *file, const struct pk_lint_options *options,
	       const struct pk_fix_source *source, const struct pk_fix_choice *choices, struct pk_fix *ret,
	       struct pk_err *err)
{
	__attribute__((cleanup(pk_fix_text_release))) struct pk_fix_text text = PK_FIX_TEXT_INIT;
	PK_AUTO(pk_buf) normal = PK_BUF_INIT;
	struct build b __attribute__((cleanup(build_release))) = {
		.fix = ret,
		.text = &text,
		.source = source,
		.transaction = options->transaction,
		.crlf = strstr(sql, "\r\n") != NULL,
		.settings = PK_BUF_INIT,
		.held = PK_BUF_INIT,
	};

	pk_buf_add(&normal, sql);
	/* a finding that is said already is not said again of the same statement, so what is left may have one */
	for (bool more = true; more;) {
		PK_FREE char *now = pk_buf_take(&normal);
		pk_fix_text_release(&text);
		if (pk_fix_text_read(&text, now, file, options, err) < 0)
			return -1;
		pk_fix_normalise(&text, &normal);
		more = normal.len > 0;
	}
	assemble(&b, choices);
	ret->left = ret->n_fixed ? why_left(b.text, options, ret->n > 1) : NULL;
	if (ret->n_fixed && !ret->left)
		return 0;
	for (size_t i = 0; i < ret->n; i++)
		pk_buf_release(&ret->parts[i].sql);
	ret->n = ret->n_fixed = 0;
	return 0;
}
