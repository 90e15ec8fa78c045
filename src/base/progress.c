#include "base/progress.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/term.h"
#include "base/text.h"
#include <unistd.h>

/* seconds between two */
static const double redraw_every = 0.1, event_every = 1, line_every = 10;

static void forget_items(struct pk_progress *p)
{
	for (int i = 0; i < PK_PROGRESS_ITEMS; i++) {
		free(p->items[i].name);
		p->items[i] = (struct pk_progress_item){ 0 };
	}
}

/* At most width columns, counting UTF-8 sequences as one, never cut inside one. */
static void cut_to_width(struct pk_buf *line, int width)
{
	int columns = 0;
	for (size_t i = 0; i < line->len; i++) {
		if (((unsigned char)line->ptr[i] & 0xc0) != 0x80 && ++columns > width) {
			pk_buf_truncate(line, i);
			return;
		}
	}
}

static int percent_of(uint64_t done, uint64_t total)
{
	return done >= total ? 100 : (int)((double)done * 100 / (double)total);
}

static void add_bar(struct pk_buf *line, uint64_t done, uint64_t total)
{
	int percent = percent_of(done, total);
	char bar[21] = "....................";
	memset(bar, '#', (size_t)percent / 5);
	pk_buf_addf(line, " [%s] %3d%%", bar, percent);
}

/* Seconds to the end, if all goes on as it did; below 0: not to be said yet. */
static double left_of(const struct pk_progress *p, double now)
{
	double spent = now - p->started;
	if (!p->done || p->done >= p->total || spent < 1)
		return -1;
	return spent * (double)(p->total - p->done) / (double)p->done;
}

static uint64_t rate_of(const struct pk_progress *p, double now)
{
	double spent = now - p->started;
	return p->bytes && spent > 0.2 ? (uint64_t)((double)p->bytes / spent) : 0;
}

static void add_pace(struct pk_buf *line, const struct pk_progress *p, double now)
{
	PK_FREE char *spent = pk_duration(now - p->started), *rate = pk_size(rate_of(p, now));
	double left = left_of(p, now);
	pk_buf_addf(line, ", %s", spent);
	if (rate_of(p, now))
		pk_buf_addf(line, ", %s/s", rate);
	if (left >= 0) {
		PK_FREE char *rest = pk_duration(left);
		pk_buf_addf(line, ", %s left", rest);
	}
}

static void wipe(struct pk_progress *p)
{
	if (!p->lines)
		return;
	fputs("\r", stderr);
	if (p->lines > 1)
		fprintf(stderr, "\033[%dA", p->lines - 1);
	fputs("\033[J", stderr);
	p->lines = 0;
}

static void put_line(struct pk_progress *p, struct pk_buf *line)
{
	cut_to_width(line, pk_term_width() - 1);
	fprintf(stderr, "%s%s", p->lines++ ? "\n" : "", line->ptr);
}

static void draw_items(struct pk_progress *p)
{
	for (int i = 0; i < PK_PROGRESS_ITEMS; i++) {
		const struct pk_progress_item *item = &p->items[i];
		PK_AUTO(pk_buf) line = PK_BUF_INIT;
		if (!item->name)
			continue;
		pk_buf_add(&line, "  ");
		if (item->total)
			add_bar(&line, item->done, item->total);
		pk_buf_addc(&line, ' ');
		pk_buf_add_safe(&line, item->name, false);
		put_line(p, &line);
	}
}

static void draw(struct pk_progress *p, const char *item, double now)
{
	PK_AUTO(pk_buf) line = PK_BUF_INIT;
	pk_buf_add_safe(&line, p->title ? p->title : "", false);
	if (p->total) {
		add_bar(&line, p->done, p->total);
	} else if (p->done) {
		PK_FREE char *count = pk_count(p->done);
		pk_buf_addf(&line, " %s", count);
	}
	add_pace(&line, p, now);
	if (item && *item) {
		pk_buf_addc(&line, ' ');
		pk_buf_add_safe(&line, item, false);
	}
	wipe(p);
	put_line(p, &line);
	draw_items(p);
	fflush(stderr);
}

static void log_line(const struct pk_progress *p, double now)
{
	PK_AUTO(pk_buf) line = PK_BUF_INIT;
	pk_buf_add_safe(&line, p->title ? p->title : "", false);
	if (p->total)
		pk_buf_addf(&line, " %d%%", percent_of(p->done, p->total));
	add_pace(&line, p, now);
	fprintf(stderr, "%s\n", line.ptr);
}

static void event(const struct pk_progress *p, double now)
{
	cJSON *root = cJSON_CreateObject(), *items = pk_json_add_array(root, "items");
	double left = left_of(p, now);
	char *text;

	pk_json_set_str(root, "event", "progress");
	pk_json_set_str(root, "phase", p->title);
	pk_json_set_num(root, "done", (double)p->done);
	pk_json_set_num(root, "total", (double)p->total);
	pk_json_set_num(root, "seconds", now - p->started);
	if (rate_of(p, now))
		pk_json_set_num(root, "bytes_per_second", (double)rate_of(p, now));
	if (left >= 0)
		pk_json_set_num(root, "seconds_left", left);
	for (int i = 0; i < PK_PROGRESS_ITEMS; i++) {
		cJSON *item;
		if (!p->items[i].name)
			continue;
		item = pk_json_add_object(items, NULL);
		pk_json_set_str(item, "name", p->items[i].name);
		pk_json_set_num(item, "done", (double)p->items[i].done);
		pk_json_set_num(item, "total", (double)p->items[i].total);
	}
	text = pk_json_line(root);
	fprintf(stderr, "%s\n", text);
	free(text);
	cJSON_Delete(root);
}

void pk_progress_start(struct pk_progress *p, const char *title, uint64_t total)
{
	if (!p)
		return;
	pk_progress_stop(p);
	free(p->title);
	p->title = pk_strdup(title);
	p->done = p->bytes = 0;
	p->total = total;
	p->started = pk_now();
	p->terminal = !p->json && isatty(STDERR_FILENO);
	p->drawn = p->terminal ? 0 : p->started;
	if (p->json)
		event(p, p->started);
}

void pk_progress_bytes(struct pk_progress *p, uint64_t bytes)
{
	if (p)
		p->bytes = bytes;
}

void pk_progress_item(struct pk_progress *p, int place, const char *name, uint64_t done, uint64_t total)
{
	struct pk_progress_item *item;

	if (!p || place < 0 || place >= PK_PROGRESS_ITEMS)
		return;
	item = &p->items[place];
	if (!pk_streq(item->name, name)) {
		free(item->name);
		item->name = pk_strdup(name);
	}
	item->done = done;
	item->total = total;
}

void pk_progress_update(struct pk_progress *p, uint64_t done, const char *item)
{
	double now, every;

	if (!p)
		return;
	p->done = done;
	now = pk_now();
	every = p->terminal ? redraw_every : p->json ? event_every : line_every;
	if (now - p->drawn < every && !(p->terminal && p->total && done == p->total))
		return;
	p->drawn = now;
	if (p->terminal)
		draw(p, item, now);
	else if (p->json)
		event(p, now);
	else
		log_line(p, now);
}

void pk_progress_stop(struct pk_progress *p)
{
	if (!p)
		return;
	forget_items(p);
	wipe(p);
	fflush(stderr);
}

void pk_progress_release(struct pk_progress *p)
{
	if (!p)
		return;
	pk_progress_stop(p);
	free(p->title);
	*p = (struct pk_progress)PK_PROGRESS_INIT;
}
