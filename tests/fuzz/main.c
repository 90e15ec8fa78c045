/*
 * A harness without libFuzzer: harness RUNS FOLDER. All seeds as they are, then RUNS inputs made of them, the same ones
 * at each call; then the long ones. A seed NAME.repeat has a line that begins an input, one that is repeated until it is
 * 1 MB, and one that ends it (\n and \\ in them; \# becomes a number, another one each time): such an input is to be
 * read in LIMIT_SECONDS of CPU.
 */
#include <sys/resource.h>
#include <time.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/text.h"
#include "fuzz.h"

#define LONG_BYTES (1 << 20)
#define MAX_BYTES  4096 /* of a made input */
#define NUMBER	   '\x1a' /* stands for a number in what is repeated */
#define MEMORY	   (1ULL << 31)

#if defined(__SANITIZE_ADDRESS__)
#define LIMIT_SECONDS 30.0 /* its checks are not what is measured */
#else
#define LIMIT_SECONDS 10.0 /* several readers, a slow machine; what is quadratic takes minutes */
#endif

struct seed {
	char *name;
	struct pk_buf text;
};
struct seeds {
	struct seed *items;
	size_t n;
};

/* xorshift64*: the same numbers everywhere. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static size_t below(uint64_t *state, size_t n)
{
	return n ? (size_t)(next_random(state) % n) : 0;
}

static void read_seeds(const char *folder, struct seeds *ret)
{
	struct pk_err err = PK_ERR_INIT;
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	if (pk_list_files(folder, NULL, &names, &err) < 0 || names.n == 0) {
		fprintf(stderr, "no seeds in '%s'\n", folder);
		exit(2);
	}
	ret->items = pk_alloc(names.n * sizeof(*ret->items));
	for (; ret->n < names.n; ret->n++) {
		PK_FREE char *path = pk_path_join(folder, names.items[ret->n]);

		ret->items[ret->n] = (struct seed){ pk_strdup(names.items[ret->n]), PK_BUF_INIT };
		if (pk_read_file(path, &ret->items[ret->n].text, &err) < 0) {
			pk_err_print(&err);
			exit(2);
		}
	}
}

static void release_seeds(struct seeds *seeds)
{
	for (size_t i = 0; i < seeds->n; i++) {
		free(seeds->items[i].name);
		pk_buf_release(&seeds->items[i].text);
	}
	free(seeds->items);
}

/* In memory of exactly its size, so that a byte behind its end is seen. */
static void run(const char *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		exit(2);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

/* ---- made inputs ---- */

/* A piece of a seed. */
static void add_piece(struct pk_buf *text, const struct seed *seed, uint64_t *random)
{
	size_t from = below(random, seed->text.len), n = below(random, seed->text.len - from + 1);

	pk_buf_addn(text, seed->text.ptr + from, n > MAX_BYTES ? MAX_BYTES : n);
}

static void change(struct pk_buf *text, const struct seeds *seeds, uint64_t *random)
{
	static const char *const hard[] = { "'", "\"", "$$", "$a$", "/*", "*/", "--", "\n", ";", "(", ")", "\\", "\r\n",
					    ":", ",", "E'\\", "U&\"", "\xef\xbb\xbf", "\xff", " ", "0", "99999999999999999999",
					    "-1", "{", "}", "postkit:", "=" };
	const struct seed *other = &seeds->items[below(random, seeds->n)];
	const char *token = hard[below(random, PK_COUNT(hard))];
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	size_t at = below(random, text->len + 1), gone = below(random, text->len - at + 1);

	pk_buf_addn(&out, text->ptr, at);
	switch (next_random(random) % 6) {
	case 0: /* a byte is another one */
		pk_buf_addc(&out, (char)next_random(random));
		gone = at < text->len;
		break;
	case 1:
		pk_buf_add(&out, token);
		gone = 0;
		break;
	case 2:
		add_piece(&out, other, random);
		gone = 0;
		break;
	case 3:
		add_piece(&out, other, random);
		break;
	case 4: /* twice */
		pk_buf_addn(&out, text->ptr + at, gone);
		gone = 0;
		break;
	default: /* left out */
		break;
	}
	pk_buf_addn(&out, text->ptr + at + gone, text->len - at - gone);
	pk_buf_clear(text);
	pk_buf_addn(text, out.ptr, out.len > MAX_BYTES ? MAX_BYTES : out.len);
}

static void run_made(const struct seeds *seeds, size_t runs)
{
	uint64_t random = 0x9e3779b97f4a7c15ULL;

	for (size_t i = 0; i < runs; i++) {
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		const struct seed *seed = &seeds->items[below(&random, seeds->n)];
		size_t changes = 1 + below(&random, 6);

		pk_buf_addn(&text, seed->text.ptr, seed->text.len > MAX_BYTES ? MAX_BYTES : seed->text.len);
		while (changes--)
			change(&text, seeds, &random);
		run(text.ptr, text.len);
	}
}

/* ---- long inputs ---- */

/* The next line, with its escapes read. */
static const char *read_line(const char *s, struct pk_buf *ret)
{
	for (; *s && *s != '\n'; s++) {
		if (*s == '\\' && s[1]) {
			s++;
			pk_buf_addc(ret, (char)(*s == 'n' ? '\n' : *s == '#' ? NUMBER : *s));
		} else {
			pk_buf_addc(ret, *s);
		}
	}
	return *s ? s + 1 : s;
}

static void add_again(struct pk_buf *text, const struct pk_buf *again, size_t number)
{
	for (size_t i = 0; i < again->len; i++) {
		if (again->ptr[i] == NUMBER)
			pk_buf_addf(text, "%zu", number);
		else
			pk_buf_addc(text, again->ptr[i]);
	}
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool run_long(const struct seed *seed)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_buf) again = PK_BUF_INIT;
	PK_AUTO(pk_buf) end = PK_BUF_INIT;
	double seconds;

	read_line(read_line(read_line(seed->text.ptr, &text), &again), &end);
	for (size_t i = 0; again.len && text.len < LONG_BYTES; i++)
		add_again(&text, &again, i);
	pk_buf_addn(&text, end.ptr, end.len);
	seconds = cpu_seconds();
	run(text.ptr, text.len);
	seconds = cpu_seconds() - seconds;
	if (getenv("FUZZ_TIMES"))
		printf("%.3f s %s\n", seconds, seed->name);
	if (seconds <= LIMIT_SECONDS)
		return true;
	fprintf(stderr, "%s: %zu bytes take %.1f s of CPU\n", seed->name, text.len, seconds);
	return false;
}

static void limit_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__)
	const struct rlimit limit = { MEMORY, MEMORY };

	setrlimit(RLIMIT_AS, &limit);
#endif
}

int main(int argc, char **argv)
{
	struct seeds seeds = { 0 };
	bool good = true;

	if (argc != 3) {
		fprintf(stderr, "usage: %s RUNS FOLDER\n", argv[0]);
		return 2;
	}
	limit_memory();
	read_seeds(argv[2], &seeds);
	for (size_t i = 0; i < seeds.n; i++)
		run(seeds.items[i].text.ptr, seeds.items[i].text.len);
	run_made(&seeds, strtoul(argv[1], NULL, 10));
	for (size_t i = 0; i < seeds.n; i++)
		good &= !pk_ends_with(seeds.items[i].name, ".repeat") || run_long(&seeds.items[i]);
	release_seeds(&seeds);
	return good ? 0 : 1;
}
