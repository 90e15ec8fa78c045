#include "pg/hints.h"

struct hint {
	const char *sqlstate; /* NULL: any; a prefix counts */
	const char *text;     /* NULL: any; else must stand in the message */
	const char *hint;
};

/* The first row that fits. */
static const struct hint hints[] = {
	{ "42601", "near \"\\\"", "backslash commands are psql's, not SQL, and are not run" },
	{ "0A000", "extension \"",
	  "install the extension's package on the machine of the server, "
	  "on Debian postgresql-<major>-<name>" },
	{ "58P01", "extension",
	  "install the extension's package on the machine of the server, "
	  "on Debian postgresql-<major>-<name>" },
	{ "25001", NULL,
	  "put the statement into a migration of its own that begins with "
	  "'-- migrate:up transaction:false'" },
	{ "2D000", NULL,
	  "blocks and procedures that end transactions stand in a migration of their own that begins with "
	  "'-- migrate:up transaction:false'" },
	{ "55P03", NULL, "another session holds the lock; try again when it is done" },
	{ "57014", "statement timeout",
	  "the setting statement_timeout of the role or the database is too "
	  "short for this statement" },
	{ "40P01", NULL, "try again: another session and this one waited for each other" },
	{ "40001", NULL, "try again: a transaction beside this one changed the same rows" },
	{ "25006", NULL, "the server is a standby or read-only; connect to the primary" },
	{ "53100", NULL,
	  "the server's disk is full; 'git postkit gc' removes clones that are no longer used" },
	{ "XX000", "checkpoint request failed",
	  "the server could not write its files: most likely its disk is full, and its log says so; "
	  "'git postkit gc' removes clones that are no longer used" },
	{ "53300", NULL, "end connections that are no longer used, or try again later" },
	{ "22023", "security label provider \"",
	  "load the provider's library there: shared_preload_libraries, or for the database "
	  "ALTER DATABASE ... SET session_preload_libraries; to leave its labels out: "
	  "postkit.ignore = security_label:PROVIDER" },
	{ "22023", "security label providers have been loaded",
	  "say whose label it is: SECURITY LABEL FOR provider ON ..." },
	{ "22021", NULL, "the file must be UTF-8" },
	{ "2BP01", NULL,
	  "the objects named in the detail depend on it; change or drop them first" },
	{ "25P03", NULL,
	  "the role's idle_in_transaction_session_timeout there is too short for what is done between two statements" },
	{ "25P04", NULL, "the transaction_timeout of the role or the database there is too short for what is done in one transaction" },
	{ "57P05", NULL, "the role's idle_session_timeout there is too short for what is done between two statements" },
	{ "57P01", NULL, "the server was stopped while the statement ran; start it and try again" },
	{ "57P02", NULL,
	  "the server crashed or was killed while the statement ran; try again when it is back" },
	{ "57P03", NULL, "the server is starting or stopping; try again in a moment" },
	{ "08", NULL, "see the server's log for why the connection ended; is the network up" },
};

/*
 * libpq keeps the SQLSTATE of a failed connection to itself, so its text decides. Server messages
 * in another language fall through to no hint.
 */
static const struct hint connect_hints[] = {
	{ "28P01", "password authentication failed",
	  "wrong password, or the role is unknown there; put the right "
	  "one into ~/.pgpass or git's credential helper" },
	{ "28P01", "no password supplied",
	  "put the password into ~/.pgpass, PGPASSWORD or git's "
	  "credential helper" },
	{ "28000", "no pg_hba.conf entry",
	  "the server does not let this role in from here; its pg_hba.conf "
	  "decides, and some want sslmode=require" },
	{ "28000", "Peer authentication failed",
	  "the server's socket takes the operating system's user only; "
	  "use -h host, or another user=" },
	{ "53300", "too many", "end connections that are no longer used, or try again later" },
	{ "28000", "role \"",
	  "create the role on the server, or correct user= in the connection string" },
	{ "3D000", "database \"",
	  "correct the database's name; 'psql -l' lists what the server has" },
	{ "57P03", "starting up", "the server is starting; try again in a moment" },
	{ "57P03", "shutting down", "the server is stopping; try again when it is back" },
	{ "08001", "does not support SSL",
	  "set sslmode=disable or prefer if an unencrypted connection is "
	  "acceptable" },
	{ "08001", "certificate", "check sslmode, sslrootcert and the name of the host" },
	{ "08001", "SSL", "check sslmode and the certificates" },
	{ "08001", "could not translate host name", "check the name of the host" },
	{ "08001", "timeout expired",
	  "is the host right, and the network or VPN up; connect_timeout= gives "
	  "it longer" },
	{ "08001", "Connection refused", "is the server running there, and the port right" },
	{ "08001", "No such file or directory",
	  "is a server running here, and is the folder of its socket "
	  "right" },
	{ "08001", "Network is unreachable", "is the network or VPN up" },
	{ "08001", "No route to host", "is the network or VPN up" },
	{ "08006", "server closed the connection",
	  "is that really PostgreSQL on that port; see its log" },
	{ "", "definition of service", "services stand in ~/.pg_service.conf or in PGSERVICEFILE" },
};

const char *pk_pg_hint(const char *sqlstate, const char *message)
{
	for (size_t i = 0; sqlstate && i < PK_COUNT(hints); i++)
		if (pk_starts_with(sqlstate, hints[i].sqlstate) &&
		    (!hints[i].text || (message && strstr(message, hints[i].text))))
			return hints[i].hint;
	return NULL;
}

const char *pk_pg_connect_hint(const char *text, const char **ret_sqlstate)
{
	*ret_sqlstate = "";
	for (size_t i = 0; i < PK_COUNT(connect_hints); i++)
		if (strstr(text, connect_hints[i].text)) {
			*ret_sqlstate = connect_hints[i].sqlstate;
			return connect_hints[i].hint;
		}
	return NULL;
}
