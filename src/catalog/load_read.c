/* What a statement in a schema file is to the loader. */
#include "base/buf.h"
#include "catalog/load_order.h"
#include "sql/scan.h"

void pk_load_release(struct pk_load *load)
{
	for (size_t i = 0; i < load->n; i++) {
		free(load->items[i].deps);
		pk_err_release(&load->items[i].err);
	}
	for (size_t i = 0; i < load->n_files; i++)
		pk_statements_release(&load->files[i]);
	free(load->files);
	free(load->items);
	free(load->contexts);
	pk_map_release(&load->definers);
	pk_arena_release(&load->arena);
	*load = (struct pk_load)PK_LOAD_INIT;
}

static const struct {
	enum pk_verb verb;
	const char *object; /* NULL: any */
	enum pk_load_rank rank;
} ranks[] = {
	{ PK_CREATE, "schema", PK_RANK_SCHEMA },
	{ PK_CREATE, "extension", PK_RANK_EXTENSION },
	{ PK_CREATE, "foreign data wrapper", PK_RANK_EXTENSION },
	{ PK_CREATE, "language", PK_RANK_EXTENSION },
	{ PK_CREATE, "access method", PK_RANK_EXTENSION },
	{ PK_CREATE, "type", PK_RANK_TYPE },
	{ PK_CREATE, "domain", PK_RANK_TYPE },
	{ PK_CREATE, "collation", PK_RANK_TYPE },
	{ PK_CREATE, "server", PK_RANK_TYPE },
	{ PK_ALTER, "server", PK_RANK_TYPE },
	{ PK_ALTER, "foreign data wrapper", PK_RANK_TYPE },
	{ PK_ALTER, "enum value", PK_RANK_TYPE },
	{ PK_ALTER, "domain", PK_RANK_TYPE },
	{ PK_ALTER, "type", PK_RANK_TYPE },
	{ PK_CREATE, "text search parser", PK_RANK_TYPE },
	{ PK_CREATE, "text search template", PK_RANK_TYPE },
	{ PK_CREATE, "text search dictionary", PK_RANK_TYPE },
	{ PK_CREATE, "text search configuration", PK_RANK_TYPE },
	{ PK_ALTER, "text search dictionary", PK_RANK_TYPE },
	{ PK_ALTER, "text search configuration", PK_RANK_TYPE },
	{ PK_CREATE, "sequence", PK_RANK_SEQUENCE },
	{ PK_CREATE, "function", PK_RANK_FUNCTION },
	{ PK_CREATE, "procedure", PK_RANK_FUNCTION },
	{ PK_CREATE, "aggregate", PK_RANK_FUNCTION },
	{ PK_CREATE, "operator", PK_RANK_FUNCTION },
	{ PK_CREATE, "operator family", PK_RANK_TYPE },
	{ PK_CREATE, "operator class", PK_RANK_FUNCTION },
	{ PK_CREATE, "cast", PK_RANK_FUNCTION },
	{ PK_ALTER, "function", PK_RANK_FUNCTION },
	{ PK_CREATE, "table", PK_RANK_TABLE },
	{ PK_CREATE, "foreign table", PK_RANK_TABLE },
	{ PK_ALTER, "index", PK_RANK_PART },
	{ PK_ALTER, "view", PK_RANK_PART },
	{ PK_ALTER, "materialized view", PK_RANK_PART },
	{ PK_ALTER, "policy", PK_RANK_PART },
	{ PK_ALTER, "extension", PK_RANK_OTHER },
	{ PK_ALTER, "publication", PK_RANK_OTHER },
	{ PK_ALTER, "subscription", PK_RANK_OTHER },
	{ PK_ALTER, "user mapping", PK_RANK_OTHER },
	{ PK_ALTER, "event trigger", PK_RANK_EVENT_TRIGGER },
	{ PK_ALTER, NULL, PK_RANK_ALTER },
	{ PK_CREATE, "index", PK_RANK_INDEX },
	{ PK_CREATE, "view", PK_RANK_VIEW },
	{ PK_CREATE, "materialized view", PK_RANK_VIEW },
	{ PK_CREATE, "event trigger", PK_RANK_EVENT_TRIGGER },
	{ PK_CREATE, "trigger", PK_RANK_PART },
	{ PK_CREATE, "rule", PK_RANK_PART },
	{ PK_CREATE, "policy", PK_RANK_PART },
	{ PK_CREATE, "statistics", PK_RANK_PART },
	{ PK_COMMENT, "event trigger", PK_RANK_EVENT_TRIGGER },
	{ PK_COMMENT, NULL, PK_RANK_COMMENT },
	{ PK_OWNER, NULL, PK_RANK_OWNER },
	{ PK_GRANT, "default privileges", PK_RANK_DEFAULT_PRIVILEGES },
	{ PK_GRANT, NULL, PK_RANK_GRANT },
	{ PK_REVOKE, "default privileges", PK_RANK_DEFAULT_PRIVILEGES },
	{ PK_REVOKE, NULL, PK_RANK_GRANT },
};

static enum pk_load_rank rank_of(const struct pk_action *action, size_t n)
{
	if (action->verb == PK_ALTER)
		for (size_t i = 0; i < n; i++) {
			/* What is said of a partitioned table's reaches its partitions, whose own is said after it. */
			if (action[i].sub == PK_ENABLE_TRIGGER || action[i].sub == PK_DISABLE_TRIGGER)
				return action[i].only ? PK_RANK_OTHER : PK_RANK_PART;
			if (action[i].constraint == PK_CON_FOREIGN)
				return PK_RANK_FOREIGN_KEY;
			/* One that uses a table with such a column would keep checks from being added. */
			if (action[i].sub == PK_SET_DEFAULT && pk_streq(action[i].object, "domain"))
				return PK_RANK_ALTER;
			if (action[i].constraint != PK_CON_NONE &&
			    action[i].constraint != PK_CON_CHECK &&
			    !pk_streq(action[i].object, "domain"))
				return action[i].using_index ? PK_RANK_FOREIGN_KEY : PK_RANK_KEY;
		}
	for (size_t i = 0; i < PK_COUNT(ranks); i++)
		if (ranks[i].verb == action->verb &&
		    (!ranks[i].object || pk_streq(ranks[i].object, action->object)))
			return ranks[i].rank;
	return PK_RANK_OTHER;
}

/* What does not belong into a schema file, and why. */
static const struct {
	enum pk_verb verb;
	const char *object;
	const char *msg, *hint;
} refused[] = {
	{ PK_INSERT, NULL, "schema files hold definitions, not data",
	  "move the rows to db/schema/seeds" },
	{ PK_UPDATE, NULL, "schema files hold definitions, not changes of data",
	  "write a migration for it" },
	{ PK_DELETE, NULL, "schema files hold definitions, not changes of data",
	  "write a migration for it" },
	{ PK_MERGE, NULL, "schema files hold definitions, not changes of data",
	  "write a migration for it" },
	{ PK_TRUNCATE, NULL, "schema files hold definitions, not changes of data",
	  "write a migration for it" },
	{ PK_COPY, NULL, "schema files hold definitions, not data",
	  "move the rows to db/schema/seeds" },
	{ PK_COPY_PROGRAM, NULL, "COPY ... PROGRAM would run a command on the server",
	  "remove it" },
	{ PK_BEGIN, NULL, "schema files have no transaction control",
	  "remove it; loading is all or nothing anyway" },
	{ PK_COMMIT, NULL, "schema files have no transaction control",
	  "remove it; loading is all or nothing anyway" },
	{ PK_ROLLBACK, NULL, "schema files have no transaction control", "remove it" },
	{ PK_SAVEPOINT, NULL, "schema files have no transaction control", "remove it" },
	{ PK_LOCK, NULL, "schema files hold definitions; a lock defines nothing", "remove it" },
	{ PK_VACUUM, NULL, "schema files hold definitions; VACUUM defines nothing", "remove it" },
	{ PK_CLUSTER, NULL, "schema files hold definitions; CLUSTER defines nothing", "remove it" },
	{ PK_REINDEX, NULL, "schema files hold definitions; REINDEX defines nothing", "remove it" },
	{ PK_CREATE, "database", "a schema file describes what is in a database, not databases",
	  "remove it" },
	{ PK_DROP, "database", "a schema file describes what is in a database, not databases",
	  "remove it" },
	{ PK_ALTER, "database", "a schema file describes what is in a database, not databases",
	  "move it to db/schema/infra" },
	{ PK_COMMENT, "database", "a schema file describes what is in a database, not databases",
	  "move it to db/schema/infra" },
	{ PK_GRANT, "database", "a schema file describes what is in a database, not databases",
	  "move it to db/schema/infra" },
	{ PK_REVOKE, "database", "a schema file describes what is in a database, not databases",
	  "move it to db/schema/infra" },
	{ PK_RENAME, "database", "a schema file describes what is in a database, not databases",
	  "remove it" },
	{ PK_CREATE, "foreign schema", "IMPORT FOREIGN SCHEMA asks another server; schema files say what is there",
	  "write the foreign tables that it makes: 'git postkit import' does" },
	{ PK_ALTER, "system", "ALTER SYSTEM changes the whole server", "remove it" },
	{ PK_CREATE, "tablespace", "tablespaces belong to the server, not to the schema",
	  "remove it" },
	{ PK_DROP, "tablespace", "tablespaces belong to the server, not to the schema",
	  "remove it" },
};

static int refuse(const struct pk_load_item *item, struct pk_err *err)
{
	return pk_err_at(err, item->file->path, item->statement->line, item->statement->col);
}

static int check_allowed(const struct pk_load_item *item, const struct pk_action *action,
			 struct pk_err *err)
{
	for (size_t i = 0; i < PK_COUNT(refused); i++) {
		if (refused[i].verb != action->verb ||
		    (refused[i].object && !pk_streq(refused[i].object, action->object)))
			continue;
		pk_err_set(err, "%s", refused[i].msg);
		pk_err_hint(err, "%s", refused[i].hint);
		return refuse(item, err);
	}
	if (action->verb == PK_CREATE && pk_streq(action->object, "subscription") && !action->inert) {
		pk_err_set(err, "a subscription that could connect has no place in a schema file");
		pk_err_hint(err, "write it WITH (connect = false, slot_name = NONE); on its server it is switched on by hand");
		return refuse(item, err);
	}
	if (action->verb == PK_DROP && !action->if_exists) {
		pk_err_set(err, "DROP in a schema file; the files say what is to be there");
		pk_err_hint(err, "remove it, and what it drops; 'git postkit plan' makes the DROP");
		return refuse(item, err);
	}
	return 0;
}

/* Rails and others end their dump with the record of what ran, which is no data of the project. */
static bool is_bookkeeping(const struct pk_action *action)
{
	static const char *const tables[] = {
		"schema_migrations", "ar_internal_metadata",  "goose_db_version",
		"alembic_version",   "flyway_schema_history", "knex_migrations",
		"django_migrations",
	};

	for (size_t i = 0; action->verb == PK_INSERT && i < PK_COUNT(tables); i++)
		if (pk_streq(action->rel_name, tables[i]))
			return true;
	return false;
}

/* Whose owner has to be a superuser, so that it says nothing. */
static bool superusers(const char *object)
{
	return pk_streq(object, "foreign data wrapper") || pk_streq(object, "event trigger") ||
	       pk_streq(object, "subscription");
}

/* Roles are stood in for; matviews are fresh. */
static bool is_skipped(const struct pk_action *action)
{
	return (action->verb == PK_OWNER && superusers(action->object)) || pk_streq(action->object, "role") ||
	       pk_streq(action->object, "owned") || action->verb == PK_REFRESH || is_bookkeeping(action);
}

/* Settings that only shape how a dump is read back, or that a newer pg_dump sets and an older server lacks. */
static bool is_idle_setting(const struct pk_action *action)
{
	static const char *const names[] = {
		"statement_timeout",
		"lock_timeout",
		"idle_in_transaction_session_timeout",
		"transaction_timeout",
		"client_encoding",
		"client_min_messages",
		"row_security",
		"check_function_bodies",
	};

	for (size_t i = 0; i < PK_COUNT(names); i++)
		if (pk_streq(action->name, names[i]))
			return true;
	if (pk_streq(action->name, "default_tablespace"))
		return !action->def || *action->def == '\0';
	return action->local ||
	       (pk_streq(action->name, "default_table_access_method") &&
		pk_streq(action->def, "heap")) ||
	       (pk_streq(action->name, "standard_conforming_strings") &&
		pk_streq(action->def, "on"));
}

static size_t context_index(struct pk_load *load, const char *sql)
{
	for (size_t i = 0; i < load->n_contexts; i++)
		if (strcmp(load->contexts[i], sql) == 0)
			return i;
	load->contexts =
		pk_realloc_array(load->contexts, load->n_contexts + 1, sizeof(*load->contexts));
	load->contexts[load->n_contexts] = pk_arena_strdup(&load->arena, sql);
	return load->n_contexts++;
}

static const char **defined_names(struct pk_load *load, const struct pk_action *action, size_t n)
{
	static const char *const nameless[] = { "trigger", "policy", "rule", "cast",
						"publication" };

	if (action->verb != PK_CREATE || !action->name)
		return NULL;
	for (size_t i = 0; i < PK_COUNT(nameless); i++)
		if (pk_streq(action->object, nameless[i]))
			return NULL;
	const char **names = pk_arena_alloc(&load->arena, (n + 2) * sizeof(*names));
	names[0] = pk_arena_strdup(&load->arena, action->name);
	return names;
}

/* Puts IF NOT EXISTS behind the second word: CREATE EXTENSION, CREATE SCHEMA. */
static const char *if_not_exists(struct pk_load *load, const char *text)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, text, strlen(text));
	pk_scan_code(&scan, &token);
	pk_scan_code(&scan, &token);
	return pk_arena_printf(&load->arena, "%.*s IF NOT EXISTS%s", (int)token.end, text,
			       text + token.end);
}

static const char *with_no_data(struct pk_load *load, const char *text)
{
	struct pk_scan scan;
	struct pk_token tokens[3] = { 0 }, token;

	pk_scan_start(&scan, text, strlen(text));
	while (pk_scan_code(&scan, &token)) {
		tokens[0] = tokens[1];
		tokens[1] = tokens[2];
		tokens[2] = token;
	}
	if (pk_token_is(text, &tokens[2], "data") && pk_token_is(text, &tokens[1], "no") && pk_token_is(text, &tokens[0], "with"))
		return text;
	if (pk_token_is(text, &tokens[2], "data") && pk_token_is(text, &tokens[1], "with"))
		return pk_arena_printf(&load->arena, "%.*s WITH NO DATA", (int)tokens[1].start, text);
	return pk_arena_printf(&load->arena, "%.*s WITH NO DATA", (int)tokens[2].end, text);
}

static void fill_item(struct pk_load *load, struct pk_load_item *item,
		      const struct pk_action *action, size_t n)
{
	bool extension = pk_streq(action->object, "extension");
	bool schema = action->verb == PK_CREATE && pk_streq(action->object, "schema");

	item->text = item->statement->text;
	item->rank = rank_of(action, n);
	item->shell = action->shell;
	if (n == 1)
		item->super = pk_super_find(action);
	item->super.owner = pk_arena_strdup(&load->arena, item->super.owner);
	item->super.validator_schema = pk_arena_strdup(&load->arena, item->super.validator_schema);
	item->super.extension = pk_arena_strdup(&load->arena, item->super.extension);
	item->super.validator = pk_arena_strdup(&load->arena, item->super.validator);
	item->label = pk_label_read(&load->arena, action, item->text);
	item->defines = defined_names(load, action, n);
	if (action->verb == PK_CREATE && pk_streq(action->object, "materialized view"))
		item->without_rows = with_no_data(load, item->text);
	item->again = pk_load_again_of(action, n, item->text);
	if (item->again == PK_AGAIN_KEY) {
		item->on = pk_arena_strdup(&load->arena, action->rel_name ? action->rel_name : action->name);
		item->refers_to = pk_arena_strdup(&load->arena, action->ref_name);
	}
	for (size_t i = 0; i < n && !item->whole; i++) {
		bool of = action[i].partition_of && pk_streq(action[i].object, "table");

		if (!of && !(action[i].sub == PK_ATTACH && pk_streq(action->object, "table")))
			continue;
		item->whole = pk_arena_strdup(&load->arena, of ? action[i].ref_name : action[i].rel_name);
		item->partition = pk_arena_strdup(&load->arena, of ? action[i].name : action[i].ref_name);
	}
	item->revokes = action->verb == PK_REVOKE;
	item->on_schema = (item->revokes || action->verb == PK_GRANT) && pk_streq(action->object, "schema");
	item->replaces = action->replace;
	item->operator_class = action->verb == PK_CREATE && pk_streq(action->object, "operator class");
	if (item->rank == PK_RANK_GRANT || item->rank == PK_RANK_OWNER)
		item->about = pk_arena_strdup(&load->arena, action->name);
	if (item->rank == PK_RANK_KEY || item->rank == PK_RANK_INDEX ||
	    (item->rank == PK_RANK_ALTER && action->constraint == PK_CON_CHECK))
		item->shared = pk_arena_strdup(&load->arena, action->rel_name);
	if (!action->if_not_exists && ((extension && action->verb == PK_CREATE) ||
				       (schema && pk_streq(action->name, "public"))))
		item->text = if_not_exists(load, item->text);
}

struct pk_load_item *pk_load_add(struct pk_load *load)
{
	if (load->n == load->cap) {
		load->cap = load->cap ? 2 * load->cap : 256;
		load->items = pk_realloc_array(load->items, load->cap, sizeof(*load->items));
	}
	struct pk_load_item *item = &load->items[load->n++];
	*item = (struct pk_load_item){ 0 };
	return item;
}

/*
 * Default privileges work on what is created after them. A dump has them at its end, where they
 * must stay; a file that has them at its top means them for what follows.
 */
static void raise_privileges(struct pk_load *load, size_t first)
{
	bool follows = false;

	for (size_t i = load->n; i-- > first;) {
		struct pk_load_item *item = &load->items[i];
		if (item->rank == PK_RANK_DEFAULT_PRIVILEGES && follows)
			item->rank = PK_RANK_EARLY_PRIVILEGES;
		follows = follows || (item->rank >= PK_RANK_TYPE && item->rank <= PK_RANK_TABLE) ||
			  item->rank == PK_RANK_VIEW;
	}
}

/*
 * What is granted on many things at once comes first, then what is revoked, then what is granted on one: so files need
 * no order. Within a file its own order holds.
 */
static void rank_rights(struct pk_load *load, size_t first)
{
	PK_AUTO(pk_map) named = PK_MAP_INIT;
	bool defaults = false, many = false, revoked = false;

	for (size_t i = first; i < load->n; i++) {
		struct pk_load_item *item = &load->items[i];
		bool of_defaults = item->rank == PK_RANK_DEFAULT_PRIVILEGES, below = many || named.n > 0;

		if (!of_defaults && item->rank != PK_RANK_GRANT)
			continue;
		if (of_defaults)
			below = defaults;
		else if (item->about)
			below = many || pk_map_get(&named, item->about) != NULL;
		if (item->revokes && !below)
			item->rank = PK_RANK_REVOKE;
		else if (!item->revokes && !of_defaults && !item->about && !revoked)
			item->rank = PK_RANK_GRANT_MANY;
		defaults |= of_defaults && !item->revokes;
		revoked |= item->revokes;
		many |= item->rank == PK_RANK_GRANT && !item->about;
		if (item->rank == PK_RANK_GRANT && item->about)
			pk_map_set(&named, item->about, item);
		if (item->on_schema)
			item->rank = item->rank == PK_RANK_REVOKE ? PK_RANK_REVOKE_SCHEMA : PK_RANK_GRANT_SCHEMA;
	}
}

static bool is_off(const char *value)
{
	static const char *const words[] = { "off", "false", "no", "0" };

	for (size_t i = 0; i < PK_COUNT(words); i++)
		if (pk_streq(value, words[i]))
			return true;
	return false;
}

static bool makes_body(const struct pk_action *action)
{
	return action->verb == PK_CREATE &&
	       (pk_streq(action->object, "function") || pk_streq(action->object, "procedure"));
}

/* What SET has said so far in a file. */
struct set {
	struct pk_buf settings; /* the statements */
	size_t context;		/* of load, for those */
	bool unchecked;		/* bodies of functions are not looked at */
};

static void read_set(struct pk_load *load, const struct pk_action *action, const char *text, struct set *set)
{
	if (pk_streq(action->name, "check_function_bodies"))
		set->unchecked = is_off(action->def);
	if (is_idle_setting(action))
		return;
	load->sets_role = load->sets_role || pk_streq(action->name, "role") || pk_streq(action->name, "session_authorization");
	pk_buf_add(&set->settings, text);
	pk_buf_add(&set->settings, ";\n");
	set->context = context_index(load, set->settings.ptr);
}

/* item has file and statement; n actions are that statement's. */
static int read_statement(struct pk_load *load, struct pk_load_item item, const struct pk_action *action, size_t n,
			  struct set *set, struct pk_err *err)
{
	struct pk_action said = *action;

	/* Words are enough to put it in order and to refuse it, not to trust it. */
	said.verb = action->said;
	action = action->verb == PK_UNPARSED ? &said : action;
	if (is_skipped(action))
		return 0;
	if (check_allowed(&item, action, err) < 0)
		return -1;
	if (action->verb == PK_DROP)
		return 0; /* IF EXISTS, and nothing does in an empty database */
	if (action->verb == PK_SET) {
		read_set(load, action, item.statement->text, set);
		return 0;
	}
	item.context = set->context;
	fill_item(load, &item, action, n);
	item.body = !set->unchecked && makes_body(action);
	if (action == &said)
		item.super = (struct pk_super_stmt){ 0 };
	*pk_load_add(load) = item;
	return 0;
}

static int read_file(struct pk_load *load, const struct pk_source_file *file,
		     struct pk_statements *statements, struct pk_err *err)
{
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
	struct set set = { .settings = PK_BUF_INIT };
	size_t next, first = load->n;
	int rc = 0;

	if (pk_sql_split(file->text, file->path, statements, err) < 0)
		return -1;
	pk_sql_actions(statements, &actions);
	for (size_t i = 0; i < actions.n && rc == 0; i = next) {
		const struct pk_action *action = &actions.items[i];
		const struct pk_load_item item = { .file = file, .statement = &statements->items[action->statement] };

		for (next = i + 1; next < actions.n && actions.items[next].statement == action->statement;)
			next++;
		rc = read_statement(load, item, action, next - i, &set, err);
	}
	pk_buf_release(&set.settings);
	if (rc < 0)
		return -1;
	raise_privileges(load, first);
	rank_rights(load, first);
	return 0;
}

int pk_load_read(struct pk_load *load, const struct pk_source *source, struct pk_err *err)
{
	load->files = pk_alloc((source->n + 1) * sizeof(*load->files));
	load->n_files = source->n;
	context_index(load, "");
	for (size_t i = 0; i < source->n; i++)
		if (read_file(load, &source->items[i], &load->files[i], err) < 0)
			return -1;
	return 0;
}
