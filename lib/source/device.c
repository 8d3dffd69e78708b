// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "source/device.h"
#include "source/luo.h"
#include "system/cleanup.h"

#define TIMEOUT_DEFAULT_MS 5000
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

void hp_device_init(struct hp_device *device, const struct hp_sys *sys,
		    const struct hp_log *log, unsigned int timeout_ms)
{
	*device = (struct hp_device){
		.sys = sys,
		.log = log,
		.timeout_ms = timeout_ms,
	};
	if (!timeout_ms)
		device->timeout_ms = TIMEOUT_DEFAULT_MS;
	if (timeout_ms == HP_NO_WAIT)
		device->timeout_ms = 0;
}

/* How long a call may still wait, and in what steps it looks again. */
struct patience {
	uint64_t end, delay;
};

static struct patience patience_of(const struct hp_device *device)
{
	return (struct patience){
		.end = device->sys->now_ms() + device->timeout_ms,
		.delay = DELAY_FIRST_MS,
	};
}

/* False, at once, when there is no time left. */
static bool wait_more(const struct hp_sys *sys, struct patience *patience)
{
	uint64_t now = sys->now_ms();

	if (now >= patience->end)
		return false;
	if (patience->delay > patience->end - now)
		patience->delay = patience->end - now;
	sys->sleep_ms((unsigned int)patience->delay);
	if (patience->delay < DELAY_MOST_MS / 2)
		patience->delay *= 2;
	else
		patience->delay = DELAY_MOST_MS;
	return true;
}

static int open_device(const struct hp_device *device)
{
	struct patience patience = patience_of(device);
	const struct hp_sys *sys = device->sys;
	int fd, err;

	do
		fd = sys->open(LUO_DEVICE);
	while (fd == -EBUSY && wait_more(sys, &patience));
	if (fd >= 0)
		return fd;
	err = open_error(sys, fd);
	/* No live update is for the caller to take as he likes. */
	hp_log_call(device->log, err == -ENODEV ? LOG_INFO : LOG_ERR,
		    "no access to live update", "open(" LUO_DEVICE ")", fd);
	return err;
}

/* The result of the request itself is returned as it is, in ret_answer. */
static int request_session(const struct hp_device *device, unsigned long what,
			   const char *name, int *ret_answer, int *ret_fd)
{
	const struct hp_sys *sys = device->sys;
	struct luo_session_arg arg = { .size = sizeof(arg), .fd = -1 };
	HP_FD(file, sys, open_device(device));

	if (file.fd < 0)
		return file.fd;
	strncpy(arg.name, name, sizeof(arg.name) - 1);
	*ret_answer = sys->ioctl_fd(file.fd, what, &arg, &arg.fd);
	if (*ret_answer < 0)
		return 0;
	*ret_fd = *ret_answer;
	*ret_answer = 0;
	return 0;
}

int hp_device_retrieve(const struct hp_device *device, const char *name,
		       int *ret_fd)
{
	int answer, err;

	err = request_session(device, LUO_RETRIEVE_SESSION, name, &answer,
			      ret_fd);
	if (err < 0)
		return err;
	if (!answer || answer == -ENOENT)
		return answer;
	hp_log_call(device->log, LOG_ERR, "the session cannot be had",
		    "ioctl(LIVEUPDATE_IOCTL_RETRIEVE_SESSION)", answer);
	/* The name is valid, so this is: retrieved before. */
	return answer == -EINVAL ? -EALREADY : hp_error_common(answer);
}

int hp_device_create(const struct hp_device *device, const char *name,
		     int *ret_fd)
{
	int answer, err;

	err = request_session(device, LUO_CREATE_SESSION, name, &answer,
			      ret_fd);
	if (err < 0 || !answer)
		return err;
	hp_log_call(device->log, LOG_ERR, "no new session",
		    "ioctl(LIVEUPDATE_IOCTL_CREATE_SESSION)", answer);
	switch (answer) {
	case -EEXIST:
		return -EALREADY;
	case -ENOSPC: /* the kernel's list of sessions */
		return -ENOSPC;
	default:
		return hp_error_common(answer);
	}
}
