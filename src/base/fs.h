/* Files and paths. All paths are bytes; a written file appears whole or not at all. */
#ifndef PK_FS_H
#define PK_FS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

char *pk_path_join(const char *a, const char *b); /* caller frees; an absolute b is returned as it is */
const char *pk_path_base(const char *path);       /* borrowed from path */
char *pk_path_dir(const char *path);              /* caller frees; "." when there is none */
bool pk_path_is_dir(const char *path);
bool pk_path_exists(const char *path);            /* does not follow a last symlink */

/* Appends all of it to ret; after a failure ret is as it was. */
int pk_read_file(const char *path, struct pk_buf *ret, struct pk_err *err);
/* Names of files that are being written begin so; pk_list_files() does not show them. */
#define PK_TEMPORARY ".pk-tmp-"
/* Temporary file beside it, fsync, rename. Creates missing directories. */
int pk_write_file(const char *path, const char *data, size_t len, int mode, struct pk_err *err);
int pk_mkdir_p(const char *path, int mode, struct pk_err *err);
/* Removes a tree; never follows symlinks; absent is success. */
int pk_remove_tree(const char *path, struct pk_err *err);
/* Regular files below dir whose names end in suffix (NULL: all), as paths relative to dir, sorted by bytes. */
int pk_list_files(const char *dir, const char *suffix, struct pk_strv *ret, struct pk_err *err);

#endif
