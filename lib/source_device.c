// SPDX-License-Identifier: MIT
/*
 * Source of sessions: /dev/liveupdate.
 *
 * One process in the system can have it open, so it is open for one request
 * only. A session outlives the descriptor of the device.
 */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "luo.h"
#include "source_device.h"

#define DELAY_FIRST_MS 1
#define DELAY_MOST_MS 100

/*
 * A process may see no device node on a machine with live update: in a
 * container, a chroot, under PrivateDevices= of systemd. There data may wait to
 * be reclaimed, so it must not pass for a machine without.
 */
static int no_device(const struct hp_sys *sys)
{
	int listed = sys->lists_driver(LUO_DRIVERS, LUO_DRIVER);

	if (listed < 0)
		return hp_error_common(listed);
	return listed ? -EACCES : -ENODEV;
}

static int open_error(const struct hp_sys *sys, int err)
{
	switch (err) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return no_device(sys);
	case -EACCES:
	case -EPERM:
		return -EACCES;
	case -EBUSY:
		return -EAGAIN;
	case -EIO:
		return -EIO;
	default:
		return hp_error_common(err);
	}
}

static int open_device(const struct hp_source *source)
{
	const struct hp_sys *sys = source->sys;
	uint64_t timeout = source->timeout_ms;
	uint64_t start = sys->now_ms(), delay = DELAY_FIRST_MS;

	for (;;) {
		int fd = sys->open(LUO_DEVICE);
		uint64_t waited;

		if (fd >= 0)
			return fd;
		waited = sys->now_ms() - start;
		if (fd != -EBUSY || waited >= timeout)
			return open_error(sys, fd);
		if (delay > timeout - waited)
			delay = timeout - waited;
		sys->sleep_ms((unsigned int)delay);
		if (delay < DELAY_MOST_MS / 2)
			delay *= 2;
		else
			delay = DELAY_MOST_MS;
	}
}

/* The result of the request itself is returned as it is, in ret_answer. */
static int request_session(const struct hp_source *source, unsigned long what,
			   const char *name, int *ret_answer, int *ret_fd)
{
	const struct hp_sys *sys = source->sys;
	struct luo_session_arg arg = { .size = sizeof(arg), .fd = -1 };
	HP_FD(device, sys, open_device(source));

	if (device.fd < 0)
		return device.fd;
	strncpy(arg.name, name, sizeof(arg.name) - 1);
	*ret_answer = sys->ioctl(device.fd, what, &arg);
	if (*ret_answer < 0)
		return 0;
	/* Linux 7.3 does so itself, but its interface does not promise it. */
	sys->set_cloexec(arg.fd);
	*ret_fd = arg.fd;
	return 0;
}

int hp_device_retrieve(const struct hp_source *source, const char *name,
		       int *ret_fd)
{
	int answer, err;

	err = request_session(source, LUO_RETRIEVE_SESSION, name, &answer,
			      ret_fd);
	if (err < 0)
		return err;
	switch (answer) {
	case 0:
	case -ENOENT:
		return answer;
	case -EINVAL:
		/* The name is valid, so this is: retrieved before. */
		return -EALREADY;
	default:
		return hp_error_common(answer);
	}
}

int hp_device_create(const struct hp_source *source, const char *name,
		     int *ret_fd)
{
	int answer, err;

	err = request_session(source, LUO_CREATE_SESSION, name, &answer,
			      ret_fd);
	if (err < 0)
		return err;
	switch (answer) {
	case 0:
	case -ENOSPC: /* the kernel's list of sessions */
		return answer;
	case -EEXIST:
		return -EALREADY;
	default:
		return hp_error_common(answer);
	}
}
