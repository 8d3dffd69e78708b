// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "doctor/examine.h"
#include "doctor/host.h"
#include "machine/parameters.h"
#include "machine/text.h"
#include "update/update.h"

#define PAGES "page-shift:"
#define SMALLEST_SYSTEM (UINT64_C(256) << 20)
/* Bytes that the kernel needs for a base page, at least */
#define STRUCT_PAGE 64

/* -- The image ------------------------------------------------------------- */

static void check_whole(struct update *update)
{
	struct answer *answer = answer_add(&update->answers, "image.whole",
					   "The image is complete.");
	size_t size = update->image.size, whole = update->image.whole;

	answer_text(answer, "kernel", update->image.version);
	answer_number(answer, "size", size, "bytes");
	if (size >= whole)
		return;
	answer_no(answer,
		  "The file has %zu bytes, and its header says %zu: it is cut "
		  "off. The kernel would take it, and not boot.",
		  size, whole);
	answer_remedy(answer, "Copy or install the kernel again.");
}

static void check_machine(struct update *update)
{
	struct answer *answer = answer_add(&update->answers, "image.machine",
					   "The image is for this machine.");
	struct utsname name;

	if (uname(&name) < 0 ||
	    strcmp(name.machine, update->image.machine) != 0) {
		answer_no(answer,
			  "The image is for machines of the kind %s, and this "
			  "one is of the kind %s.",
			  update->image.machine, name.machine);
		answer_remedy(answer, "Give a kernel for this machine.");
	}
}

static void compare(struct answer *answer, const struct formats *now,
		    const struct formats *next)
{
	const struct format *missing = formats_missing(now, next);

	answer_number(answer, "formats", now->count, "formats");
	if (!next->count) {
		answer_no(answer, "The image says of no format that it speaks "
				  "it: it has no live update, or not our "
				  "patches.");
		answer_remedy(answer, "Give a kernel with the patches and "
				      "CONFIG_LIVEUPDATE.");
	} else if (missing && !strncmp(missing->text, PAGES, strlen(PAGES))) {
		answer_no(answer, "The base pages of the next kernel have "
				  "another size: it would misread all that it "
				  "is given.");
		answer_remedy(answer,
			      "Give a kernel with base pages of %d KiB.",
			      getpagesize() >> 10);
	} else if (missing) {
		answer_no(answer,
			  "This kernel writes '%s', and the next one does not "
			  "read it.",
			  missing->text);
		answer_remedy(answer, "Give a kernel of the same version of "
				      "the patches.");
	}
}

static void check_formats(struct update *update)
{
	struct answer *answer =
		answer_add(&update->answers, "image.formats",
			   "The next kernel reads what this one writes.");
	struct formats now, next;
	int err = formats_of_this(&now);

	if (err < 0 || !now.count) {
		answer_no(answer, "This kernel says of no format that it "
				  "writes it: it has no live update, or not "
				  "our patches.");
		answer_remedy(answer, "Boot a kernel with the patches.");
		return;
	}
	err = formats_of_image(&update->image, &next);
	if (!err)
		compare(answer, &now, &next);
	else if (err == -EOPNOTSUPP)
		answer_unknown(answer,
			       "The image is compressed in a way that cannot "
			       "be undone here (xz and zstd need the tools of "
			       "that name).");
	else
		answer_no(answer, "The image is damaged.");
	if (err)
		answer_remedy(answer, "Give an image that can be read.");
}

static void check_signed(struct update *update, const struct answers *doctor)
{
	struct answer *answer = answer_add(&update->answers, "image.signed",
					   "The kernel takes the image without "
					   "a signature, or it has one.");
	const struct answer *unsigned_ok =
		answer_find(doctor, "kexec.unsigned");

	/* What is not known the load tells, and it refuses before any loss. */
	if (!unsigned_ok || !answer_is(unsigned_ok, ANSWER_NO) ||
	    update->image.is_signed)
		return;
	answer_copy(answer, unsigned_ok);
	answer_remedy(answer, "Give an image with a signature that this "
			      "kernel trusts.");
}

/* -- The next kernel ------------------------------------------------------- */

/* now: the command line of this kernel; NULL: it cannot be read */
static bool lacks_root(const char *line, const char *now)
{
	return now && parameter_is_there(now, "root=") &&
	       !parameter_is_there(line, "root=");
}

static void check_parameters(struct update *update, const char *now)
{
	struct answer *answer =
		answer_add(&update->answers, "next.parameters",
			   "The next command line has what a live update "
			   "needs.");
	const char *line = update->parameters;
	bool kho = parameter_wish(line, "kho") == PARAMETER_ON;
	bool pools = parameter_wish(line, "hugetlb_preserve") == PARAMETER_ON;

	if (!kho || parameter_wish(line, "liveupdate") != PARAMETER_ON) {
		answer_no(answer,
			  "%s is missing: the next kernel would not "
			  "look at what it is given.",
			  kho ? "liveupdate=on" : "kho=on");
		answer_remedy(answer,
			      "--append is the whole line: that of this kernel "
			      "with kho=on liveupdate=on hugetlb_preserve=on.");
	} else if (lacks_root(line, now)) {
		answer_no(answer, "root= is missing, which this kernel has: "
				  "the next one would find no root.");
		answer_remedy(answer, "--append is the whole line: give root= "
				      "too, or use --reuse-cmdline.");
	} else if (!pools && !parameter_is_there(line, "hugepages=")) {
		answer_text(answer, "pools",
			    "only what is preserved; hugetlb_preserve=on keeps "
			    "their size");
	} else {
		answer_text(answer, "pools",
			    pools ? "as now" :
				    "as hugepages= says, what is preserved in "
				    "it");
	}
}

/* A kernel with less memory than that in which pages are held ends at once. */
static void check_bounds(struct update *update, const char *now)
{
	static const char *const bounds[] = { "mem=", "memmap=" };
	struct answer *answer =
		answer_add(&update->answers, "next.bounds",
			   "The next kernel uses the memory that this one "
			   "uses.");

	if (!now) {
		answer_unknown(answer, "/proc/cmdline cannot be read.");
		return;
	}
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		if (parameters_agree(update->parameters, now, bounds[i]))
			continue;
		answer_no(answer,
			  "%s is not as on the command line of this kernel: "
			  "what is held may lie outside, and the next kernel "
			  "would end without a word.",
			  bounds[i]);
		answer_remedy(answer,
			      "Give the next kernel the same %s, or use "
			      "--reuse-cmdline.",
			      bounds[i]);
		return;
	}
}

static uint64_t largest_page(const struct held *held)
{
	uint64_t largest = 0;

	for (struct held_session *s = held->sessions; s; s = s->next)
		for (unsigned int i = 0; i < s->region_count; i++)
			if (s->regions[i].listed &&
			    s->regions[i].entry.page_size > largest)
				largest = s->regions[i].entry.page_size;
	return largest;
}

static void check_pages(struct update *update)
{
	struct answer *answer =
		answer_add(&update->answers, "next.pages",
			   "The next kernel has the page sizes of all that is "
			   "held.");
	uint64_t largest = largest_page(&update->held);

	if (largest)
		answer_text(answer, "largest", size_text(largest).text);
	/* x86: a kernel without 1 GiB pages is one without this word. */
	if (largest >= HP_PAGE_1G &&
	    parameter_is_there(update->parameters, "nogbpages")) {
		answer_no(answer, "nogbpages: the next kernel has no pages of "
				  "1 GiB.");
		answer_remedy(answer, "Take nogbpages out of the command "
				      "line.");
	}
}

static void check_memory(struct update *update)
{
	struct answer *answer =
		answer_add(&update->answers, "next.memory",
			   "There is memory for the next kernel beside what is "
			   "held.");
	uint64_t total =
		(uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)getpagesize();
	uint64_t held = 0;

	for (struct held_session *s = update->held.sessions; s; s = s->next)
		held += s->bytes;
	answer_number(answer, "total", total, "bytes");
	answer_number(answer, "held", held, "bytes");
	if (total > held && total - held >= SMALLEST_SYSTEM)
		return;
	answer_no(answer, "Less than 256 MiB would be left for it.");
	answer_remedy(answer, "Give memory up: hugepersist drop.");
}

/* The memory that the next kernel begins in, or 0 if nothing says how much it is. */
static uint64_t scratch(void)
{
	FILE *file = fopen("/sys/kernel/debug/kho/out/scratch_len", "re");
	uint64_t part, sum = 0;

	if (!file)
		return 0;
	while (fscanf(file, "%" SCNx64, &part) == 1)
		sum += part;
	(void)fclose(file);
	return sum;
}

static void check_scratch(struct update *update)
{
	struct answer *answer =
		answer_add(&update->answers, "next.scratch",
			   "The next kernel has room to begin in: its struct "
			   "pages fit into the scratch memory.");
	uint64_t room = scratch();
	uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES) * STRUCT_PAGE;

	if (!room) {
		answer_text(answer, "scratch",
			    "not shown without debugfs; the kernel sizes it by "
			    "itself, unless kho_scratch= does");
		return;
	}
	answer_number(answer, "scratch", room, "bytes");
	answer_number(answer, "struct pages", pages, "bytes");
	if (room >= pages)
		return;
	answer_no(answer, "If what is held lies in all parts of the memory, "
			  "the next kernel ends before it says a word.");
	answer_remedy(answer,
		      "Reboot without kho_scratch=, or with 20 MiB in it for "
		      "each GiB of memory. After a kexec the old one remains.");
}

static void check_crash(struct update *update)
{
	host_crash(answer_add(&update->answers, "next.crash",
			      "A crash kernel that is there will be there "
			      "again."),
		   update->parameters);
}

static void check_initrd(struct update *update)
{
	struct answer *answer =
		answer_add(&update->answers, "next.initrd",
			   "The initrd can be read, and none comes back at "
			   "shutdown.");

	if (host_comes_back(answer))
		return;
	if (update->initrd_path) {
		host_judge_initrd(answer, update->initrd_path);
	} else if (!update->no_initrd && host_had_initrd()) {
		answer_no(answer, "This kernel was started with an initrd, and "
				  "the next one would have none: it may not "
				  "find its root.");
		answer_remedy(answer, "Give --initrd, or --initrd=none if it "
				      "needs none.");
	} else {
		answer_text(answer, "initrd", "none");
	}
}

/* -- Loading --------------------------------------------------------------- */

static void check_load(struct update *update, const struct answers *doctor)
{
	struct answer *answer = answer_add(
		&update->answers, "kexec.load",
		"This process may load the next kernel (kexec_file_load).");
	const struct answer *may = answer_find(doctor, "kexec.load");

	if (may && !answer_is(may, ANSWER_YES)) {
		answer_copy(answer, may);
		answer_remedy(answer, "%s", may->remedy);
	}
}

static void check_free(struct update *update)
{
	struct answer *answer = answer_add(
		&update->answers, "kexec.free",
		"Nobody else has loaded a kernel, or will before the jump.");
	uint64_t loaded = 0;

	(void)read_number(&hp_sys_linux, "/sys/kernel/kexec_loaded", &loaded);
	if (loaded && update_was_cut_short()) {
		answer_text(answer, "loaded",
			    "by an update that was cut short; it is replaced");
	} else if (loaded) {
		answer_no(answer,
			  "A kernel is loaded already, and it cannot be "
			  "seen by which call: an image of the old call "
			  "loses everything.");
		answer_remedy(answer, "Unload it: kexec -u.");
	} else {
		host_kexec_tools(answer);
	}
}

/* -- What is held ---------------------------------------------------------- */

bool update_may_lose(const struct update *update,
		     const struct held_session *session)
{
	for (unsigned int i = 0; i < update->lose_count; i++) {
		bool many;

		if (held_get(&update->held, update->lose[i], &many) == session)
			return true;
	}
	return false;
}

static void check_seen(struct update *update)
{
	struct answer *answer =
		answer_add(&update->answers, "held.seen",
			   "All that is held could be looked at.");

	if (update->held.complete)
		return;
	answer_unknown(answer, "Not all was seen: %s.", update->held.obstacle);
	answer_remedy(answer, "Be root.");
}

static void let_lose(const struct update *update,
		     const struct held_session *session, struct answer *answer)
{
	if (!answer || answer_is(answer, ANSWER_YES) ||
	    !update_may_lose(update, session))
		return;
	answer_text(answer, "lose", "as it was asked for");
	answer->kind = ANSWER_YES;
}

static void check_session(struct update *update,
			  const struct held_session *session,
			  struct trial *trial)
{
	struct answer *answer;
	char id[sizeof(answer->id)];
	const struct life *life = &session->lives.kexec;

	(void)snprintf(id, sizeof(id), "held.%s", held_title(session));
	answer = answer_add(&update->answers, id, "%s will survive.",
			    held_title(session));
	answer_number(answer, "held", session->bytes, "bytes");
	if (session->lost_count)
		answer_number(answer, "lost_before", session->lost_count,
			      "regions");
	if (life->answer != ANSWER_YES) {
		answer_no(answer, "%s", life->reason);
		answer_remedy(answer, "%s", life->remedy);
	} else if (session->manifest_error) {
		answer_no(answer, "Its manifest cannot be read.");
		answer_remedy(answer, "Drop it, or go on with --lose=%s.",
			      held_title(session));
	} else {
		trial_session(trial, session, answer);
	}
	let_lose(update, session, answer);
}

static void check_save(struct update *update,
		       const struct held_session *session)
{
	struct answer *answer;
	char id[sizeof(answer->id)];

	(void)snprintf(id, sizeof(id), "save.%s", held_title(session));
	answer = answer_add(&update->answers, id,
			    "%s can be saved while its service is stopped.",
			    held_title(session));
	update_check_save(update, session, answer);
	let_lose(update, session, answer);
}

/* The ordinary way: what is not saved is lost. */
static void check_reboot(struct update *update)
{
	check_seen(update);
	for (struct held_session *s = update->held.sessions; s; s = s->next)
		check_save(update, s);
}

void update_check(struct update *update)
{
	char line[4096];
	const char *now = line;
	struct answers doctor;
	struct trial trial = { 0 };
	const struct doctor_opts opts = { .page_size = HP_PAGE_2M,
					  .length = HP_PAGE_2M };

	update->answers = (struct answers){ .sys = &hp_sys_linux };
	if (update->reboot) {
		check_reboot(update);
		return;
	}
	if (hp_sys_linux.read_text("/proc/cmdline", line, sizeof(line)) < 0)
		now = NULL;
	(void)doctor_examine(&machine_linux, &opts, &doctor);
	check_whole(update);
	check_machine(update);
	check_formats(update);
	check_signed(update, &doctor);
	check_parameters(update, now);
	check_bounds(update, now);
	check_pages(update);
	check_memory(update);
	check_scratch(update);
	check_crash(update);
	check_initrd(update);
	check_load(update, &doctor);
	check_free(update);
	trial_device(&trial,
		     answer_add(&update->answers, "kexec.device",
				"/dev/liveupdate can be opened at shutdown."));
	check_seen(update);
	for (struct held_session *s = update->held.sessions; s; s = s->next) {
		check_session(update, s, &trial);
		if (update->save)
			check_save(update, s);
	}
	trial_holes(&trial, answer_add(&update->answers, "held.holes",
				       "There are pages for what the shutdown "
				       "will fill."));
	answers_free(&doctor);
}
