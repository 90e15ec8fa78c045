/* What is pure of ssh/: texts of ssh, of known hosts, of keys, of /proc/net/tcp. */
#include "unit.h"

#include "ssh/key.h"
#include "ssh/known.h"
#include "ssh/local.h"
#include "ssh/route.h"
#include <sys/socket.h>

#define KEY "AAAAC3NzaC1lZDI1NTE5AAAAIB31sfA034evYzV9vY7tG/ax4sAvQ1Y6aRfFxwWTwKbN"

/* Made for this test alone. */
static const char plain_key[] =
	"-----BEGIN OPENSSH PRIVATE KEY-----\n"
	"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
	"QyNTUxOQAAACAd9bHwNN+Hr2M1fb2O7Rv2seLAL0NWOmkXxccFk8CmzQAAAIjWdl/C1nZf\n"
	"wgAAAAtzc2gtZWQyNTUxOQAAACAd9bHwNN+Hr2M1fb2O7Rv2seLAL0NWOmkXxccFk8CmzQ\n"
	"AAAEA8WGa2MXPWhn7vmRVaIqC8mN4T1qUwOkHN+iIM02mMoR31sfA034evYzV9vY7tG/ax\n"
	"4sAvQ1Y6aRfFxwWTwKbNAAAAAAECAwQF\n"
	"-----END OPENSSH PRIVATE KEY-----\n";
static const char encrypted_key[] =
	"-----BEGIN OPENSSH PRIVATE KEY-----\n"
	"b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABAKOMa9XQ\n"
	"jZ+hTq7g+xARJvAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIOiZtrB72ZyMZg9V\n"
	"uorq/bR6ONyrVxI2MyPPbxoVELdTAAAAkIfJfCHocIZ9qU0LduIP10Swy1EwKFFnfzGlI7\n"
	"Iv3SKfS4NWLmZuy5ID5vtT4etaRvv4fmFOmQV9Y//0m3eRnP7BXYURQsPX+a9aQIF16Nyh\n"
	"Far97y3O9BSmOVW+QZcDbG4F5oAdODf+BBVYC7oZoPD9JqbPY5JLvHxuV70EOEPn1KfAWe\n"
	"G73NSsY1frsB58aQ==\n"
	"-----END OPENSSH PRIVATE KEY-----\n";

static void reads_what_a_server_is_called(void **state)
{
	static const struct {
		const char *text, *user, *host;
		int port;
	} cases[] = {
		{ "bastion", NULL, "bastion", 0 },
		{ "me@bastion.example.com:2222", "me", "bastion.example.com", 2222 },
		{ "a@b@host", "a@b", "host", 0 },
		{ "me@[::1]:22", "me", "::1", 22 },
		{ "[fe80::1]", NULL, "fe80::1", 0 },
	};
	(void)state;

	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_ssh_spec) spec = PK_SSH_SPEC_INIT;

		assert_int_equal(pk_ssh_spec_parse(cases[i].text, &spec, NULL), 0);
		assert_true(pk_streq(spec.user, cases[i].user));
		assert_string_equal(spec.host, cases[i].host);
		assert_int_equal(spec.port, cases[i].port);
	}
}

static void refuses_what_a_command_line_takes_for_something_else(void **state)
{
	static const char *const bad[] = {
		"",	     "-oProxyCommand=x", "me@-x",   "-l@host", "host:",
		"host:0",    "host:65536",	 "host:1x", "a b",     "h;touch",
		"$(x)@host", "host`x`",		 "[::1]x",  "[::1"
	};
	(void)state;

	for (size_t i = 0; i < PK_COUNT(bad); i++) {
		PK_AUTO(pk_ssh_spec) spec = PK_SSH_SPEC_INIT;

		if (pk_ssh_spec_parse(bad[i], &spec, NULL) == 0)
			fail_msg("'%s' was taken", bad[i]);
	}
}

static void reads_what_ssh_says_of_a_host(void **state)
{
	PK_AUTO(pk_ssh_route) route = PK_SSH_ROUTE_INIT;
	(void)state;

	assert_int_equal(pk_ssh_spec_parse("alias", &route.spec, NULL), 0);
	pk_ssh_route_read(&route,
			  "user ada\nhostname db.example.com\nport 2222\naddressfamily "
			  "inet6\ncompression yes\n"
			  "identitiesonly yes\nserveraliveinterval 7\nconnecttimeout "
			  "none\nidentityagent /run/%r.sock\n"
			  "identityfile ~/.ssh/id_ed25519\nidentityfile %d/keys/%h-%n\n"
			  "userknownhostsfile /a /b\nglobalknownhostsfile none\nproxyjump none\n",
			  "/home/ada");
	assert_string_equal(route.host, "db.example.com");
	assert_string_equal(route.user, "ada");
	assert_string_equal(route.known_as, "[db.example.com]:2222");
	assert_string_equal(route.agent, "/run/ada.sock");
	assert_int_equal(route.family, AF_INET6);
	assert_int_equal(route.alive, 7);
	assert_int_equal(route.connect_timeout, 0);
	assert_true(route.compression && route.identities_only);
	assert_null(route.beyond);
	assert_int_equal(route.identities.n, 2);
	assert_string_equal(route.identities.items[0], "/home/ada/.ssh/id_ed25519");
	assert_string_equal(route.identities.items[1], "/home/ada/keys/db.example.com-alias");
	assert_string_equal(route.known_files.items[1], "/b");
	pk_ssh_route_release(&route);

	assert_int_equal(pk_ssh_spec_parse("alias", &route.spec, NULL), 0);
	pk_ssh_route_read(
		&route, "hostname h\nport 22\nhostkeyalias x\nproxyjump jump\nidentityagent none\n",
		"/");
	assert_string_equal(route.known_as, "x");
	assert_string_equal(route.beyond, "ProxyJump");
	assert_null(route.agent);
}

static void judges_keys_by_the_lines_of_known_hosts(void **state)
{
	PK_AUTO(pk_knowns) knowns = PK_KNOWNS_INIT;
	(void)state;

	pk_knowns_read(
		&knowns,
		"# Host h found: line 1\nh ssh-ed25519 AAAA1 a comment\n|1|x|y ssh-rsa\tAAAA2\r\n"
		"@revoked * ssh-ed25519 AAAA3\n@cert-authority * ssh-ed25519 AAAA4\n@new h "
		"ssh-ed25519 AAAA5\nh\n");
	assert_int_equal(pk_knowns_judge(&knowns, "ssh-ed25519", "AAAA1"), PK_KNOWN_MATCH);
	assert_int_equal(pk_knowns_judge(&knowns, "ssh-rsa", "AAAA2"), PK_KNOWN_MATCH);
	assert_int_equal(pk_knowns_judge(&knowns, "ssh-ed25519", "AAAA3"), PK_KNOWN_REVOKED);
	assert_int_equal(pk_knowns_judge(&knowns, "ssh-ed25519", "AAAA4"), PK_KNOWN_CHANGED);
	assert_int_equal(pk_knowns_judge(&knowns, "ssh-ed25519", "AAAA5"), PK_KNOWN_CHANGED);
	assert_int_equal(pk_knowns_judge(&knowns, "ssh-ed25519", "AAAA"), PK_KNOWN_CHANGED);
	assert_int_equal(pk_knowns_judge(&knowns, "ecdsa-sha2-nistp256", "AAAA1"), PK_KNOWN_NONE);
	assert_int_equal(pk_knowns_judge(&knowns, "ssh-rsa", ""), PK_KNOWN_CHANGED);
	assert_true(knowns.authority);
	assert_int_equal(knowns.types.n, 2);
	/* revoked goes before known */
	pk_knowns_read(&knowns, "@revoked h ssh-ed25519 AAAA1\n");
	assert_int_equal(pk_knowns_judge(&knowns, "ssh-ed25519", "AAAA1"), PK_KNOWN_REVOKED);
}

static void looks_at_keys_from_outside(void **state)
{
	PK_AUTO(pk_ssh_key) key = PK_SSH_KEY_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	(void)state;

	assert_true(pk_ssh_key_look(&key, plain_key));
	assert_false(key.encrypted);
	assert_string_equal(key.type, "ssh-ed25519");
	pk_buf_add_base64(&text, (const unsigned char *)key.blob.ptr, key.blob.len);
	assert_string_equal(text.ptr, KEY);
	pk_ssh_key_release(&key);
	assert_true(pk_ssh_key_look(&key, encrypted_key));
	assert_true(key.encrypted);
	assert_string_equal(key.type, "ssh-ed25519");
	pk_ssh_key_release(&key);
	assert_true(
		pk_ssh_key_look(&key, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"));
	assert_true(key.encrypted);
	assert_string_equal(key.type, "ssh-rsa");
	pk_ssh_key_release(&key);
	assert_true(pk_ssh_key_public(&key, "ssh-ed25519 " KEY " ada\n"));
	assert_string_equal(key.type, "ssh-ed25519");
	pk_ssh_key_release(&key);
	assert_false(pk_ssh_key_public(&key, "ssh-rsa " KEY));
	assert_false(pk_ssh_key_public(&key, "ssh-ed25519"));
	assert_false(pk_ssh_key_look(&key, "ssh-ed25519 " KEY));
	/* cut off anywhere it is no key, and nothing is read beyond its end */
	for (size_t n = 0; n < 160; n++) {
		PK_FREE char *cut = pk_strndup(plain_key, n);

		assert_false(pk_ssh_key_look(&key, cut));
		pk_ssh_key_release(&key);
	}
}

static void base64_there_and_back(void **state)
{
	static const char *const pairs[][2] = { { "", "" },
						{ "f", "Zg==" },
						{ "fo", "Zm8=" },
						{ "foo", "Zm9v" },
						{ "foob", "Zm9vYg==" } };
	(void)state;

	for (size_t i = 0; i < PK_COUNT(pairs); i++) {
		PK_AUTO(pk_buf) to = PK_BUF_INIT;
		PK_AUTO(pk_buf) from = PK_BUF_INIT;

		pk_buf_add_base64(&to, (const unsigned char *)pairs[i][0], strlen(pairs[i][0]));
		assert_string_equal(to.ptr, pairs[i][1]);
		pk_buf_add_unbase64(&from, pairs[i][1]);
		assert_string_equal(from.ptr, pairs[i][0]);
	}
}

static void tells_whose_connection_it_is(void **state)
{
	static const char table[] = "  sl  local_address rem_address   st tx_queue rx_queue tr "
				    "tm->when retrnsmt   uid  timeout inode\n"
				    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 "
				    "00:00000000 00000000     7        0 1 1 0 100 0 0 10 0\n"
				    "   1: 0100007F:9C40 0100007F:1F90 01 00000000:00000000 "
				    "00:00000000 00000000  1000        0 2 1 0 20 4 30 10 -1\n"
				    "   2: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 "
				    "00:00000000 00000000     7        0 3 1 0 20 4 30 10 -1\n"
				    "   3: 0100007F:9C41 0100007F:1F90 06 00000000:00000000 "
				    "03:00000D4D 00000000     0        0 0 3 0 0 0 0 0 0\n"
				    "   4: 0200007F:9C42 0100007F:1F90 01 00000000:00000000 "
				    "00:00000000 00000000  1000        0 4 1 0 20 4 30 10 -1\n";
	uid_t uid = 0;
	(void)state;

	assert_true(pk_ssh_owner(table, 0x9C40, 0x1F90, &uid));
	assert_int_equal(uid, 1000);
	assert_false(pk_ssh_owner(table, 0x9C41, 0x1F90, &uid)); /* over: nobody's any more */
	assert_false(pk_ssh_owner(table, 0x9C42, 0x1F90, &uid)); /* another address */
	assert_false(pk_ssh_owner(table, 0x9C43, 0x1F90, &uid));
	assert_false(pk_ssh_owner("", 1, 2, &uid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_a_server_is_called),
		cmocka_unit_test(refuses_what_a_command_line_takes_for_something_else),
		cmocka_unit_test(reads_what_ssh_says_of_a_host),
		cmocka_unit_test(judges_keys_by_the_lines_of_known_hosts),
		cmocka_unit_test(looks_at_keys_from_outside),
		cmocka_unit_test(base64_there_and_back),
		cmocka_unit_test(tells_whose_connection_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
