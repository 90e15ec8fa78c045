/* Deploy records from refs of others, and what templates say that they are copies of. */
#include "clone/copied.h"
#include "deploy/record.h"
#include "fuzz.h"

static void deployed(const char *text, size_t len)
{
	struct pk_records records = PK_RECORDS_INIT;

	records.items = pk_alloc(sizeof(*records.items));
	if (pk_record_parse(text, len, &records.items[0])) {
		const struct pk_record *r = &records.items[records.n++];

		for (size_t i = 0; i < r->n; i++)
			FUZZ_HOLDS(r->items[i].version);
		pk_record_last(r);
		FUZZ_HOLDS(r->n == 0 || pk_records_find(&records, r->items[0].version, NULL) == r);
	}
	pk_records_release(&records);
}

/* What is written of it is read as the same. */
static void copied(const char *text)
{
	PK_AUTO(pk_copied) record = PK_COPIED_INIT, again = PK_COPIED_INIT;

	if (!pk_copied_parse(text, &record)) {
		FUZZ_HOLDS(!record.place && !record.tables && record.n == 0);
		return;
	}
	PK_FREE char *said = pk_copied_text(&record);
	FUZZ_HOLDS(pk_copied_parse(said, &again));
	PK_FREE char *said_again = pk_copied_text(&again);
	FUZZ_HOLDS(strcmp(said, said_again) == 0 && record.n == again.n);
	for (size_t i = 0; i < record.n; i++)
		FUZZ_HOLDS(record.tables[i].oid == again.tables[i].oid && record.tables[i].rows == again.tables[i].rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PK_FREE char *text = pk_strndup((const char *)data, size);

	deployed((const char *)data, size);
	copied(text);
	return 0;
}
