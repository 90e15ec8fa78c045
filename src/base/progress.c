#include "base/clock.h"
#include "base/progress.h"
#include "base/term.h"
#include "base/text.h"
#include <unistd.h>

static const double redraw_every = 0.1; /* seconds */

void pk_progress_start(struct pk_progress *p, const char *title, uint64_t total)
{
	if (!p)
		return;
	pk_progress_stop(p);
	free(p->title);
	p->title = pk_strdup(title);
	p->done = 0;
	p->total = total;
	p->started = pk_now();
	p->drawn = 0;
	p->on = isatty(STDERR_FILENO);
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

static void draw(struct pk_progress *p, const char *item)
{
	PK_AUTO(pk_buf) line = PK_BUF_INIT;
	PK_FREE char *spent = pk_duration(pk_now() - p->started);
	pk_buf_add_safe(&line, p->title ? p->title : "", false);
	if (p->total) {
		uint64_t done = p->done < p->total ? p->done : p->total;
		int percent = (int)((double)done * 100 / (double)p->total);
		char bar[21] = "....................";
		memset(bar, '#', (size_t)percent / 5);
		pk_buf_addf(&line, " [%s] %3d%%", bar, percent);
	} else if (p->done) {
		PK_FREE char *count = pk_count(p->done);
		pk_buf_addf(&line, " %s", count);
	}
	pk_buf_addf(&line, ", %s", spent);
	if (item && *item) {
		pk_buf_addc(&line, ' ');
		pk_buf_add_safe(&line, item, false);
	}
	cut_to_width(&line, pk_term_width() - 1);
	fprintf(stderr, "\r%s\033[K", line.ptr);
	fflush(stderr);
}

void pk_progress_update(struct pk_progress *p, uint64_t done, const char *item)
{
	if (!p)
		return;
	p->done = done;
	double now = pk_now();
	if (!p->on || (p->shown && now - p->drawn < redraw_every && done != p->total))
		return;
	p->drawn = now;
	p->shown = true;
	draw(p, item);
}

void pk_progress_stop(struct pk_progress *p)
{
	if (!p || !p->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	p->shown = false;
}

void pk_progress_release(struct pk_progress *p)
{
	if (!p)
		return;
	pk_progress_stop(p);
	free(p->title);
	*p = (struct pk_progress)PK_PROGRESS_INIT;
}
