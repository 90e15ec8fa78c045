#include "session/manual.h"

#include "base/text.h"
#include "session/planning.h"
#include "sql/migration.h"
#include "sql/split.h"

#define GRAMMAR_MAJOR 15 /* of libpg_query */

char *pk_manual_template(const char *name)
{
	return pk_printf("-- %s\n"
			 "-- migrate:up\n"
			 "\n"
			 "\n"
			 "-- migrate:down\n"
			 "\n",
			 name);
}

int pk_manual_check(const struct pk_session *session, const char *file, const char *text,
		    struct pk_err *err)
{
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	if (pk_migration_parse(file, text, strlen(text), NULL, &m, err) < 0)
		return -1;
	if (pk_sql_split(m.up ? m.up : "", file, &statements, err) < 0)
		return -1;
	if (!statements.n) {
		pk_err_set(err, "'%s' has nothing to run below -- migrate:up", file);
		return -1;
	}
	for (size_t i = 0; i < statements.n; i++) {
		const struct pk_statement *s = &statements.items[i];
		if (s->parsed || session->major > GRAMMAR_MAJOR)
			continue;
		pk_err_set(err, "%s",
			   s->parse_error ? s->parse_error : "the statement cannot be parsed");
		return pk_err_at(err, file, s->line + (m.up_line > 0 ? m.up_line - 1 : 0), s->col);
	}
	return 0;
}

char *pk_manual_file(const struct pk_session *session, const char *name, struct pk_err *err)
{
	PK_FREE char *slug = pk_slug(name);
	if (!*slug) {
		pk_err_set(err, "'%s' leaves no name for a migration", name);
		return NULL;
	}
	return pk_printf("%03d_%s.sql", session->next_part + 1, slug);
}

/* What was applied of the session stays; there is something to apply again. */
static void note_waiting(struct pk_session *session)
{
	if (session->n_manual || pk_session_pending(session)) {
		if (session->state != PK_SESSION_APPLYING)
			session->state = PK_SESSION_PLANNED;
	} else if (session->state == PK_SESSION_PLANNED) {
		session->state =
			pk_session_uncommitted(session) ? PK_SESSION_APPLIED : PK_SESSION_STARTED;
	} else if (session->state == PK_SESSION_APPLYING && !pk_session_uncommitted(session)) {
		session->state = PK_SESSION_STARTED;
	}
}

int pk_manual_add(const struct pk_repo *repo, struct pk_session *session, const char *name,
		  const char *text, bool first, char **ret_file, struct pk_err *err)
{
	PK_FREE char *file = pk_manual_file(session, name, err);
	if (!file || pk_manual_check(session, file, text, err) < 0)
		return -1;
	session->next_part++;
	pk_session_add_manual(session, file, text)->first = first;
	note_waiting(session);
	PK_FREE char *step = pk_printf("migration: %s", file);
	if (pk_session_save(repo, session, step, err) < 0)
		return -1;
	*ret_file = pk_take(&file);
	return 0;
}

static bool is_named(const struct pk_manual *manual, const char *what)
{
	if (pk_streq(manual->file, what))
		return true;
	if (*what && strspn(what, "0123456789") == strlen(what))
		return pk_manual_id(manual) == atoi(what);
	const char *name = strchr(manual->file, '_');
	return name && pk_starts_with(name + 1, what) && pk_streq(name + 1 + strlen(what), ".sql");
}

int pk_manual_find(const struct pk_session *session, const char *what, size_t *ret_index,
		   struct pk_err *err)
{
	PK_AUTO(pk_buf) names = PK_BUF_INIT;
	for (size_t i = 0; i < session->n_manual; i++) {
		if (is_named(&session->manual[i], what)) {
			*ret_index = i;
			return 0;
		}
		pk_buf_addf(&names, "%s%s", i ? ", " : "", session->manual[i].file);
	}
	pk_err_set(err, "no migration '%s' waits in the session", what);
	return names.len ? pk_err_hint(err, "there is %s", names.ptr) : -1;
}

int pk_manual_replace(const struct pk_repo *repo, struct pk_session *session, size_t index,
		      const char *text, struct pk_err *err)
{
	struct pk_manual *manual = &session->manual[index];
	PK_FREE char *step = pk_printf("migration: %s changed", manual->file);
	if (pk_manual_check(session, manual->file, text, err) < 0)
		return -1;
	free(manual->text);
	manual->text = pk_strdup(text);
	return pk_session_save(repo, session, step, err);
}

int pk_manual_remove(const struct pk_repo *repo, struct pk_session *session, size_t index,
		     struct pk_err *err)
{
	PK_FREE char *step = pk_printf("migration: %s removed", session->manual[index].file);
	pk_session_drop_manual(session, index);
	note_waiting(session);
	return pk_session_save(repo, session, step, err);
}
