/*
 * libpq, loaded at its first use. It brings two dozen libraries (LDAP, Kerberos, two of TLS), whose loading takes as
 * long as all else that a hook, a completion or another command without a database does.
 *
 * The functions below have the names of libpq's and pass on to them; what is not among them does not link.
 */
#include "base/base.h"
#include <dlfcn.h>
#include <libpq-events.h>
#include <libpq-fe.h>

#define LIBPQ "libpq.so.5"

/* F(type, name, parameters, arguments) */
#define FUNCTIONS                                                                                  \
	F(int, PQbackendPID, (const PGconn *conn), (conn))                                          \
	F(int, PQcancel, (PGcancel * cancel, char *text, int size), (cancel, text, size))          \
	F(void, PQclear, (PGresult * res), (res))                                                  \
	F(char *, PQcmdStatus, (PGresult * res), (res))                                            \
	F(char *, PQcmdTuples, (PGresult * res), (res))                                            \
	F(PostgresPollingStatusType, PQconnectPoll, (PGconn * conn), (conn))                       \
	F(PGconn *, PQconnectStartParams,                                                          \
	  (const char *const *keys, const char *const *values, int expand),                        \
	  (keys, values, expand))                                                                  \
	F(int, PQconnectionNeedsPassword, (const PGconn *conn), (conn))                            \
	F(PQconninfoOption *, PQconninfo, (PGconn * conn), (conn))                                 \
	F(void, PQconninfoFree, (PQconninfoOption * options), (options))                           \
	F(PQconninfoOption *, PQconninfoParse, (const char *text, char **error), (text, error))    \
	F(int, PQconsumeInput, (PGconn * conn), (conn))                                            \
	F(char *, PQdb, (const PGconn *conn), (conn))                                              \
	F(int, PQenterPipelineMode, (PGconn * conn), (conn))                                       \
	F(char *, PQerrorMessage, (const PGconn *conn), (conn))                                    \
	F(int, PQexitPipelineMode, (PGconn * conn), (conn))                                        \
	F(int, PQfformat, (const PGresult *res, int field), (res, field))                          \
	F(void, PQfinish, (PGconn * conn), (conn))                                                 \
	F(int, PQflush, (PGconn * conn), (conn))                                                   \
	F(char *, PQfname, (const PGresult *res, int field), (res, field))                         \
	F(void, PQfreeCancel, (PGcancel * cancel), (cancel))                                       \
	F(void, PQfreemem, (void *p), (p))                                                         \
	F(PGcancel *, PQgetCancel, (PGconn * conn), (conn))                                        \
	F(int, PQgetCopyData, (PGconn * conn, char **data, int async), (conn, data, async))        \
	F(PGresult *, PQgetResult, (PGconn * conn), (conn))                                        \
	F(int, PQgetisnull, (const PGresult *res, int row, int field), (res, row, field))          \
	F(int, PQgetlength, (const PGresult *res, int row, int field), (res, row, field))          \
	F(char *, PQgetvalue, (const PGresult *res, int row, int field), (res, row, field))        \
	F(char *, PQhost, (const PGconn *conn), (conn))                                            \
	F(void *, PQinstanceData, (const PGconn *conn, PGEventProc proc), (conn, proc))            \
	F(int, PQisBusy, (PGconn * conn), (conn))                                                  \
	F(PGresult *, PQmakeEmptyPGresult, (PGconn * conn, ExecStatusType status), (conn, status)) \
	F(int, PQnfields, (const PGresult *res), (res))                                            \
	F(int, PQntuples, (const PGresult *res), (res))                                            \
	F(const char *, PQparameterStatus, (const PGconn *conn, const char *name), (conn, name))   \
	F(char *, PQpass, (const PGconn *conn), (conn))                                            \
	F(int, PQpipelineSync, (PGconn * conn), (conn))                                            \
	F(char *, PQport, (const PGconn *conn), (conn))                                            \
	F(int, PQputCopyData, (PGconn * conn, const char *data, int n), (conn, data, n))           \
	F(int, PQputCopyEnd, (PGconn * conn, const char *error), (conn, error))                    \
	F(int, PQregisterEventProc,                                                                \
	  (PGconn * conn, PGEventProc proc, const char *name, void *arg), (conn, proc, name, arg)) \
	F(char *, PQresultErrorField, (const PGresult *res, int code), (res, code))                \
	F(char *, PQresultErrorMessage, (const PGresult *res), (res))                              \
	F(ExecStatusType, PQresultStatus, (const PGresult *res), (res))                            \
	F(int, PQsendQuery, (PGconn * conn, const char *sql), (conn, sql))                         \
	F(int, PQsendPrepare,                                                                      \
	  (PGconn *conn, const char *name, const char *query, int n_params, const Oid *types),     \
	  (conn, name, query, n_params, types))                                                    \
	F(int, PQsendQueryPrepared,                                                                \
	  (PGconn *conn, const char *name, int n_params, const char *const *values,                \
	   const int *lengths, const int *formats, int format),                                    \
	  (conn, name, n_params, values, lengths, formats, format))                                \
	F(int, PQsendQueryParams,                                                                  \
	  (PGconn * conn, const char *sql, int n, const Oid *types, const char *const *values,     \
	   const int *lengths, const int *formats, int format),                                    \
	  (conn, sql, n, types, values, lengths, formats, format))                                 \
	F(int, PQserverVersion, (const PGconn *conn), (conn))                                      \
	F(PQnoticeReceiver, PQsetNoticeReceiver,                                                   \
	  (PGconn * conn, PQnoticeReceiver receiver, void *arg), (conn, receiver, arg))            \
	F(int, PQsetSingleRowMode, (PGconn * conn), (conn))                                        \
	F(int, PQsetInstanceData, (PGconn * conn, PGEventProc proc, void *data),                   \
	  (conn, proc, data))                                                                      \
	F(int, PQsetnonblocking, (PGconn * conn, int on), (conn, on))                              \
	F(int, PQsocket, (const PGconn *conn), (conn))                                             \
	F(ConnStatusType, PQstatus, (const PGconn *conn), (conn))                                  \
	F(PGTransactionStatusType, PQtransactionStatus, (const PGconn *conn), (conn))

#define F(type, name, parameters, arguments) __typeof__(&name) name;
static struct {
	FUNCTIONS
} libpq;
#undef F

/* All at once: one of them is called by the handler of a signal. */
static void load(void)
{
	void *library = dlopen(LIBPQ, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		pk_fatal(dlerror());
#define F(type, name, parameters, arguments)                                                       \
	*(void **)&libpq.name = dlsym(library, #name);                                             \
	if (!libpq.name)                                                                           \
		pk_fatal(dlerror());
	FUNCTIONS
#undef F
}

#define F(type, name, parameters, arguments)                                                       \
	type name parameters                                                                       \
	{                                                                                          \
		if (!libpq.name)                                                                   \
			load();                                                                    \
		return libpq.name arguments;                                                       \
	}
FUNCTIONS
