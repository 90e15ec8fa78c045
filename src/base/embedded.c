#include "base/embedded.h"

const struct pk_embedded *pk_embedded_find(const char *path)
{
	for (const struct pk_embedded *file = pk_embedded_files; file->path; file++) {
		if (strcmp(file->path, path) == 0)
			return file;
	}
	return NULL;
}
