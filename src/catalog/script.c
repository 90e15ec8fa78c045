#include "catalog/script.h"

#include "catalog/row_literals.h"

#include <stdarg.h>

void pk_script_release(struct pk_script *s)
{
	free(s->items);
	s->items = NULL;
	s->n = s->cap = 0;
}

static struct pk_stmt *add(struct pk_script *s, const char *fmt, va_list ap)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_buf_vaddf(&text, fmt, ap);
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 8;
		s->items = pk_realloc_array(s->items, s->cap, sizeof(*s->items));
	}
	s->items[s->n] = (struct pk_stmt){ .sql = pk_row_literals_said(s, pk_arena_strdup(s->arena, text.ptr)) };
	return &s->items[s->n++];
}

struct pk_stmt *pk_emit(struct pk_script *s, const char *fmt, ...)
{
	struct pk_stmt *stmt;
	va_list ap;

	va_start(ap, fmt);
	stmt = add(s, fmt, ap);
	va_end(ap);
	return stmt;
}

struct pk_stmt *pk_emit_super(struct pk_script *s, const char *fmt, ...)
{
	struct pk_stmt *stmt;
	va_list ap;

	va_start(ap, fmt);
	stmt = add(s, fmt, ap);
	va_end(ap);
	stmt->superuser = true;
	return stmt;
}

struct pk_stmt_lock *pk_stmt_lock(struct pk_script *s, struct pk_stmt *stmt, const struct pk_object *on, const char *mode)
{
	struct pk_stmt_lock *lock;

	if (!on)
		return NULL;
	lock = pk_arena_alloc(s->arena, sizeof(*lock));
	*lock = (struct pk_stmt_lock){ .on = on, .mode = mode, .next = stmt->locks };
	stmt->locks = lock;
	return lock;
}

void pk_script_text(const struct pk_script *s, struct pk_buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		pk_buf_add(out, s->items[i].sql);
		pk_buf_add(out, ";\n");
	}
}

bool pk_script_online(const struct pk_script *s, const struct pk_object *relation)
{
	return s->online && relation && s->online(s, relation);
}

void pk_stmt_joins(struct pk_stmt *stmt, const struct pk_object *table)
{
	const char *at = strstr(stmt->sql, table->ident);

	stmt->action = (size_t)(at - stmt->sql) + strlen(table->ident) + 1;
}
