#include "pg/scram.h"
#include "base/base.h"
#include "base/clock.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#define ITERATIONS 1
#define SALT	   16 /* as PostgreSQL has it */
#define KEY	   SHA256_DIGEST_LENGTH
#define BASE64(n)  (((n) + 2) / 3 * 4 + 1)

static bool hmac(const unsigned char *key, const char *text, unsigned char *ret)
{
	return HMAC(EVP_sha256(), key, KEY, (const unsigned char *)text, strlen(text), ret, NULL) != NULL;
}

int pk_scram_secret(const char *password, char **ret, struct pk_err *err)
{
	unsigned char salt[SALT], salted[KEY], client[KEY], stored[KEY], server[KEY];
	unsigned char salt64[BASE64(SALT)], stored64[BASE64(KEY)], server64[BASE64(KEY)];

	pk_random(salt, sizeof(salt));
	bool made = PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt, SALT, ITERATIONS, EVP_sha256(), KEY, salted) &&
		    hmac(salted, "Client Key", client) && SHA256(client, KEY, stored) && hmac(salted, "Server Key", server);
	explicit_bzero(salted, sizeof(salted));
	explicit_bzero(client, sizeof(client));
	if (!made)
		return pk_err_set(err, "cannot make the secret of a password: OpenSSL refuses SHA-256");
	EVP_EncodeBlock(salt64, salt, SALT);
	EVP_EncodeBlock(stored64, stored, KEY);
	EVP_EncodeBlock(server64, server, KEY);
	*ret = pk_printf("SCRAM-SHA-256$%d:%s$%s:%s", ITERATIONS, salt64, stored64, server64);
	return 0;
}
