#include "deploy/exchange.h"

int pk_exchange_publish(const struct pk_repo *repo, const struct pk_config *config, const char *remote,
			char **ret_where, struct pk_err *err)
{
	PK_AUTO(pk_exchange) x = PK_EXCHANGE_INIT;
	const struct pk_exchange_item *bad;
	const char *setting = pk_config_get_protected(config, "publish");

	*ret_where = NULL;
	if (!setting || !*setting || pk_streq(setting, "never"))
		return 0;
	if (pk_exchange_open(&x, repo, config, pk_streq(setting, "auto") ? NULL : setting, err) <
		    0 ||
	    pk_exchange_push(&x, err) < 0)
		return -1;
	bad = pk_exchange_in_the_way(&x, remote);
	bad = bad ? bad : pk_exchange_in_the_way(&x, NULL);
	if (bad)
		return pk_err_set(err, "what '%s' holds of '%s' is not what it must be: %s", x.git_remote,
				  bad->name ? bad->name : "fingerprints", bad->why);
	*ret_where = pk_strdup(x.git_remote);
	return 0;
}
