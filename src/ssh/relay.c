/* Bytes from one socket to another and back. */
#include "ssh/transport.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (256 * 1024)

struct half {
	int from, to;
	char *data;
	size_t at, n;
	bool tells;	  /* passes on that nothing more comes */
	bool ended, done; /* nothing more comes; and all of it went on */
};

/* false: the other end is gone. */
static bool move(struct half *h)
{
	ssize_t n;

	if (!h->n && !h->ended) {
		n = read(h->from, h->data, BUFFER);
		h->ended = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
		h->at = 0;
		h->n = n > 0 ? (size_t)n : 0;
	}
	while (h->n) {
		n = send(h->to, h->data + h->at, h->n, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		h->at += (size_t)n;
		h->n -= (size_t)n;
	}
	if (h->ended && !h->done) {
		if (h->tells)
			shutdown(h->to, SHUT_WR);
		h->done = true;
	}
	return true;
}

bool pk_ssh_relay(int client, int server)
{
	PK_FREE char *up = pk_alloc(BUFFER), *down = pk_alloc(BUFFER);
	struct half halves[2] = {
		{ .from = client, .to = server, .data = up, .tells = true },
		/* The client is to see the end when the caller has said why. */
		{ .from = server, .to = client, .data = down },
	};
	struct half *const to = &halves[0], *const from = &halves[1];

	fcntl(client, F_SETFL, O_NONBLOCK);
	fcntl(server, F_SETFL, O_NONBLOCK);
	while (!from->done && move(to) && move(from) && !from->done) {
		struct pollfd fds[2] = {
			{ .fd = client,
			  .events = (short)((to->n || to->ended ? 0 : POLLIN) |
					    (from->n ? POLLOUT : 0)) },
			{ .fd = server,
			  .events = (short)((from->n ? 0 : POLLIN) | (to->n ? POLLOUT : 0)) },
		};

		for (size_t i = 0; i < 2; i++)
			if (!fds[i].events)
				fds[i].fd = -1; /* or one that hung up wakes us for ever */
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
	}
	return to->ended;
}
