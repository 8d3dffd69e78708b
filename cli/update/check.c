// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "doctor/examine.h"
#include "machine/text.h"
#include "update/update.h"

#define SMALLEST_SYSTEM (UINT64_C(256) << 20)

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

	if (uname(&name) < 0 || strcmp(name.machine, "x86_64") != 0 ||
	    !update->image.is_64_bit) {
		answer_no(answer, "The image is not one for x86-64.");
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
	unsigned char *kernel;
	size_t size;
	int err = formats_of_this(&now);

	if (err < 0 || !now.count) {
		answer_no(answer, "This kernel says of no format that it "
				  "writes it: it has no live update, or not "
				  "our patches.");
		answer_remedy(answer, "Boot a kernel with the patches.");
		return;
	}
	err = image_unpack(&update->image, &kernel, &size);
	if (!err) {
		err = formats_of_kernel(kernel, size, &next);
		free(kernel);
	}
	if (!err)
		compare(answer, &now, &next);
	else if (err == -EOPNOTSUPP)
		answer_unknown(answer,
			       "The image is compressed in a way that cannot "
			       "be undone here (xz and zstd need the tools of "
			       "that name).");
	else
		answer_no(answer, "The image is damaged: %s.", strerror(-err));
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

/* "kho=on" among the words of a command line. */
static bool has_word(const char *line, const char *word, bool begins)
{
	size_t length = strlen(word);

	while (*line) {
		size_t size = strcspn(line, " \t\n");

		if ((size == length || (begins && size > length)) &&
		    !strncmp(line, word, length))
			return true;
		line += size;
		line += strspn(line, " \t\n");
	}
	return false;
}

static void check_parameters(struct update *update)
{
	struct answer *answer =
		answer_add(&update->answers, "next.parameters",
			   "The next command line has what a live update "
			   "needs.");
	const char *line = update->parameters;

	if (!has_word(line, "kho=on", false) ||
	    !has_word(line, "liveupdate=on", false)) {
		answer_no(answer,
			  "%s is missing: the next kernel would not "
			  "look at what it is given.",
			  has_word(line, "kho=on", false) ? "liveupdate=on" :
							    "kho=on");
		answer_remedy(answer, "--append='... kho=on liveupdate=on "
				      "hugetlb_preserve=on'");
	} else if (!has_word(line, "hugetlb_preserve=on", false) &&
		   !has_word(line, "hugepages=", true)) {
		answer_text(answer, "pools",
			    "only what is preserved; hugetlb_preserve=on keeps "
			    "their size");
	} else {
		answer_text(answer, "pools",
			    has_word(line, "hugetlb_preserve=on", false) ?
				    "as now" :
				    "as hugepages= says, what is preserved in "
				    "it");
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
	    has_word(update->parameters, "nogbpages", false)) {
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

static void check_crash(struct update *update)
{
	struct answer *answer =
		answer_add(&update->answers, "next.crash",
			   "A crash kernel that is there will be there again.");
	uint64_t loaded = 0;

	(void)read_number(&hp_sys_linux, "/sys/kernel/kexec_crash_loaded",
			  &loaded);
	answer_text(answer, "now", loaded ? "loaded" : "none");
	if (!loaded || has_word(update->parameters, "crashkernel=", true))
		return;
	answer_no(answer, "A crash kernel is loaded, and the next command line "
			  "has no crashkernel=.");
	answer_remedy(answer, "Add crashkernel= as it is in /proc/cmdline.");
}

static void check_initrd(struct update *update)
{
	struct answer *answer =
		answer_add(&update->answers, "next.initrd",
			   "The initrd can be read, and none comes back at "
			   "shutdown.");
	struct stat st;

	if (access("/run/initramfs/.need_shutdown", F_OK) == 0) {
		answer_no(answer, "The initrd of this boot comes back at "
				  "shutdown (/run/initramfs/.need_shutdown): "
				  "systemd hands nothing over then.");
		answer_remedy(answer, "Use an initrd without dracut's "
				      "shutdown module, and reboot.");
		return;
	}
	if (!update->initrd_path) {
		answer_text(answer, "initrd", "none");
		return;
	}
	if (access(update->initrd_path, R_OK) < 0 ||
	    stat(update->initrd_path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    !st.st_size) {
		answer_no(answer, "The initrd cannot be read, or is empty.");
		answer_remedy(answer, "Make it: dracut, or "
				      "update-initramfs -u.");
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
	if (loaded) {
		answer_no(answer,
			  "A kernel is loaded already, and it cannot be "
			  "seen by which call: an image of the old call "
			  "loses everything.");
		answer_remedy(answer, "Unload it: kexec -u.");
	} else if (file_says("/etc/default/kexec", "LOAD_KEXEC=true")) {
		answer_no(answer,
			  "kexec-tools loads a kernel with the old call "
			  "at shutdown (LOAD_KEXEC=true), which loses "
			  "everything.");
		answer_remedy(answer, "Set LOAD_KEXEC=false in "
				      "/etc/default/kexec.");
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

static void check_session(struct update *update,
			  const struct held_session *session)
{
	char id[40];
	struct answer *answer;
	const struct life *life = &session->lives.kexec;

	(void)snprintf(id, sizeof(id), "held.%.34s", held_title(session));
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
	} else {
		update_try(update, session, answer);
	}
	if (update_may_lose(update, session) &&
	    !answer_is(answer, ANSWER_YES)) {
		answer_text(answer, "lose", "as it was asked for");
		answer->kind = ANSWER_YES;
	}
}

void update_check(struct update *update)
{
	struct answers doctor;
	const struct doctor_opts opts = { .page_size = HP_PAGE_2M,
					  .length = HP_PAGE_2M };

	update->answers = (struct answers){ .sys = &hp_sys_linux };
	(void)doctor_examine(&machine_linux, &opts, &doctor);
	check_whole(update);
	check_machine(update);
	check_formats(update);
	check_signed(update, &doctor);
	check_parameters(update);
	check_pages(update);
	check_memory(update);
	check_crash(update);
	check_initrd(update);
	check_load(update, &doctor);
	check_free(update);
	check_seen(update);
	for (struct held_session *s = update->held.sessions; s; s = s->next)
		check_session(update, s);
	answers_free(&doctor);
}
