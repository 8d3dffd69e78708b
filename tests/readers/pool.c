/* A buffer pool for two tenants that outlives its program. All zero is a valid
 * empty pool. Each 2 MiB chunk is one 8 KiB head (entries) and 255 pages, so a
 * memory error in a huge page costs that chunk only. A put writes a free slot,
 * publishes its key (one 8-byte release store), then clears the old slot: after
 * a crash at any store the old or the new version is whole; the higher seq wins. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <hugepersist/hugepersist.h>
#define PAGE 8192u
#define CHUNK HP_PAGE_2M
#define PER 255u
#define TOKEN UINT64_C(1)
#define LAYOUT UINT64_C(0x504f4f4c0001)
#define MAGIC UINT64_C(0x314c4f4f50425048)

struct entry { uint64_t key, seq, sum, len; };	/* key: block << 1 | valid */
struct head { uint64_t magic, tenant, index, unused; struct entry e[PER]; };
_Static_assert(sizeof(struct head) == PAGE, "head");
struct pool {
	struct hp_session *session;
	struct hp_region *region;
	unsigned char *base;
	uint64_t tenant, slots, seq, mask, nfree;
	uint64_t *ikey, *islot, *iseq, *freelist;	/* in the heap, rebuilt */
	bool warm, ready, stay;
};
static volatile sig_atomic_t stop, guarded;
static sigjmp_buf guard_env;
static void on_stop(int s) { (void)s; stop = 1; }
static void on_bus(int s) { if (guarded) siglongjmp(guard_env, 1); signal(s, SIG_DFL); }
#define GUARD(op) do { \
	if (sigsetjmp(guard_env, 0)) { guarded = 0; return -EHWPOISON; } \
	guarded = 1; atomic_signal_fence(memory_order_seq_cst); \
	op; \
	atomic_thread_fence(memory_order_seq_cst); guarded = 0; /* later stores stay later */ \
} while (0)
static int safe_copy(void *dst, const void *src, size_t n)
{ GUARD(memcpy(dst, src, n)); return 0; }
static int safe_store(uint64_t *p, uint64_t v)
{ GUARD(atomic_store_explicit((_Atomic uint64_t *)p, v, memory_order_release)); return 0; }
static void notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = path ? strlen(path) : 0;
	int fd = n && n < sizeof(a.sun_path) ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	if (fd < 0) return;
	memcpy(a.sun_path, path, n);
	a.sun_path[0] = path[0] == '@' ? 0 : path[0];
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		fprintf(stderr, "notify: %s\n", strerror(errno));
	close(fd);
}
static int on_wait(void *c, const struct hp_wait *w) { (void)c; (void)w; notify("EXTEND_TIMEOUT_USEC=30000000"); return stop; }
static void on_log(void *c, int prio, const char *m) { fprintf(stderr, "<%d>%s: %s\n", prio, (char *)c, m); }
/* Is it an error that passes, and may we wait for it? */
static bool again(int err, const char *what)
{
	if (err) fprintf(stderr, "%s: %s\n", what, hp_strerror(err));
	if (hp_error_class(err) != HP_ERROR_AGAIN || stop || err == -ECANCELED || err == -EMFILE) return false;
	on_wait(NULL, NULL); nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	return !stop;
}
#define RETRY(call, what) do { err = (call); } while (again(err, what))
static struct head *head_of(struct pool *p, uint64_t slot) { return (struct head *)(p->base + slot / PER * CHUNK); }
static struct entry *entry_of(struct pool *p, uint64_t slot) { return &head_of(p, slot)->e[slot % PER]; }
static unsigned char *page_of(struct pool *p, uint64_t slot) { return (unsigned char *)head_of(p, slot) + (1 + slot % PER) * PAGE; }
static uint64_t mix(uint64_t h, uint64_t v) { h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15); return h ^ h >> 29; }
static uint64_t sum_of(const struct pool *p, const struct entry *e, const unsigned char *data)
{
	uint64_t v, h = mix(mix(mix(mix(MAGIC, p->tenant), e->key), e->seq), e->len);
	for (uint64_t i = 0; i < e->len; i += 8)
		h = mix(h, (v = 0, memcpy(&v, data + i, e->len - i < 8 ? e->len - i : 8), v));
	return h;
}
static uint64_t find(const struct pool *p, uint64_t key)
{
	uint64_t i = mix(MAGIC, key) & p->mask;
	while (p->ikey[i] && p->ikey[i] != key) i = (i + 1) & p->mask;
	return i;
}
/* Copies out and checks one page: 0, -EHWPOISON, -EBADMSG (torn or damaged). */
static int read_slot(struct pool *p, uint64_t slot, struct entry *e, unsigned char *buf)
{
	int err = safe_copy(e, entry_of(p, slot), sizeof(*e));
	if (err) return err;
	if (!(e->key & 1) || e->len > PAGE) return -EBADMSG;
	err = safe_copy(buf, page_of(p, slot), e->len);
	return err ? err : sum_of(p, e, buf) == e->sum ? 0 : -EBADMSG;
}
static void free_slot(struct pool *p, uint64_t slot, uint64_t key)
{ if (!key || !safe_store(&entry_of(p, slot)->key, 0)) p->freelist[p->nfree++] = slot; }
static bool head_is_ours(const struct pool *p, const struct head *h, uint64_t c)
{ return h->magic == MAGIC && h->tenant == p->tenant && h->index == c; }
/* Memory that no manifest lists: is it a pool of this tenant? */
static int judge(struct pool *p, uint64_t chunks)
{
	struct head h;
	while (chunks-- > 0)
		if (!safe_copy(&h, p->base + chunks * CHUNK, sizeof(h)) && h.magic && !head_is_ours(p, &h, chunks)) return -EUCLEAN;
	return 0;
}
static int recover(struct pool *p, bool trusted)
{
	static unsigned char buf[PAGE];
	static struct head h;
	uint64_t n = 16, s, i, lost = 0;
	while (n < 2 * p->slots) n *= 2;
	p->mask = n - 1;
	p->ikey = calloc(n, 8), p->islot = calloc(n, 8), p->iseq = calloc(n, 8), p->freelist = calloc(p->slots, 8);
	if (!p->ikey || !p->islot || !p->iseq || !p->freelist)
		return free(p->ikey), free(p->islot), free(p->iseq), free(p->freelist), -ENOMEM;
	for (s = p->slots; s-- > 0;) {
		uint64_t c = s / PER;
		struct entry e;
		if (s % PER == PER - 1 && (safe_copy(&h, head_of(p, s), sizeof(h)) || (h.magic && !head_is_ours(p, &h, c)))) {
			fprintf(stderr, "tenant %d: chunk %llu is unusable\n", (int)p->tenant, (unsigned long long)c);
			s = c * PER;	/* left alone, not used */
			continue;
		}
		e = h.e[s % PER];
		int err = !h.magic || !e.key || trusted ? 0 : read_slot(p, s, &e, buf);
		lost += err != 0;
		if (!h.magic || !e.key || err) {
			if (err != -EHWPOISON) free_slot(p, s, e.key);
			continue;
		}
		p->seq = e.seq > p->seq ? e.seq : p->seq;
		i = find(p, e.key);
		bool newer = !p->ikey[i] || p->iseq[i] < e.seq;
		if (p->ikey[i]) free_slot(p, newer ? p->islot[i] : s, e.key);
		if (newer) p->ikey[i] = e.key, p->islot[i] = s, p->iseq[i] = e.seq;
	}
	if (lost) fprintf(stderr, "tenant %d: %llu pages not trusted\n", (int)p->tenant, (unsigned long long)lost);
	return 0;
}
static int pool_get(struct pool *p, uint64_t block, unsigned char *buf, uint64_t *len)
{
	struct entry e;
	uint64_t i = find(p, block << 1 | 1);
	if (block >> 63 || !p->ikey[i]) return -ENOENT;
	int err = read_slot(p, p->islot[i], &e, buf);
	*len = err ? 0 : e.len;
	return err ? err : e.key != p->ikey[i] ? -EBADMSG : 0;
}
static int pool_put(struct pool *p, uint64_t block, const void *text, uint64_t len)
{
	struct entry e = { .key = block << 1 | 1, .len = len };
	uint64_t i = find(p, e.key);
	if (block >> 63 || len > PAGE) return -EINVAL;
	/* The last free slot is for new versions of blocks that are there. */
	while (p->nfree > (p->ikey[i] ? 0u : 1u)) {
		uint64_t s = p->freelist[--p->nfree];
		struct head *h = head_of(p, s);
		struct entry body = { .seq = e.seq = ++p->seq, .len = len };
		body.sum = sum_of(p, &e, text);
		if (safe_store(&h->tenant, p->tenant) || safe_store(&h->index, s / PER) || safe_store(&h->magic, MAGIC) ||
		    safe_copy(page_of(p, s), text, len) || safe_copy(entry_of(p, s), &body, sizeof(body)) ||
		    safe_store(&entry_of(p, s)->key, e.key))
			continue;	/* a slot that faults is not used again */
		if (p->ikey[i]) free_slot(p, p->islot[i], e.key);
		p->ikey[i] = e.key, p->islot[i] = s, p->iseq[i] = e.seq;
		return 0;
	}
	return -ENOSPC;
}
/* Seals if the content is consistent. stay: this process must live on. */
static int pool_close(struct pool *p)
{
	int err = 0, e2;
	if (!p->session) return 0;
	for (int i = 0; p->ready && i < 5 && (err = hp_session_seal(p->session)) && hp_error_class(err) == HP_ERROR_AGAIN; i++) sleep(1);
	if (err) fprintf(stderr, "seal: %s\n", hp_strerror(err));
	e2 = hp_session_close(p->session), p->stay = e2 == -EBUSY;
	if (e2) fprintf(stderr, "close: %s\n", hp_strerror(e2));
	p->session = NULL;
	return err ? err : p->stay ? 0 : e2;
}
static int pool_open(struct pool *p, unsigned int tenant, uint64_t bytes, bool shmem)
{
	char name[16];
	int err;
	struct hp_session_info info = { .size = sizeof(info) };
	struct hp_region_opts ro = { .size = sizeof(ro), .layout = LAYOUT, .flags = HP_REGION_MUST_EXIST };
	struct hp_session_opts so = { .size = sizeof(so), .populate_threads = 4, .wait = on_wait, .log = on_log, .log_context = (void *)"hugepersist" };
	*p = (struct pool){ .tenant = tenant }; snprintf(name, sizeof(name), "pool-%u", tenant);
	RETRY(hp_session_open(name, &so, &p->session), name);
	if (err) return err;
	RETRY(hp_session_info(p->session, &info), "info");
	if (err) goto fail;
	bool trusted = info.sealed;
	/* As it is, if it came back; another layout is -ESTALE: not ours to touch. */
	RETRY(hp_region_open(p->session, TOKEN, 0, &ro, &p->region), "region");
	if (err == -EBADMSG || err == -ENOMSG) {
		trusted = false, ro.flags |= HP_REGION_UNLISTED, ro.layout = 0;
		RETRY(hp_region_open(p->session, TOKEN, 0, &ro, &p->region), "unlisted region");
		if (!err) {
			p->base = hp_region_address(p->region);
			err = judge(p, hp_region_length(p->region) / CHUNK);
			if (!err) RETRY(hp_region_set_layout(p->region, LAYOUT), "layout");
		}
		int found = err;
		if (!err || err == -ENOENT || err == -ENODATA) {
			RETRY(hp_session_commit(p->session, HP_COMMIT_DROP), "commit");
			err = err ? err : found;
		}
	}
	if (err == -ENOENT || err == -ENODATA) {
		ro.layout = LAYOUT, ro.flags = shmem ? HP_REGION_SHMEM : 0, ro.page_size = shmem ? HP_PAGE_2M : 0;
		RETRY(hp_region_open(p->session, TOKEN, bytes, &ro, &p->region), "new region");
	}
	if (err) goto fail;
	p->warm = !hp_region_is_new(p->region);
	if (hp_region_origin(p->region) == HP_ORIGIN_LOST) fprintf(stderr, "%s: the old memory is lost\n", name);
	ro = (struct hp_region_opts){ .size = sizeof(ro), .flags = HP_REGION_MAY_MOVE };
	if (hp_region_length(p->region) < bytes) {	/* if not now, the next start */
		int gerr = hp_region_grow(p->region, bytes, &ro);
		if (gerr) fprintf(stderr, "%s: stays small: %s\n", name, hp_strerror(gerr));
	}
	/* Zero is a valid pool, so nothing to make before; after it no touch can fail. */
	RETRY(hp_session_preserve(p->session), "preserve");
	if (err) goto fail;
	p->base = hp_region_address(p->region);
	p->slots = hp_region_length(p->region) / CHUNK * PER;
	RETRY(recover(p, trusted), "heap");
	if (err) goto fail;
	p->ready = true;
	if (!hp_session_info(p->session, &info) && info.outlives_kexec != HP_YES) fprintf(stderr, "%s: kexec: %s\n", name, info.kexec_reason ? info.kexec_reason : "?");
	return 0;
fail:	pool_close(p);
	return err;
}
static bool serve(struct pool *pools, char *line)
{
	static unsigned char buf[PAGE];
	char *end, *end2;
	uint64_t len = 0; if (!strcmp(line, "quit")) return false;
	bool put = !strncmp(line, "put ", 4);
	unsigned long long t = strtoull(line + (strlen(line) < 4 ? 0 : 4), &end, 10), b = strtoull(end, &end2, 10);
	if ((!put && strncmp(line, "get ", 4)) || end2 == end || t > 1 || (*end2 && *end2 != ' '))
		return puts("error bad command"), !fflush(stdout);
	end2 += *end2 == ' ';
	int err = put ? pool_put(&pools[t], b, end2, strlen(end2)) : pool_get(&pools[t], b, buf, &len);
	if (put) {
		printf("%s%s\n", err ? "error " : "ok", err ? strerror(-err) : "");
	} else {
		if (err && err != -ENOENT) fprintf(stderr, "tenant %llu block %llu is damaged: %s\n", t, b, strerror(-err));
		printf(err ? "none\n" : "value %.*s\n", (int)len, (char *)buf);
	}
	return !fflush(stdout);
}
int main(int argc, char **argv)
{
	static struct pool pools[2];
	static char in[2 * PAGE];
	struct sigaction sa = { .sa_handler = on_stop }, bus = { .sa_handler = on_bus, .sa_flags = SA_NODEFER };
	uint64_t bytes = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	sigset_t block, open_mask;
	size_t have = 0; int err = 0;
	if (!bytes || bytes > UINT64_MAX / 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "shmem"))) return fprintf(stderr, "usage: pool BYTES_PER_TENANT [shmem]\n"), 2;
	bytes = (bytes + CHUNK - 1) / CHUNK * CHUNK;
	sigaction(SIGTERM, &sa, NULL), sigaction(SIGINT, &sa, NULL), sigaction(SIGBUS, &bus, NULL), signal(SIGPIPE, SIG_IGN);
	for (unsigned int t = 0; t < 2 && !err; t++)
		if ((err = pool_open(&pools[t], t, bytes, argc == 3))) fprintf(stderr, "pool-%u: %s\n", t, hp_strerror(err));
	sigemptyset(&block), sigaddset(&block, SIGTERM), sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, &open_mask);
	if (stop && hp_error_class(err) == HP_ERROR_AGAIN) err = 0;	/* told to stop while it waited */
	bool run = !err && pools[1].ready;
	if (run) notify("READY=1"), printf("ready %s %s\n", pools[0].warm ? "WARM" : "NEW", pools[1].warm ? "WARM" : "NEW");
	run = !fflush(stdout) && run;
	while (run && !stop) {
		struct pollfd pfd = { .fd = 0, .events = POLLIN };
		if (ppoll(&pfd, 1, NULL, &open_mask) < 0) continue;
		ssize_t n = read(0, in + have, sizeof(in) - 1 - have);
		if (n <= 0) break;
		have += (size_t)n;
		char *at = in, *nl;
		while (run && (nl = memchr(at, '\n', have - (size_t)(at - in)))) *nl = 0, run = serve(pools, at), at = nl + 1;
		have -= (size_t)(at - in);
		memmove(in, at, have);	/* a full buffer without a line ends the input */
	}
	int e0 = pool_close(&pools[0]), e1 = pool_close(&pools[1]);
	err = err ? err : e0 ? e0 : e1;
	if (pools[0].stay || pools[1].stay)	/* our exit would end the memory */
		fprintf(stderr, "sealed; this process holds the memory until the kexec (signal again: give it up)\n"), stop = 0;
	while ((pools[0].stay || pools[1].stay) && !stop) sigsuspend(&open_mask);
	return err != 0;
}
