#include "cmd/narrow.h"

void pk_say_less(const struct pk_less *less)
{
	for (size_t i = 0; i < less->notes.n; i++)
		pk_say("%s", less->notes.items[i]);
	for (size_t i = 0; i < less->unproven.n; i++)
		pk_say("%s does not hold in the copy: rows that it refers to were left out", less->unproven.items[i]);
}
