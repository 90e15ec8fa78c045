/*
 * The part of a goose migration that goes up, for linting what others run.
 *
 *   -- +goose NO TRANSACTION
 *   -- +goose Up
 *   ...
 *   -- +goose Down
 */
#ifndef PK_SQL_GOOSE_H
#define PK_SQL_GOOSE_H

#include "base/base.h"

struct pk_goose {
	size_t start, end; /* of the part in the text, in bytes */
	int line;	   /* of the file, at which it starts, 1-based */
	bool transaction;
};
/* False when there is no line "-- +goose Up". */
bool pk_goose_up(const char *text, struct pk_goose *ret);

#endif
