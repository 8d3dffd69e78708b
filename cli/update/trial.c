// SPDX-License-Identifier: MIT
/*
 * The trial: what the kernel would refuse at the last moment is known before.
 * systemd-shutdown preserves each file that a store has; so does this.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/text.h"
#include "source/luo.h"
#include "system/pool.h"
#include "update/update.h"

#define DEVICE_TRIES 30 /* of 100 ms: programs open it for a moment only */

/* -- A session of LUO ------------------------------------------------------ */

static int open_device(void)
{
	int device = open(LUO_DEVICE, O_RDWR | O_CLOEXEC);

	for (int i = 0; device < 0 && errno == EBUSY && i < DEVICE_TRIES; i++) {
		(void)usleep(100000);
		device = open(LUO_DEVICE, O_RDWR | O_CLOEXEC);
	}
	return device < 0 ? -errno : device;
}

static int create_session(void)
{
	struct luo_session_arg arg = { .size = sizeof(arg), .fd = -1 };
	uint64_t number = 0;
	int device = open_device(), err = 0;

	if (device < 0)
		return device;
	(void)machine_linux.random(&number, sizeof(number));
	(void)snprintf(arg.name, sizeof(arg.name),
		       "hugepersist-trial-%016" PRIx64, number);
	if (ioctl(device, LUO_CREATE_SESSION, &arg) < 0)
		err = -errno;
	(void)close(device);
	return err < 0 ? err : arg.fd;
}

/* A process that has the device open; 0: none that can be seen. */
static pid_t find_holder(pid_t process, const char *folder)
{
	struct dirent *entry;
	char path[600], link[64];
	pid_t found = 0;
	DIR *dir = opendir(folder);

	while (dir && !found && (entry = readdir(dir)) != NULL) {
		ssize_t length;

		(void)snprintf(path, sizeof(path), "%s/%s", folder,
			       entry->d_name);
		length = readlink(path, link, sizeof(link) - 1);
		link[length > 0 ? length : 0] = '\0';
		if (!strcmp(link, LUO_DEVICE))
			found = process;
	}
	if (dir)
		(void)closedir(dir);
	return found;
}

static pid_t device_holder(void)
{
	struct dirent *entry;
	pid_t found = 0;
	DIR *dir = opendir("/proc");

	while (dir && !found && (entry = readdir(dir)) != NULL) {
		char folder[300];
		pid_t process = (pid_t)atol(entry->d_name);

		(void)snprintf(folder, sizeof(folder), "/proc/%s/fd",
			       entry->d_name);
		if (process > 0)
			found = find_holder(process, folder);
	}
	if (dir)
		(void)closedir(dir);
	return found;
}

void trial_device(struct trial *trial, struct answer *answer)
{
	char name[32] = "";
	pid_t holder;
	int session = create_session();

	if (session >= 0) {
		(void)close(session);
		return;
	}
	trial->blocked = true;
	holder = session == -EBUSY ? device_holder() : 0;
	if (holder) {
		held_process_name(holder, name, sizeof(name));
		answer_no(answer,
			  "Process %ld (%s) has " LUO_DEVICE " open: systemd "
			  "could not open it, and every store would be lost.",
			  (long)holder, name);
		answer_remedy(answer, "End that process.");
		return;
	}
	answer_no(answer, LUO_DEVICE ": %s.", strerror(-session));
	answer_remedy(answer, "Ask hugepersist doctor --try.");
}

/* -- One file -------------------------------------------------------------- */

/* The end of the session takes it back. */
static int try_file(int fd)
{
	struct luo_file_arg arg = { .size = sizeof(arg), .fd = fd, .token = 1 };
	int session = create_session(), err = 0;

	if (session < 0)
		return session;
	if (ioctl(session, LUO_PRESERVE_FD, &arg) < 0)
		err = -errno;
	(void)close(session);
	return err;
}

static void judge(struct answer *answer, const char *what, int err)
{
	if (!err)
		return;
	if (err == -EHWPOISON) {
		/* The kernel leaves the page out; all others come back. */
		answer_text(answer, "poisoned", what);
		return;
	}
	answer_no(answer, "The kernel refuses %s: %s.", what, strerror(-err));
	answer_remedy(answer, "See the kernel's log (dmesg).");
}

static void add_holes(struct trial *trial, uint64_t page_size, uint64_t bytes)
{
	unsigned int i = 0;

	while (i < trial->count && trial->holes[i].page_size != page_size)
		i++;
	if (i == TRIAL_SIZES_MAX)
		return;
	if (i == trial->count)
		trial->holes[trial->count++] = (struct hole){ page_size, 0 };
	trial->holes[i].bytes += bytes;
}

/* Its holes in bytes, or a negative errno. */
static int64_t try_one(const struct held_session *session, uint64_t device,
		       uint64_t inode, const char *what, struct answer *answer)
{
	struct stat st;
	int64_t holes = 0;
	int fd = held_open(session->holder, device, inode);

	if (fd < 0 || fstat(fd, &st) < 0) {
		answer_unknown(answer, "It could not be tried: %s: %s.", what,
			       strerror(fd < 0 ? -fd : errno));
		answer_remedy(answer, "Be root, and ask again.");
	} else if ((uint64_t)st.st_blocks * 512 < (uint64_t)st.st_size) {
		holes = st.st_size - st.st_blocks * 512;
	} else {
		judge(answer, what, try_file(fd));
	}
	if (fd >= 0)
		(void)close(fd);
	return holes;
}

static void try_region(struct trial *trial, const struct held_session *session,
		       const struct held_region *region, struct answer *answer,
		       uint64_t *all)
{
	const struct hp_manifest_entry *entry = &region->entry;
	char what[120];
	int64_t holes;

	(void)snprintf(what, sizeof(what), "region %016" PRIx64 " '%s'",
		       region->token, entry->label);
	holes = try_one(session, region->device, region->inode, what, answer);
	if (!holes)
		return;
	add_holes(trial, entry->shmem_page_size ? 0 : entry->page_size,
		  (uint64_t)holes);
	*all += (uint64_t)holes;
}

void trial_session(struct trial *trial, const struct held_session *session,
		   struct answer *answer)
{
	uint64_t holes = 0;

	/* What a session of LUO has already was tried. */
	if (session->by != HELD_BY_STORE || session->keeper || trial->blocked)
		return;
	/* Without it nothing of the session is found again. */
	(void)try_one(session, session->manifest_device,
		      session->manifest_inode, "the manifest", answer);
	for (unsigned int i = 0; i < session->region_count; i++) {
		const struct held_region *region = &session->regions[i];

		if (region->listed && region->present && region->inode)
			try_region(trial, session, region, answer, &holes);
	}
	if (holes)
		answer_number(answer, "holes", holes, "bytes");
}

/* -- Holes ----------------------------------------------------------------- */

static void judge_pool(const struct hole *hole, struct answer *answer)
{
	const uint64_t wanted =
		(hole->bytes + hole->page_size - 1) / hole->page_size;
	uint64_t have = 0;

	/* What a file was promised is free, too: all free pages count. */
	(void)hp_pool_count(&hp_sys_linux, hole->page_size, "free_hugepages",
			    &have);
	answer_number(answer, size_text(hole->page_size).text, wanted, "pages");
	if (have >= wanted)
		return;
	answer_no(answer,
		  "The shutdown will need %" PRIu64 " more pages of %s for "
		  "holes, and the pool has %" PRIu64 " free ones.",
		  wanted, size_text(hole->page_size).text, have);
	answer_remedy(answer,
		      "Make the pool %" PRIu64 " pages larger: see "
		      "/sys/kernel/mm/hugepages/hugepages-%" PRIu64
		      "kB/nr_hugepages.",
		      wanted - have, hole->page_size >> 10);
}

void trial_holes(const struct trial *trial, struct answer *answer)
{
	for (unsigned int i = 0; i < trial->count; i++)
		if (trial->holes[i].page_size)
			judge_pool(&trial->holes[i], answer);
		else
			answer_number(answer, "shmem", trial->holes[i].bytes,
				      "bytes");
}
