/* The script that pg_restore writes of an archive. */
#include "clone/ddl.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PK_AUTO(pk_ddl) ddl = PK_DDL_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	const char *end;

	pk_buf_addn(&text, (const char *)data, size);
	if (pk_ddl_parse(&text, &ddl, &err) < 0) {
		FUZZ_HOLDS(err.msg && *err.msg);
		return 0;
	}
	end = ddl.text.ptr;
	for (size_t i = 0; i < ddl.n; i++) {
		const struct pk_ddl_entry *e = &ddl.items[i];

		FUZZ_HOLDS(*e->type && e->sql >= end && e->sql + e->len <= ddl.text.ptr + ddl.text.len);
		FUZZ_HOLDS(e->name_len == 0 || (e->name >= ddl.text.ptr && e->name + e->name_len <= e->sql));
		end = e->sql + e->len;
	}
	return 0;
}
