/* The tracked file .postkit, as git lists it: "key\nvalue" or "key", each ended by NUL (here: by a line "--"). */
#include "fuzz.h"
#include "git/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_buf) list = PK_BUF_INIT;
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	for (size_t i = 0; i < size; i++) {
		bool end = size - i >= 4 && memcmp(data + i, "\n--\n", 4) == 0;

		pk_buf_addc(&list, end ? '\0' : (char)data[i]);
		i += end ? 3 : 0;
	}
	pk_config_take_tracked(&config, NULL, &list);
	for (size_t i = 0; i < config.n; i++) {
		const char *key = config.items[i].key;

		FUZZ_HOLDS(config.items[i].scope == PK_SCOPE_TRACKED);
		/* Of a remote its thresholds alone. */
		FUZZ_HOLDS(!pk_starts_with(key, "postkit.remote.") || pk_ends_with(key, ".maxlock") || pk_ends_with(key, ".largerows"));
		FUZZ_HOLDS(!pk_config_git(&config, key));
	}
	/* What leads out of the work tree is not taken. */
	const char *path = pk_config_get(&config, "schemaPath");
	FUZZ_HOLDS(!path || (*path != '/' && !pk_starts_with(path, "../") && !strstr(path, "/../")));
	pk_config_subsections(&config, "remote", &names);
	FUZZ_HOLDS(names.n == 0);
	pk_config_int(&config, "pgMajor", 15);
	pk_config_bool(&config, "online", false);
	return 0;
}
