/* Names that come from file systems, refs and servers, as paths, words of a shell, names of files and lines. */
#include "base/buf.h"
#include "base/fs.h"
#include "base/term.h"
#include "base/text.h"
#include "catalog/places.h"
#include "fuzz.h"
#include "sql/migration.h"

static void paths(const char *s)
{
	PK_AUTO(pk_buf) part = PK_BUF_INIT, word = PK_BUF_INIT;
	PK_FREE char *slug = pk_slug(s), *dir = pk_path_dir(s), *joined = pk_path_join("a", s);

	pk_buf_add_path_name(&part, s);
	FUZZ_HOLDS(part.len <= 255 && !strchr(part.ptr, '/') && part.ptr[0] != '.');
	pk_buf_add_shell(&word, s);
	FUZZ_HOLDS(word.len >= strlen(s));
	FUZZ_HOLDS(strlen(slug) <= 60 && strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(slug));
	FUZZ_HOLDS(strlen(pk_path_base(s)) <= strlen(s) && *dir && *joined);
	pk_migration_valid_file(s);
	pk_glob("remote.*.maxlock", s);
	pk_glob("mask.*.*", s);
}

/* Nothing that moves a cursor reaches a terminal. */
static void shown(const char *s)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	PK_FREE char *cut = pk_cut(s, 40);

	pk_buf_add_safe(&safe, s, false);
	for (size_t i = 0; i < safe.len; i++)
		FUZZ_HOLDS((unsigned char)safe.ptr[i] >= 0x20 && safe.ptr[i] != 0x7f);
	FUZZ_HOLDS(strlen(cut) <= 40 + strlen("..."));
	FUZZ_HOLDS(!pk_utf8_valid(s, strlen(s)) || pk_utf8_valid(cut, strlen(cut)));
}

static void place(const char *s)
{
	const char *ends[] = { pk_places_skip_name(s), *s ? pk_places_skip_quoted(s) : NULL, *s ? pk_places_skip_brackets(s) : NULL,
			       pk_places_skip_item(s) };

	for (size_t i = 0; i < PK_COUNT(ends); i++)
		FUZZ_HOLDS(!ends[i] || (ends[i] >= s && ends[i] <= s + strlen(s)));
	pk_places_joined(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PK_FREE char *s = pk_strndup((const char *)data, size);

	paths(s);
	shown(s);
	place(s);
	return 0;
}
