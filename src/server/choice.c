#include "server/choice.h"
#include "server/cluster.h"
#include "server/docker.h"
#include "server/made.h"
#include "server/programs.h"

/* Where nothing says which and nothing is installed. */
#define NEWEST_MAJOR 18

enum kind { AUTO, EMBEDDED, DOCKER };

void pk_choice_release(struct pk_choice *choice)
{
	free(choice->bindir);
	free(choice->image);
	*choice = (struct pk_choice){ 0 };
}

static int read_kind(const struct pk_config *config, enum kind *ret, struct pk_err *err)
{
	static const char *const names[] = {
		[AUTO] = "auto", [EMBEDDED] = "embedded", [DOCKER] = "docker"
	};
	const char *set = config ? pk_config_get_protected(config, "serverKind") : NULL;

	*ret = AUTO;
	for (size_t i = 0; i < PK_COUNT(names); i++) {
		if (set && strcasecmp(set, names[i]) != 0)
			continue;
		*ret = set ? (enum kind)i : AUTO;
		return 0;
	}
	return pk_err_set(err, "postkit.serverKind is auto, embedded or docker, not '%s'", set);
}

/* Caller frees. */
static char *ways_out(int major)
{
	PK_FREE char *package = major ? pk_printf("postgresql-%d", major) : pk_strdup("postgresql");

	return pk_printf("install them: sudo apt-get install %s (https://apt.postgresql.org has every version);\n"
			 "or say where they are: git config postkit.pgBin <folder with initdb and postgres>;\n"
			 "or name a running server: git config postkit.server postgresql://...",
			 package);
}

static int missing(const struct pk_server_want *want, const struct pk_pg_list *list, struct pk_err *err)
{
	PK_AUTO(pk_buf) found = PK_BUF_INIT;
	PK_FREE char *npm = want->repo && want->repo->workdir ? pk_pg_of_project(want->repo->workdir) : NULL;
	int major = want->major;

	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].server)
			pk_buf_addf(&found, "%s%d", found.len ? ", " : "", list->items[i].major);
	if (major)
		pk_err_set(err, "no server programs of PostgreSQL %d on this machine (found: %s)",
			   major, found.len ? found.ptr : "none");
	else
		pk_err_set(err, "no server programs of PostgreSQL on this machine");
	PK_FREE char *ways = ways_out(major);
	if (npm)
		return pk_err_hint(err, "npm's are in this work tree; if you trust what is there: git config postkit.pgBin "
					"'%s';\nor %s", npm, ways);
	return pk_err_hint(err, "%s;\nor install Docker, whose images have them", ways);
}

int pk_choice_failed(const struct pk_choice *choice, struct pk_err *err)
{
	if (!choice->no_other || !err)
		return -1;
	PK_FREE char *ways = ways_out(choice->major), *hint = pk_strdup(err->hint);
	pk_err_wrap(err, "no server of PostgreSQL %d is installed here, and", choice->major);
	return pk_err_hint(err, "%s%s%s", hint ? hint : "", hint ? ";\nor " : "", ways);
}

/* One that is there, of the newest version where any will do. */
static int find_made(const struct pk_server_want *want, struct pk_place *place, bool *ret_made,
		     struct pk_err *err)
{
	PK_AUTO(pk_strv) majors = PK_STRV_INIT;
	int major = want->major;

	if (!major && pk_server_list(want->repo, &majors, err) < 0)
		return -1;
	for (size_t i = 0; i < majors.n; i++)
		major = atoi(majors.items[i]) > major ? atoi(majors.items[i]) : major;
	*ret_made = false;
	if (!major)
		return 0;
	if (pk_place_find(place, want->repo, want->config, major, err) < 0)
		return -1;
	*ret_made = pk_cluster_exists(place);
	return 0;
}

static int contradicts(const struct pk_place *place, enum kind kind, struct pk_err *err)
{
	pk_err_set(err,
		   "the local server of PostgreSQL %d was made %s, and postkit.serverKind says otherwise",
		   place->major, kind == DOCKER ? "without Docker" : "in Docker");
	return pk_err_hint(err, "git postkit gc --all removes it with its clones; git config "
				"--unset postkit.serverKind keeps it");
}

/* Why it would be a container; NULL: it is none. */
static const char *why_docker(enum kind kind, bool made, const struct pk_place *place,
			      bool image_set, bool installed)
{
	if (made)
		return place->image ? "as before" : NULL;
	if (kind != AUTO)
		return kind == DOCKER ? "as postkit.serverKind says" : NULL;
	if (image_set)
		return "for an image is set";
	return !installed && pk_docker_installed() ? "for no such server is installed here" : NULL;
}

static int choose_docker(struct pk_choice *ret, char **image, const char *why)
{
	ret->image = pk_take(image);
	ret->why = why;
	return 0;
}

static int choose_programs(struct pk_choice *ret, const struct pk_pg_programs *found,
			   const char *why)
{
	ret->bindir = pk_strdup(found->bindir);
	ret->why = why;
	return 0;
}

int pk_choice_make(const struct pk_server_want *want, struct pk_choice *ret, struct pk_err *err)
{
	struct pk_place place __attribute__((cleanup(pk_place_release))) = PK_PLACE_INIT;
	struct pk_pg_list list __attribute__((cleanup(pk_pg_list_release))) = PK_PG_LIST_INIT;
	const struct pk_pg_programs *found;
	enum kind kind;
	bool made, set;

	pk_choice_release(ret);
	if (read_kind(want->config, &kind, err) < 0 || find_made(want, &place, &made, err) < 0)
		return -1;
	if (made && kind != AUTO && (kind == DOCKER) != (place.image != NULL))
		return contradicts(&place, kind, err);
	found = pk_pg_find_server(want->config, want->major, &list);
	if (made && place.image)
		ret->major = place.major;
	else if (want->major || found)
		ret->major = want->major ? want->major : found->major;
	else
		ret->major = NEWEST_MAJOR;
	PK_FREE char *image = pk_docker_image_for(want->config, want->remote, ret->major, &set);
	const char *docker = why_docker(kind, made, &place, set, found != NULL);
	if (docker) {
		ret->no_other = !made && kind == AUTO && !set;
		return choose_docker(ret, made && !set ? &place.image : &image, docker);
	}
	if (!found)
		return missing(want, &list, err);
	return choose_programs(ret, found,
			       made		  ? "as before"
			       : kind == EMBEDDED ? "as postkit.serverKind says"
						  : "for it is installed here");
}

int pk_server_why(const struct pk_server_want *want, enum pk_server_kind *ret_kind, char **ret,
		  struct pk_err *err)
{
	struct pk_choice choice __attribute__((cleanup(pk_choice_release))) = { 0 };
	PK_FREE char *setting = NULL;
	const char *url;

	if (want->clones && pk_made_command(want->config, want->remote)) {
		*ret_kind = PK_SERVER_COMMAND;
		*ret = pk_printf("by postkit.remote.%s.cloneCommand", want->remote);
		return 0;
	}
	if (!want->own && pk_server_given(want->config, want->remote, &setting, &url)) {
		*ret_kind = PK_SERVER_GIVEN;
		*ret = pk_printf("on the server that %s names", setting);
		return 0;
	}
	if (pk_choice_make(want, &choice, err) < 0)
		return -1;
	*ret_kind = choice.image ? PK_SERVER_DOCKER : PK_SERVER_EMBEDDED;
	*ret = choice.image ? pk_printf("in Docker, image '%s', %s", choice.image, choice.why)
			    : pk_printf("by the programs in %s, %s", choice.bindir, choice.why);
	return 0;
}
