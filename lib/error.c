// SPDX-License-Identifier: MIT
#include <errno.h>

#include "error.h"
#include "export.h"

int hp_error_common(int err)
{
	switch (err) {
	case -ENOMEM:
		return -ENOMEM;
	case -EMFILE:
	case -ENFILE:
		return -EMFILE;
	default:
		return -EPROTO;
	}
}

HP_EXPORT const char *hp_strerror(int err)
{
	switch (err) {
	case 0:
		return "Success.";
	case -EINVAL:
		return "Bad argument: compare name, token, length and options "
		       "with what hugepersist.h allows for this call.";
	case -ECHILD:
		return "The session belongs to the parent process: use it "
		       "there, or open one in the child.";
	case -ENOMEM:
		return "Not enough free huge pages or memory, or a limit of "
		       "the cgroup is too low: raise vm.nr_hugepages or the "
		       "limit, or ask for less, and try again. What came back "
		       "is lost only if the process ends before that.";
	case -EMFILE:
		return "No free file descriptor: close some or raise the "
		       "limit (ulimit -n, fs.file-max).";
	case -ENODEV:
		return "This machine has no /dev/liveupdate: boot a kernel "
		       "with CONFIG_LIVEUPDATE with 'kho=on liveupdate=on' on "
		       "its command line.";
	case -EACCES:
		return "No access to /dev/liveupdate: give the process the "
		       "device node (container, chroot, PrivateDevices=) and "
		       "the right to open it (root as a rule), or look for a "
		       "security policy.";
	case -EAGAIN:
		return "Busy for now: try again. If it stays, find the process "
		       "that keeps /dev/liveupdate open (fuser "
		       "/dev/liveupdate).";
	case -EIO:
		return "The kernel could not read what the previous one handed "
		       "over: see its log; live update works again after the "
		       "next boot.";
	case -EPROTO:
		return "The kernel gave an unexpected answer: see its log, and "
		       "check that kernel and libhugepersist belong together.";
	case -EALREADY:
		return "Another process or handle holds this session or "
		       "memory: end that one first, or choose another session "
		       "name.";
	case -EEXIST:
		return "The token is in use in this session: reclaim the "
		       "region that came back, close the open one, choose "
		       "another token, or call hp_session_abort() after a "
		       "failed preserve.";
	case -ENOENT:
		return "No region came back under this token: create it.";
	case -EINPROGRESS:
		return "The session came back and is not committed: reclaim "
		       "what you need, then call hp_session_commit().";
	case -ENOTEMPTY:
		return "Regions that came back are not reclaimed: reclaim "
		       "them (again, after -ENOMEM or -EMFILE), or give them "
		       "up with HP_COMMIT_DROP.";
	case -EBUSY:
		return "This would lose data: call hp_session_abort() if a "
		       "region is preserved, hp_session_commit() if the "
		       "session came back.";
	case -EOPNOTSUPP:
		return "Not supported for huge pages of this size: boot a "
		       "kernel with the hugepersist patches, and use the "
		       "library version that preserved the data.";
	case -EHWPOISON:
		return "A page of the region has a hardware memory error: "
		       "copy what is readable to a new region and replace the "
		       "memory module.";
	case -EFBIG:
		return "The region has more pages than the kernel can hand "
		       "over: split it into several regions.";
	case -ENOSPC:
		return "The session is full: preserve fewer regions in it, or "
		       "use a second session.";
	case -EBADMSG:
		return "The manifest that came back is damaged: nothing of the "
		       "session can be trusted; give it up with "
		       "HP_COMMIT_DROP.";
	case -EUCLEAN:
		return "The region's file is not what it was when it was "
		       "created or preserved: do not resize or close "
		       "hp_region_fd(); give up what came back so with "
		       "HP_COMMIT_DROP.";
	case -ENODATA:
		return "The kernel failed to rebuild what was preserved, and "
		       "that data is gone: its log says why (damage, or a "
		       "page size or format that it lacks); go on with "
		       "HP_COMMIT_DROP.";
	default:
		return "Not an error of libhugepersist: look it up in "
		       "errno(3).";
	}
}
