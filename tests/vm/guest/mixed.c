// SPDX-License-Identifier: MIT
/*
 * A service with mixed regions that is killed at random moments, under a
 * manager that keeps its session. What it was promised it writes down in
 * /state/model, which goes to the next kernel beside the memory, and looks
 * whether it is so.
 *
 *	mixed SEED STAGE LAST		one life
 *	mixed reader FD SEED		another process that reads a region
 *
 * A moment is a place between two calls of the library. At each one the life
 * may end with SIGKILL; three times in a kernel at most. In half of the lives
 * another process does that at any time, also in the middle of a call: then what
 * the call was about may or may not have happened.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <hugepersist/hugepersist.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define REGIONS 6
#define LIVES_MOST 4

/* What the next one to look must find; may, while a call is on its way. */
struct promise {
	uint64_t token, length, page_size, seed, layout;
	bool sure;    /* it is preserved */
	bool writing; /* with which bytes, nobody knows */
};

static struct model {
	unsigned int count;
	bool sealed, sure; /* sure: whether or not */
	struct promise regions[REGIONS];
} model;

static uint64_t state;
static int stage, life;
static bool last;
static struct hp_session *s;
static struct hp_region *open_regions[REGIONS];
static struct promise have[REGIONS];
static unsigned int have_count;

__attribute__((noreturn, format(printf, 1, 2))) static void
wrong(const char *format, ...)
{
	FILE *file = fopen("/tmp/wrong", "we");
	va_list args;

	va_start(args, format);
	if (file)
		vfprintf(file, format, args);
	va_end(args);
	if (file)
		fclose(file);
	exit(1);
}

#define OK(call)                                                         \
	do {                                                             \
		int ok_rc = (call);                                      \
		if (ok_rc)                                               \
			wrong("line %d: %s: %d (%s)", __LINE__, #call, \
			      ok_rc, hp_strerror(ok_rc));                \
	} while (0)
#define TRUE(condition)                                                  \
	do {                                                             \
		if (!(condition))                                        \
			wrong("line %d: not so: %s", __LINE__,           \
			      #condition);                               \
	} while (0)

/* splitmix64 */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static unsigned int chance(unsigned int of)
{
	state = mix(state);
	return (unsigned int)(state % of);
}

static void moment(const char *what, unsigned int percent)
{
	if (chance(100) >= percent || life >= LIVES_MOST)
		return;
	printf("mixed: killed %s\n", what);
	raise(SIGKILL);
}

/* -- Bytes ----------------------------------------------------------------- */

#define STRIDE 16384

static void put(void *memory, uint64_t length, uint64_t seed)
{
	for (uint64_t i = 0; i < length; i += STRIDE)
		*(uint64_t *)((char *)memory + i) = mix(seed ^ i);
}

static bool has(const void *memory, uint64_t length, uint64_t seed)
{
	for (uint64_t i = 0; i < length; i += STRIDE)
		if (*(const uint64_t *)((const char *)memory + i) !=
		    mix(seed ^ i))
			return false;
	return true;
}

static int reader(int fd, uint64_t seed)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_READ_ONLY,
	};
	struct hp_region *r;

	OK(hp_region_from_fd(fd, &opts, &r));
	while (has(hp_region_address(r), hp_region_length(r), seed))
		usleep(1000);
	return 1;
}

/* In a child, also if the parent has ended by now (prctl(2)). */
static void end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

static int let_go;

/*
 * Before anything is open: it must not keep a copy of the session. It waits
 * until the session is open: what an open takes from the kernel is the
 * process's alone until the manager has it.
 */
static pid_t start_killer(void)
{
	unsigned int ms = chance(2500);
	bool any = chance(2) && life < LIVES_MOST;
	pid_t self = getpid(), pid;
	int ends[2];

	TRUE(!pipe2(ends, O_CLOEXEC));
	let_go = ends[1];
	if (!any)
		return 0;
	pid = fork();
	TRUE(pid >= 0);
	if (pid)
		return pid;
	end_with(self);
	TRUE(read(ends[0], &any, 1) == 1);
	usleep(ms * 1000);
	printf("mixed: killed at any time\n");
	kill(self, SIGKILL);
	_exit(0);
}

static pid_t start_reader(unsigned int i)
{
	char fd[16], seed[32];
	pid_t self = getpid(), pid = fork();

	TRUE(pid >= 0);
	if (pid)
		return pid;
	/* Across the exec: it holds the region. */
	end_with(self);
	snprintf(fd, sizeof(fd), "%d", dup(hp_region_fd(open_regions[i])));
	snprintf(seed, sizeof(seed), "%llu",
		 (unsigned long long)have[i].seed);
	execl("/bin/mixed", "mixed", "reader", fd, seed, NULL);
	_exit(1);
}

static void kill_reader(pid_t pid)
{
	int status;

	TRUE(!kill(pid, SIGKILL));
	TRUE(waitpid(pid, &status, 0) == pid);
	TRUE(WIFSIGNALED(status)); /* it had nothing to complain about */
}

/* -- The model ------------------------------------------------------------- */

static void save_model(void)
{
	FILE *file = fopen("/state/model.new", "we");

	TRUE(file && fwrite(&model, sizeof(model), 1, file) == 1);
	TRUE(!fclose(file));
	TRUE(!rename("/state/model.new", "/state/model"));
}

static void load_model(void)
{
	FILE *file = fopen("/state/model", "re");

	if (!file)
		return;
	TRUE(fread(&model, sizeof(model), 1, file) == 1);
	fclose(file);
}

static void promise(const struct promise *p)
{
	model.regions[model.count++] = *p;
	model.sealed = false;
	model.sure = true;
	save_model();
}

/* A call begins that changes what is promised; or it is done. */
static void all_sure(bool sure)
{
	for (unsigned int i = 0; i < model.count; i++)
		model.regions[i].sure = sure;
	model.sure = sure;
	save_model();
}

static void withdraw(uint64_t token)
{
	for (unsigned int i = 0; i < model.count; i++)
		if (model.regions[i].token == token)
			model.regions[i--] = model.regions[--model.count];
	model.sealed = false;
	save_model();
}

static bool anything_sure(void)
{
	for (unsigned int i = 0; i < model.count; i++)
		if (model.regions[i].sure)
			return true;
	return false;
}

static struct promise *find(uint64_t token)
{
	for (unsigned int i = 0; i < model.count; i++)
		if (model.regions[i].token == token)
			return &model.regions[i];
	return NULL;
}

/* -- A life ---------------------------------------------------------------- */

static void make_label(char *label, const struct promise *p)
{
	snprintf(label, HP_LABEL_MAX + 1, "region %llu of layout %llu",
		 (unsigned long long)p->token, (unsigned long long)p->layout);
}

static struct hp_session_info ask(void)
{
	struct hp_session_info info = { .size = sizeof(info) };

	OK(hp_session_info(s, &info));
	return info;
}

/* All that was promised is there, and nothing else. */
static void look(void)
{
	struct hp_session_info info = ask();
	struct hp_region_info r = { .size = sizeof(r) };
	bool found[REGIONS] = { false };
	char label[HP_LABEL_MAX + 1];

	OK(info.manifest_error);
	TRUE(!model.sure || info.sealed == model.sealed);
	for (unsigned int i = 0; i < info.region_count; i++) {
		struct promise *p;

		OK(hp_session_region(s, i, &r));
		p = find(r.token);
		TRUE(p && p->length == r.length && p->layout == r.layout);
		TRUE(p->page_size == r.page_size);
		make_label(label, p);
		/* It is that of the layout it was made with. */
		TRUE(!strncmp(r.label, label, 8));
		found[p - model.regions] = true;
	}
	for (unsigned int i = model.count; i-- > 0;) {
		if (found[i])
			continue;
		if (model.regions[i].sure)
			wrong("region %llu is lost",
			      (unsigned long long)model.regions[i].token);
		model.regions[i] = model.regions[--model.count];
		found[i] = found[model.count];
	}
	/* Now it is known, and stays so until the commit. */
	model.sealed = info.sealed;
	all_sure(true);
}

static void take_all(void)
{
	for (unsigned int i = 0; i < model.count; i++) {
		moment("while it reclaims", 6);
		have[i] = model.regions[i];
		OK(hp_region_reclaim(s, have[i].token, NULL,
				     &open_regions[i]));
		have_count++;
		if (!have[i].writing &&
		    !has(hp_region_address(open_regions[i]), have[i].length,
			 have[i].seed))
			wrong("region %llu has other bytes",
			      (unsigned long long)have[i].token);
	}
}

static void returned(void)
{
	pid_t pid = 0;

	look();
	take_all();
	if (have_count && !have[0].writing && chance(2))
		pid = start_reader(0);
	moment("before its commit", 15);
	all_sure(false);
	OK(hp_session_commit(s, 0));
	/* From here to the next preserve there is no promise. */
	model = (struct model){ 0 };
	save_model();
	if (pid)
		kill_reader(pid);
	moment("after its commit", 5);
}

static bool have_token(uint64_t token)
{
	for (unsigned int i = 0; i < have_count; i++)
		if (have[i].token == token)
			return true;
	return false;
}

/* Token 0 is the one of 1 GiB. */
static void create_missing(void)
{
	for (uint64_t token = 0; token < REGIONS; token++) {
		struct hp_region_opts opts = { .size = sizeof(opts) };
		struct promise *p = &have[have_count];
		char label[HP_LABEL_MAX + 1];

		if (have_token(token))
			continue;
		*p = (struct promise){
			.token = token,
			.page_size = token ? HP_PAGE_2M : HP_PAGE_1G,
			.layout = 1,
		};
		p->length = p->page_size * (token ? 1 + chance(4) : 1);
		make_label(label, p);
		opts.page_size = p->page_size;
		opts.label = label;
		opts.layout = 1;
		OK(hp_region_create(s, token, p->length, &opts,
				    &open_regions[have_count]));
		put(hp_region_address(open_regions[have_count]), p->length, 0);
		have_count++;
	}
}

static void change_some(void)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_MAY_MOVE,
	};

	for (unsigned int i = 0; i < have_count; i++) {
		struct hp_region *r = open_regions[i];
		struct promise *p = &have[i];

		if (p->writing) {
			p->writing = false;
			put(hp_region_address(r), p->length, p->seed);
		}
		if (p->token && p->length < 8 * HP_PAGE_2M && !chance(3)) {
			p->length += HP_PAGE_2M;
			OK(hp_region_grow(r, p->length, &opts));
			put(hp_region_address(r), p->length, p->seed);
		}
		if (!chance(2)) {
			p->seed = mix(state);
			put(hp_region_address(r), p->length, p->seed);
		}
		if (!chance(3))
			OK(hp_region_set_layout(r, ++p->layout));
	}
}

static void preserve_all(void)
{
	unsigned int from = chance(have_count), left_out = chance(have_count);

	for (unsigned int n = 0; n < have_count; n++) {
		unsigned int i = (from + n) % have_count;

		moment("while it preserves", 5);
		have[i].sure = false;
		promise(&have[i]);
		OK(hp_region_preserve(open_regions[i]));
		find(have[i].token)->sure = true;
		save_model();
	}
	if (!chance(3)) {
		all_sure(false);
		OK(hp_region_unpreserve(open_regions[left_out]));
		withdraw(have[left_out].token);
		all_sure(true);
		moment("after it left one out", 20);
	}
}

/* As a server goes on: writes, and at times the word that all is well. */
static void serve(void)
{
	unsigned int i = chance(have_count);
	struct promise *p;

	TRUE(ask().stored);
	p = find(have[i].token);
	have[i].seed = mix(state);
	if (p) {
		p->writing = true;
		p->seed = have[i].seed;
		save_model();
	}
	put(hp_region_address(open_regions[i]), have[i].length, have[i].seed);
	if (p) {
		p->writing = false;
		save_model();
	}
	moment("while it serves", 20);
	if (chance(3)) {
		model.sure = false;
		save_model();
		OK(hp_session_seal(s));
		model.sealed = true;
		model.sure = true;
		save_model();
		moment("after its seal", 20);
	}
}

static pid_t killer;

static void stay(void)
{
	if (killer) {
		TRUE(!kill(killer, SIGKILL));
		TRUE(waitpid(killer, NULL, 0) == killer);
	}
	TRUE(close(open("/tmp/ready", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) ==
	     0);
	for (;;)
		pause();
}

static int end(void)
{
	OK(hp_session_abort(s));
	OK(hp_session_close(s));
	return 0;
}

int main(int argc, char **argv)
{
	const char *start = getenv("SERVICE_START"), *spoil = getenv("SPOIL");
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SESSION_SERVICE,
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && !strcmp(argv[1], "reader"))
		return reader(atoi(argv[2]), strtoull(argv[3], NULL, 10));
	if (argc != 4 || !start)
		return 2;
	stage = atoi(argv[2]);
	last = stage == atoi(argv[3]);
	life = atoi(start);
	state = mix(strtoull(argv[1], NULL, 10) ^ mix(stage * 100 + life));
	load_model();
	killer = start_killer();
	OK(hp_session_open("mixed", &opts, &s));
	TRUE(write(let_go, "", 1) == 1);
	printf("mixed: stage %d, life %d: %s, %u promised\n", stage, life,
	       hp_session_returned(s) ? "returned" :
	       ask().inherited	      ? "inherited" :
					"fresh",
	       model.count);
	if (ask().inherited) {
		/* What it preserved is out of its reach until the kexec. */
		TRUE(ask().stored);
		moment("while it waits", 20);
		stay();
	}
	if (hp_session_returned(s))
		returned();
	else if (anything_sure())
		wrong("all of %u regions are lost", model.count);
	else
		model = (struct model){ 0 };
	if (last)
		return end();
	create_missing();
	change_some();
	preserve_all();
	serve();
	/* Control: a byte that is not as promised. */
	if (spoil && atoi(spoil) && atoi(spoil) <= stage)
		for (unsigned int i = 0; i < have_count; i++)
			*(char *)hp_region_address(open_regions[i]) ^= 1;
	stay();
}
