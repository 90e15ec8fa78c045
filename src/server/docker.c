#include "server/docker.h"
#include "base/fs.h"
#include "base/proc.h"
#include "base/text.h"
#include "server/server.h"
#include <unistd.h>

#define STOP_SECONDS "60"
#define RUN_FAILED   125 /* the status of "docker run" when it has not run the program */
#define LABEL	     "git-postkit.cluster"

bool pk_docker_installed(void)
{
	PK_FREE char *program = pk_proc_find("docker");

	return program != NULL;
}

/* ---- what it says ---- */

/* docker's messages are for people, and the same since years. */
static const struct {
	const char *said, *msg, *hint;
} reasons[] = {
	{ "permission denied", "this user may not use Docker",
	  "sudo usermod -aG docker $USER, then log in again; whoever is in that group may do what "
	  "root may" },
	{ "Cannot connect to the Docker daemon", "Docker's daemon does not run",
	  "start it: sudo systemctl start docker (or what DOCKER_HOST names)" },
	{ "failed to connect to the docker API", "Docker's daemon does not run",
	  "start it: sudo systemctl start docker (or what DOCKER_HOST names)" },
	{ "no space left", "there is no room left on the disk for Docker",
	  "make room: docker system df tells what takes it" },
};

/* docker itself failed: with 125 and above for run, with 1 for all else. */
static int explain(const char *what, struct pk_buf *said, struct pk_err *err)
{
	pk_buf_rtrim(said);
	for (size_t i = 0; i < PK_COUNT(reasons); i++) {
		if (!strstr(said->ptr, reasons[i].said))
			continue;
		pk_err_set(err, "%s: %s", what, reasons[i].msg);
		pk_err_detail(err, "%s", said->ptr);
		return pk_err_hint(err, "%s", reasons[i].hint);
	}
	pk_err_set(err, "%s", what);
	return pk_err_detail(err, "%s", said->ptr);
}

/* out NULL: dropped. *ret_status is docker's. */
static int docker(const struct pk_strv *args, const char *input, struct pk_buf *out,
		  struct pk_buf *said, int *ret_status, struct pk_err *err)
{
	PK_FREE const char **argv = pk_alloc((args->n + 2) * sizeof(*argv));
	const struct pk_proc proc = {
		.argv = argv, .cwd = "/", .input = input, .out = out, .err_out = said
	};

	argv[0] = "docker";
	for (size_t i = 0; i < args->n; i++)
		argv[i + 1] = args->items[i];
	argv[args->n + 1] = NULL;
	if (pk_docker_installed())
		return pk_proc_run(&proc, ret_status, err);
	pk_err_set(err, "the program 'docker' is not in PATH");
	return pk_err_hint(err, "install Docker: sudo apt-get install docker.io");
}

/* Words apart by spaces, none of which holds one. */
static int simple(const char *words, const char *last, struct pk_buf *out, struct pk_buf *said,
		  int *ret_status, struct pk_err *err)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;

	pk_strv_split(&args, words, ' ');
	pk_strv_push(&args, last);
	return docker(&args, NULL, out, said, ret_status, err);
}

/* ---- images ---- */

/* "{major}" stands for the version. */
static char *fill_in(const char *pattern, int major)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	for (const char *at; (at = strstr(pattern, "{major}")); pattern = at + strlen("{major}")) {
		pk_buf_addn(&text, pattern, (size_t)(at - pattern));
		pk_buf_addf(&text, "%d", major);
	}
	pk_buf_add(&text, pattern);
	return pk_buf_take(&text);
}

char *pk_docker_image_for(const struct pk_config *config, const char *remote, int major,
			  bool *ret_set)
{
	PK_FREE char *own = remote ? pk_printf("remote.%s.dockerImage", remote) : NULL;
	const char *const keys[] = { own, "dockerImage" };

	*ret_set = true;
	for (size_t i = 0; config && i < PK_COUNT(keys); i++) {
		const char *image = keys[i] ? pk_config_get_protected(config, keys[i]) : NULL;
		if (image && *image)
			return fill_in(image, major);
	}
	*ret_set = false;
	return fill_in("postgres:{major}", major);
}

static int pull(const char *image, struct pk_err *err)
{
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	int status = 0;

	if (simple("pull --quiet", image, NULL, &said, &status, err) < 0)
		return -1;
	if (status == 0)
		return 0;
	pk_buf_rtrim(&said);
	pk_err_set(err, "the Docker image '%s' is not on this machine, and could not be pulled",
		   image);
	pk_err_detail(err, "%s", said.ptr);
	return pk_err_hint(err,
			   "docker pull '%s' where there is a network, or bring it by docker save and docker load; "
			   "git config postkit.dockerImage names another one",
			   image);
}

int pk_docker_check(const char *image, int major, struct pk_err *err)
{
	PK_AUTO(pk_buf) said = PK_BUF_INIT, version = PK_BUF_INIT;
	int status = 0;

	if (*image == '-' ||
	    simple("image inspect --format {{.Id}}", image, NULL, &said, &status, err) < 0)
		return *image == '-' ? pk_err_set(err, "'%s' is no name of a Docker image", image)
				     : -1;
	if (status != 0 && !strstr(said.ptr, "No such image"))
		return explain("Docker cannot be used", &said, err);
	if (status != 0 && pull(image, err) < 0)
		return -1;
	if (!major)
		return 0;
	pk_buf_clear(&said);
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	pk_strv_split(&args, "run --rm --network none --entrypoint postgres", ' ');
	pk_strv_push(&args, image);
	pk_strv_push(&args, "--version");
	if (docker(&args, NULL, &version, &said, &status, err) < 0)
		return -1;
	const char *at = status == 0 ? strstr(version.ptr, "(PostgreSQL) ") : NULL;
	if (!at)
		return explain("the Docker image has no server of PostgreSQL that runs", &said,
			       err);
	if (atoi(at + strlen("(PostgreSQL) ")) == major)
		return 0;
	pk_err_set(err, "the Docker image '%s' has PostgreSQL %d, and %d is needed", image,
		   atoi(at + strlen("(PostgreSQL) ")), major);
	return pk_err_hint(err,
			   "in postkit.dockerImage {major} stands for the version that is needed");
}

/* ---- containers ---- */

static char *name_of(const struct pk_place *place)
{
	return pk_printf("git-postkit-%016llx-pg%d",
			 (unsigned long long)pk_hash(place->dir, strlen(place->dir), 0),
			 place->major);
}

/* Whom programs in the container run as, and the name that initdb asks for. */
static char *passwd_of(const struct pk_place *place)
{
	return pk_path_join(place->root, "passwd");
}

static int write_passwd(const struct pk_place *place, struct pk_err *err)
{
	PK_FREE char *path = passwd_of(place);
	PK_FREE char *text = pk_printf("root:x:0:0::/:/bin/sh\npostgres:x:%u:%u::/:/bin/sh\n",
				       (unsigned)place->uid, (unsigned)place->gid);

	return pk_write_file(path, text, strlen(text), 0644, err);
}

static void mount(struct pk_strv *args, const char *from, const char *to, bool read_only)
{
	pk_strv_push(args, "--mount");
	pk_strv_pushf(args, "type=bind,\"source=%s\",\"target=%s\"%s", from, to,
		      read_only ? ",readonly" : "");
}

/* As far as all runs are alike. */
static void common(const struct pk_place *place, const char *program, struct pk_strv *args)
{
	PK_FREE char *passwd = passwd_of(place);

	pk_strv_split(args,
		      "--network none --cap-drop ALL --security-opt no-new-privileges --env "
		      "LC_ALL=C.UTF-8 --env TZ=UTC --workdir /",
		      ' ');
	pk_strv_pushf(args, "--label=" LABEL "=%s", place->dir);
	pk_strv_pushf(args, "--user=%u:%u", (unsigned)place->uid, (unsigned)place->gid);
	mount(args, passwd, "/etc/passwd", true);
	mount(args, place->root, place->root, false);
	pk_strv_pushf(args, "--entrypoint=%s", program);
}

static void add_all(struct pk_strv *args, const char *const *argv)
{
	for (; *argv; argv++)
		pk_strv_push(args, *argv);
}

int pk_docker_run(const struct pk_place *place, const char *const *argv, const char *input,
		  struct pk_buf *said, int *ret_status, struct pk_err *err)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;

	pk_strv_split(&args, "run --rm --interactive", ' ');
	common(place, argv[0], &args);
	pk_strv_push(&args, place->image);
	add_all(&args, argv + 1);
	if (write_passwd(place, err) < 0 || docker(&args, input, said, said, ret_status, err) < 0)
		return -1;
	return *ret_status == RUN_FAILED ? explain("Docker does not run PostgreSQL", said, err) : 0;
}

/* One field of the container; "" where there is none. */
static void inspect(const struct pk_place *place, const char *format, struct pk_buf *ret)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	PK_FREE char *name = name_of(place);
	int status = 0;

	pk_strv_split(&args, "container inspect --format", ' ');
	pk_strv_push(&args, format);
	pk_strv_push(&args, name);
	if (docker(&args, NULL, ret, NULL, &status, NULL) < 0 || status != 0)
		pk_buf_clear(ret);
	pk_buf_rtrim(ret);
}

pid_t pk_docker_pid(const struct pk_place *place)
{
	PK_AUTO(pk_buf) pid = PK_BUF_INIT;

	inspect(place, "{{.State.Pid}}", &pid);
	return pid.len ? (pid_t)atoi(pid.ptr) : 0;
}

void pk_docker_said(const struct pk_place *place, struct pk_buf *ret)
{
	PK_FREE char *name = name_of(place);
	int status = 0;

	simple("logs --tail 30", name, ret, ret, &status, NULL);
}

/* Absent is success; one of that name that is not ours stays. */
static int remove_container(const struct pk_place *place, struct pk_err *err)
{
	PK_AUTO(pk_buf) dir = PK_BUF_INIT, said = PK_BUF_INIT;
	PK_FREE char *name = name_of(place);
	int status = 0;

	inspect(place, "{{.Name}} {{index .Config.Labels \"" LABEL "\"}}", &dir);
	if (!dir.len)
		return 0;
	const char *label = strchr(dir.ptr, ' ');
	if (!label || strcmp(label + 1, place->dir) != 0)
		return pk_err_set(err, "the container '%s' is not of the local server in '%s'",
				  name, place->dir);
	if (simple("rm --force --volumes", name, NULL, &said, &status, err) < 0)
		return -1;
	return status == 0
		       ? 0
		       : explain("the container of the local server cannot be removed", &said, err);
}

int pk_docker_start(const struct pk_place *place, const char *const *argv, const char *socket_dir,
		    struct pk_err *err)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	PK_FREE char *name = name_of(place),
		     *pid_file = pk_path_join(place->data, "postmaster.pid");
	int status = 0;

	if (remove_container(place, err) < 0 || write_passwd(place, err) < 0)
		return -1;
	/* numbers of processes of another container mean nothing in this one */
	unlink(pid_file);
	pk_strv_split(
		&args,
		"run --detach --init --shm-size 1g --stop-signal SIGINT --log-driver json-file --log-opt max-size=8m",
		' ');
	pk_strv_pushf(&args, "--name=%s", name);
	common(place, argv[0], &args);
	mount(&args, socket_dir, socket_dir, false);
	pk_strv_push(&args, place->image);
	add_all(&args, argv + 1);
	if (docker(&args, NULL, NULL, &said, &status, err) < 0)
		return -1;
	if (status == 0)
		return 0;
	explain("Docker does not start the local server", &said, err);
	remove_container(place, NULL);
	return -1;
}

int pk_docker_stop(const struct pk_place *place, struct pk_err *err)
{
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	PK_FREE char *name = name_of(place);
	int status = 0;

	if (pk_docker_pid(place) == 0)
		return pk_docker_installed() ? remove_container(place, err) : 0;
	if (simple("stop --time " STOP_SECONDS, name, NULL, &said, &status, err) < 0)
		return -1;
	if (status != 0)
		return explain("the container of the local server does not stop", &said, err);
	return remove_container(place, err);
}
