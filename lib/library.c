// SPDX-License-Identifier: MIT
/*
 * What the library says about itself and its errors.
 */
#include <errno.h>

#include "base/export.h"

#define TEXT(x) #x
#define DOTTED(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

HP_EXPORT const char *hp_version(void)
{
	return DOTTED(HP_VERSION_MAJOR, HP_VERSION_MINOR, HP_VERSION_PATCH);
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
		return "No access to /dev/liveupdate or /proc/self/map_files: "
		       "give the process the device node (container, chroot, "
		       "PrivateDevices=) and the right to open it (root as a "
		       "rule), or look for a security policy. Or no permission "
		       "for the directory of a save: give it to the process.";
	case -EAGAIN:
		return "Busy for now: try again. If it stays, find the process "
		       "that keeps /dev/liveupdate or the file 'lock' of the "
		       "save open (fuser).";
	case -EIO:
		return "A fault below, see the kernel's log: it could not read "
		       "what the previous one handed over (live update works "
		       "again after the next boot), or the storage of a save "
		       "failed (replace the disk, or save elsewhere).";
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
		return "There is nothing of the kind: create a region that did "
		       "not come back, and preserve one before the session is "
		       "sealed.";
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
		       "session came back. A save: "
		       "load the regions that the old one has and the session "
		       "lacks, save to another directory, or give the old one "
		       "up with HP_SAVE_REPLACE.";
	case -EOPNOTSUPP:
		return "Not supported for memory of this kind: boot a kernel "
		       "with the hugepersist patches, use a page size that it "
		       "has or HP_REGION_SHMEM, and the library version that "
		       "preserved the data.";
	case -EHWPOISON:
		return "A page of the region has a hardware memory error: "
		       "copy what is readable to a new region and replace the "
		       "memory module.";
	case -EFBIG:
		return "The region is longer than a file may be, or has more "
		       "pages than the kernel can hand over: raise the limit "
		       "(ulimit -f), or split it into several regions.";
	case -ENOSPC:
		return "No room: a session is full (preserve fewer regions in "
		       "it, or use a second one), or the file system of a save "
		       "has no space for a new one beside the old (free some, "
		       "or save elsewhere).";
	case -EBADMSG:
		return "Damaged: the manifest that came back, if "
		       "manifest_error in hp_session_info() says so (reclaim "
		       "by token with HP_REGION_UNLISTED and check the content "
		       "yourself, or give it up with HP_COMMIT_DROP), else the "
		       "save (take another one, or give it up with "
		       "hp_save_remove()).";
	case -EADDRINUSE:
		return "Something else is mapped at this address: ask earlier "
		       "in the life of the process, for another address or for "
		       "none, or let the region move (HP_REGION_MAY_MOVE).";
	case -ESTALE:
		return "The region has another layout number: start the "
		       "program "
		       "that wrote it, or reclaim it with layout 0 and convert "
		       "it.";
	case -EMEDIUMTYPE:
		return "This memory or file is not in huge pages: get it with "
		       "MFD_HUGETLB, MAP_HUGETLB or SHM_HUGETLB, or from a "
		       "hugetlbfs mount; a region of shmem is attached with "
		       "HP_REGION_SHMEM, and only such a one.";
	case -ENXIO:
		return "This memory is in no file that can be handed over: map "
		       "all of it, and MAP_SHARED in place of MAP_PRIVATE.";
	case -ERANGE:
		return "This memory is not one whole file: map it whole, or "
		       "hand over its descriptor with hp_region_adopt().";
	case -EROFS:
		return "The descriptor, mapping or file system is for reading "
		       "only: open it for writing, map it with "
		       "HP_REGION_READ_ONLY, or save elsewhere.";
	case -EUCLEAN:
		return "The region's file is not what it was when it was "
		       "created or preserved: do not resize or close "
		       "hp_region_fd(); give up what came back so with "
		       "HP_COMMIT_DROP.";
	case -ENODATA:
		return "The kernel failed to rebuild what was preserved, its "
		       "log says why (damage, a page size or format that it "
		       "lacks, for shmem also memory). If that is the manifest "
		       "(manifest_error in "
		       "hp_session_info()), reclaim each token with "
		       "HP_REGION_UNLISTED; a region is gone: go on with "
		       "HP_COMMIT_DROP.";
	case -ECANCELED:
		return "A callback of the application stopped the call: all is "
		       "as before.";
	default:
		return "Not an error of libhugepersist: look it up in "
		       "errno(3).";
	}
}
