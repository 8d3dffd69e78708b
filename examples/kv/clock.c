/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <stdio.h>
#include <sys/timex.h>
#include <time.h>

#define JUMP_MS		1000
#define STEADY_MS	(60 * 60 * 1000)
#define UPDATE_MS	(10 * 60 * 1000)
/* What came back is untrusted input: later than any clock that was right. */
#define NOTE_MAX	(INT64_C(1) << 53)

static int64_t read_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

int64_t clock_boot_ms(void)
{
	return read_ms(CLOCK_BOOTTIME);
}

struct clock_reading clock_read(void)
{
	struct timex t = { 0 };
	/* Who may not ask takes it for not synchronised. */
	int state = adjtimex(&t);

	return (struct clock_reading){
		.real_ms = read_ms(CLOCK_REALTIME),
		.boot_ms = clock_boot_ms(),
		.is_synchronized = state >= 0 && state != TIME_ERROR,
	};
}

void clock_start(struct clock *c, int64_t noted, int64_t noted_boot_ms,
		 const struct clock_reading *now)
{
	*c = (struct clock){
		.ms = now->real_ms,
		.last = *now,
		.steady_since = now->boot_ms,
	};
	if (noted <= 0 || noted > NOTE_MAX || now->is_synchronized)
		return;
	/* The same kernel: it is known how long nobody wrote notes. */
	if (noted_boot_ms >= 0 && noted_boot_ms <= now->boot_ms)
		c->ms = noted + (now->boot_ms - noted_boot_ms);
	else if (noted > now->real_ms || now->real_ms - noted > UPDATE_MS)
		c->ms = noted;
}

void clock_follow(struct clock *c, const struct clock_reading *now)
{
	int64_t passed = now->boot_ms - c->last.boot_ms;
	int64_t jump = now->real_ms - c->last.real_ms - passed;

	if (jump > JUMP_MS || jump < -JUMP_MS)
		c->steady_since = now->boot_ms;
	c->last = *now;
	c->ms += passed;
	if (now->is_synchronized || now->boot_ms - c->steady_since >= STEADY_MS)
		c->ms = now->real_ms;
}

int64_t clock_now(const struct clock *c)
{
	return c->ms + (clock_boot_ms() - c->last.boot_ms);
}

/* -- The note -------------------------------------------------------------- */

/* Which kernel this is. Zeros if that cannot be told: then never the same. */
static void read_boot_id(uint64_t ret[2])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	unsigned int a, b, c, d;
	unsigned long long e;

	ret[0] = ret[1] = 0;
	if (!f)
		return;
	if (fscanf(f, "%8x-%4x-%4x-%4x-%12llx", &a, &b, &c, &d, &e) == 5) {
		ret[0] = (uint64_t)a << 32 | b << 16 | c;
		ret[1] = (uint64_t)d << 48 | e;
	}
	fclose(f);
}

static void put(kv_word *w, uint64_t value)
{
	atomic_store_explicit(w, value, memory_order_relaxed);
}

/* Cut off in the middle the note is wrong by a moment, or without its kernel. */
static void note(const struct clock *c, struct store *s)
{
	put(&s->header->clock_ms, (uint64_t)c->ms);
	put(&s->header->clock_boot_ms, (uint64_t)c->last.boot_ms);
}

void clock_open(struct clock *c, struct store *s)
{
	struct clock_reading now = clock_read();
	struct kv_header *h = s->header;
	uint64_t id[2];
	bool same;

	read_boot_id(id);
	same = id[0] && word_get(&h->clock_boot_id[0]) == id[0] &&
	       word_get(&h->clock_boot_id[1]) == id[1];
	clock_start(c, (int64_t)word_get(&h->clock_ms),
		    same ? (int64_t)word_get(&h->clock_boot_ms) : -1, &now);
	note(c, s);
	put(&h->clock_boot_id[0], id[0]);
	put(&h->clock_boot_id[1], id[1]);
}

void clock_tick(struct clock *c, struct store *s)
{
	struct clock_reading now = clock_read();

	clock_follow(c, &now);
	note(c, s);
}
