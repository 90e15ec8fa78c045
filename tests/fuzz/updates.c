/* What git tells hooks on standard input. */
#include "fuzz.h"
#include "hook/updates.h"

static void parse(const struct pk_buf *input, enum pk_updates_format format)
{
	PK_AUTO(pk_updates) updates = PK_UPDATES_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	if (pk_updates_parse(input, format, &updates, &err) < 0)
		FUZZ_HOLDS(err.msg && strstr(input->ptr, "") && *err.msg);
	FUZZ_HOLDS(updates.refs.n == updates.n);
	for (size_t i = 0; i < updates.n; i++)
		FUZZ_HOLDS(strlen(updates.items[i].commit) == PK_OID_HEX &&
			   (!updates.items[i].base || strlen(updates.items[i].base) == PK_OID_HEX) &&
			   !pk_starts_with(updates.refs.items[i], "refs/postkit/"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PK_AUTO(pk_buf) input = PK_BUF_INIT;

	pk_buf_addn(&input, (const char *)data, size);
	parse(&input, PK_UPDATES_PUSH);
	parse(&input, PK_UPDATES_RECEIVE);
	return 0;
}
