/* Lines of known hosts, files of private and public keys. */
#include "fuzz.h"
#include "ssh/key.h"
#include "ssh/known.h"

static void known(const char *lines)
{
	PK_AUTO(pk_knowns) knowns = { 0 };

	pk_knowns_read(&knowns, lines);
	FUZZ_HOLDS(knowns.types.n == knowns.keys.n);
	for (size_t i = 0; i < knowns.keys.n && i < 10; i++)
		FUZZ_HOLDS(pk_knowns_judge(&knowns, knowns.types.items[i], knowns.keys.items[i]) ==
			   (pk_strv_has(&knowns.revoked, knowns.keys.items[i]) ? PK_KNOWN_REVOKED : PK_KNOWN_MATCH));
	/* No key has a space in it. */
	FUZZ_HOLDS(pk_knowns_judge(&knowns, "ssh-none", "AAAA none") ==
		   (pk_strv_has(&knowns.types, "ssh-none") ? PK_KNOWN_CHANGED : PK_KNOWN_NONE));
}

static void keys(const char *text)
{
	PK_AUTO(pk_ssh_key) key = PK_SSH_KEY_INIT, public = PK_SSH_KEY_INIT;

	pk_ssh_key_look(&key, text);
	if (pk_ssh_key_public(&public, text)) {
		size_t n = strlen(public.type);

		FUZZ_HOLDS(strncmp(text, public.type, n) == 0 && text[n] == ' ');
		FUZZ_HOLDS(public.blob.len >= 4 + n);
	}
}

static void base64(const uint8_t *data, size_t size)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_buf) again = PK_BUF_INIT;
	PK_FREE char *type = pk_ssh_blob_type(data, size);

	FUZZ_HOLDS(!type || strlen(type) < size);
	pk_buf_add_base64(&text, data, size);
	pk_buf_add_unbase64(&again, text.ptr);
	FUZZ_HOLDS(again.len == size && memcmp(again.ptr, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PK_FREE char *text = pk_strndup((const char *)data, size);

	known(text);
	keys(text);
	base64(data, size);
	return 0;
}
