// SPDX-License-Identifier: MIT
/*
 * The trial: what the kernel would refuse at the last moment is known before.
 * systemd-shutdown preserves each file without the holes; so does this.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/text.h"
#include "source/luo.h"
#include "update/update.h"

static int create_session(void)
{
	struct luo_session_arg arg = { .size = sizeof(arg), .fd = -1 };
	uint64_t number = 0;
	int device = open(LUO_DEVICE, O_RDWR | O_CLOEXEC), err = 0;

	if (device < 0)
		return -errno;
	(void)machine_linux.random(&number, sizeof(number));
	(void)snprintf(arg.name, sizeof(arg.name),
		       "hugepersist-trial-%016" PRIx64, number);
	if (ioctl(device, LUO_CREATE_SESSION, &arg) < 0)
		err = -errno;
	(void)close(device);
	return err < 0 ? err : arg.fd;
}

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

static void judge(struct answer *answer, const struct held_region *region,
		  int err)
{
	const char *label = region->entry.label;

	switch (err) {
	case 0:
		return;
	case -EBUSY:
		if (access(LUO_DEVICE, F_OK) == 0) {
			answer_no(answer,
				  "A process has /dev/liveupdate open, or "
				  "another session has '%s': systemd would "
				  "lose every store.",
				  label);
			answer_remedy(answer, "Find who has it open (lsof "
					      "/dev/liveupdate), and stop it.");
			return;
		}
		break;
	case -EHWPOISON:
		/* The kernel leaves the page out; all others come back. */
		answer_text(answer, "poisoned", label);
		return;
	default:
		break;
	}
	answer_no(answer, "The kernel refuses region %016" PRIx64 " '%s': %s.",
		  region->token, label, strerror(-err));
	answer_remedy(answer, "See the kernel's log.");
}

static void try_region(const struct held_session *session,
		       const struct held_region *region, struct answer *answer,
		       uint64_t *holes)
{
	struct stat st;
	uint64_t taken;
	int fd = held_open(session->holder, region->device, region->inode);

	if (fd < 0) {
		answer_unknown(answer,
			       "Region %016" PRIx64 " could not be opened: %s.",
			       region->token, strerror(-fd));
		return;
	}
	if (fstat(fd, &st) < 0) {
		(void)close(fd);
		return;
	}
	taken = (uint64_t)st.st_blocks * 512;
	if (taken < (uint64_t)st.st_size)
		*holes += (uint64_t)st.st_size - taken;
	else
		judge(answer, region, try_file(fd));
	(void)close(fd);
}

void update_try(const struct update *update, const struct held_session *session,
		struct answer *answer)
{
	uint64_t holes = 0;

	(void)update;
	if (session->by != HELD_BY_STORE)
		return;
	for (unsigned int i = 0; i < session->region_count; i++) {
		const struct held_region *region = &session->regions[i];

		if (region->listed && region->present && region->inode)
			try_region(session, region, answer, &holes);
	}
	if (holes)
		answer_number(answer, "holes", holes, "bytes");
}
