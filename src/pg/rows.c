#include "pg/handle.h"
#include <arpa/inet.h>

void pk_rows_release(struct pk_rows *rows)
{
	PQclear(rows->handle); /* takes NULL */
	*rows = (struct pk_rows)PK_ROWS_INIT;
}

const char *pk_rows_get(const struct pk_rows *rows, int row, int column)
{
	if (PQgetisnull(rows->handle, row, column))
		return NULL;
	return PQgetvalue(rows->handle, row, column);
}

int pk_rows_column(const struct pk_rows *rows, const char *column)
{
	/* not PQfnumber(), which folds case and looks for quotes */
	for (int i = 0; i < rows->columns; i++)
		if (strcmp(PQfname(rows->handle, i), column) == 0)
			return i;
	return -1;
}

const char *pk_rows_named(const struct pk_rows *rows, int row, const char *column)
{
	int i = pk_rows_column(rows, column);

	if (i < 0)
		abort(); /* the query and its reader stand beside each other: a mistake of ours */
	return pk_rows_get(rows, row, i);
}

const char *pk_rows_name(const struct pk_rows *rows, int column)
{
	return PQfname(rows->handle, column);
}

bool pk_rows_true(const struct pk_rows *rows, int row, int column)
{
	return pk_streq(pk_rows_get(rows, row, column), "t");
}

int64_t pk_rows_int(const struct pk_rows *rows, int row, int column)
{
	return strtoll(pk_rows_get(rows, row, column), NULL, 10);
}

uint32_t pk_rows_oid(const struct pk_rows *rows, int row, int column)
{
	return (uint32_t)strtoul(pk_rows_get(rows, row, column), NULL, 10);
}

uint32_t pk_rows_number(const struct pk_rows *rows, int row, int column)
{
	uint32_t big_endian = 0;

	if (PQfformat(rows->handle, column) != 1 || PQgetlength(rows->handle, row, column) != sizeof(big_endian))
		abort(); /* as pk_rows_named() */
	memcpy(&big_endian, PQgetvalue(rows->handle, row, column), sizeof(big_endian));
	return ntohl(big_endian);
}

void pk_rows_none(struct pk_rows *ret)
{
	pk_give_rows(PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK), ret);
}
