/* Programs that keep a repository's hooks, and would not let ours live beside theirs. */
#ifndef PK_INSTALL_MANAGER_H
#define PK_INSTALL_MANAGER_H

#include "git/config.h"
#include "git/repo.h"

struct pk_hook_manager {
	const char *name; /* static; NULL: none */
	char *add;        /* what to add, with the file to add it to; caller frees */
	bool added;       /* that file names git postkit already */
};
/* dir: the hooks folder as git says. sides: as pk_hooks_look(). */
void pk_hook_manager_find(const struct pk_repo *repo, const struct pk_config *config, const char *dir,
			  unsigned sides, struct pk_hook_manager *ret);

#endif
