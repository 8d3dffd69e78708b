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

/* What the caller does about an error, and what an operator does. */
static const struct {
	int number;
	enum hp_error_class class;
	const char *text;
} errors[] = {
	{ EAGAIN, HP_ERROR_AGAIN,
	  "Busy for now: try again. If it stays, find the process "
	  "that has /dev/liveupdate or the file 'lock' of a save open "
	  "(fuser), or see why the service manager does not answer." },
	{ EALREADY, HP_ERROR_AGAIN,
	  "Another process, or a child that is left of one, has this "
	  "session or memory: wait for its end." },
	{ ECANCELED, HP_ERROR_AGAIN,
	  "A callback of the application ended the call: nothing is "
	  "lost as long as this process lives." },
	{ EMFILE, HP_ERROR_AGAIN,
	  "No free file descriptor: close some or raise the limit "
	  "(LimitNOFILE=, ulimit -n, fs.file-max), and try again." },
	{ ENOMEM, HP_ERROR_AGAIN,
	  "Not enough free huge pages or memory, or a limit of the "
	  "cgroup is too low: enlarge the pool of this page size or "
	  "raise the limit, or ask for less, and try again." },
	{ ENOSPC, HP_ERROR_AGAIN,
	  "No room. The store of the service is full, or does not "
	  "listen to this process: raise FileDescriptorStoreMax=, and "
	  "look at NotifyAccess=. Or the kernel's list of sessions is "
	  "full. Or the file system of a save has no space for a new "
	  "one beside the old: free some, or save elsewhere." },
	{ EINVAL, HP_ERROR_CALL,
	  "Bad argument: compare name, token, length and options with "
	  "what hugepersist.h allows for this call." },
	{ ECHILD, HP_ERROR_CALL,
	  "The session belongs to the parent process: use it there." },
	{ EEXIST, HP_ERROR_CALL,
	  "The token is in use in this session: close the open "
	  "region, open the one that came back, or choose another "
	  "token." },
	{ ENOENT, HP_ERROR_CALL,
	  "There is nothing of the kind: no such region is there, or "
	  "nothing is preserved." },
	{ E2BIG, HP_ERROR_CALL,
	  "The session has HP_REGIONS_MAX regions: drop some, or use "
	  "a second session." },
	{ EINPROGRESS, HP_ERROR_CALL,
	  "The update that came is not ended: call "
	  "hp_session_preserve(), or hp_session_commit() before "
	  "single steps." },
	{ ENOTEMPTY, HP_ERROR_CALL,
	  "The directory holds something else: choose another one." },
	{ EBUSY, HP_ERROR_CALL,
	  "This would lose data. This process holds the memory: keep "
	  "it running, call hp_session_drop() to give the memory up, "
	  "or hp_session_abort() before hp_region_grow(). A save: "
	  "load the regions that the old one has and the session "
	  "lacks, save to another directory, or give the old one up "
	  "with HP_SAVE_REPLACE." },
	{ EFBIG, HP_ERROR_CALL,
	  "The region is longer than a file may be, or has more pages "
	  "than the kernel can hand over: raise the limit (ulimit "
	  "-f), or split it into several regions." },
	{ EADDRINUSE, HP_ERROR_CALL,
	  "Something else is mapped at this address: ask earlier in "
	  "the life of the process, for another address or for none, "
	  "or let the region move (HP_REGION_MAY_MOVE)." },
	{ ESTALE, HP_ERROR_CALL,
	  "The region that came back has another length, page size or "
	  "layout than asked for: open it as it is (length 0, "
	  "HP_REGION_MUST_EXIST, nothing else asked for) and convert "
	  "it, or drop it." },
	{ EMEDIUMTYPE, HP_ERROR_CALL,
	  "This memory or file is not in huge pages: get it with "
	  "MFD_HUGETLB, MAP_HUGETLB or SHM_HUGETLB, or from a "
	  "hugetlbfs mount; a region of shmem is attached with "
	  "HP_REGION_SHMEM, and only such a one." },
	{ ENXIO, HP_ERROR_CALL,
	  "This memory is in no file that can be handed over: map all "
	  "of it, and MAP_SHARED in place of MAP_PRIVATE." },
	{ ERANGE, HP_ERROR_CALL,
	  "This memory is not one whole file: map it whole, or hand "
	  "over its descriptor with hp_region_adopt()." },
	{ EROFS, HP_ERROR_CALL,
	  "The descriptor, mapping or file system is for reading "
	  "only: open it for writing, map it with "
	  "HP_REGION_READ_ONLY, or save elsewhere." },
	{ EUCLEAN, HP_ERROR_CALL,
	  "The file is not what it was: the program resized or closed "
	  "it, or closed a descriptor that the service manager "
	  "passed; or what came back is not what the manifest says. "
	  "Nothing more is lost by this call: do not close or resize "
	  "hp_region_fd(), and open the session before other "
	  "descriptors are closed." },
	{ ESRCH, HP_ERROR_CALL,
	  "The memory was passed to another process, as to a shell "
	  "that started this one: let it exec the program." },
	{ ENOTUNIQ, HP_ERROR_CALL,
	  "Two sessions of this name came back: give one of them up "
	  "with hugepersist drop." },
	{ ENODEV, HP_ERROR_MACHINE,
	  "Nobody here can hold memory: run as a service with "
	  "FileDescriptorStoreMax=, or as root on a kernel with "
	  "CONFIG_LIVEUPDATE and 'kho=on liveupdate=on' on its "
	  "command line." },
	{ EACCES, HP_ERROR_MACHINE,
	  "No access to /dev/liveupdate, /proc or the directory of a "
	  "save: run as a service with FileDescriptorStoreMax=, or "
	  "give the process what it lacks (container, chroot, "
	  "PrivateDevices=, a security policy)." },
	{ EIO, HP_ERROR_MACHINE,
	  "A fault below, see the kernel's log: it could not read "
	  "what the previous one handed over (live update works again "
	  "after the next boot), or the storage of a save failed "
	  "(replace the disk, or save elsewhere)." },
	{ EPROTO, HP_ERROR_MACHINE,
	  "The system gave an unexpected answer: see the kernel's "
	  "log, and check that kernel, service manager and "
	  "libhugepersist belong together." },
	{ EOPNOTSUPP, HP_ERROR_MACHINE,
	  "Not supported for memory of this kind: boot a kernel with "
	  "the hugepersist patches, use a page size that the machine "
	  "has or HP_REGION_SHMEM, and a version of the library that "
	  "is at least as new as the one that wrote the data." },
	{ ENODATA, HP_ERROR_LOST,
	  "The region is gone for good: it was listed, and the holder "
	  "does not have it. Make new memory in its place." },
	{ EHWPOISON, HP_ERROR_LOST,
	  "A page of the region has a hardware memory error: copy "
	  "what is readable to a new region and replace the memory "
	  "module." },
	{ ENOMSG, HP_ERROR_LOST,
	  "The manifest is gone, the memory may be whole: open each "
	  "region with HP_REGION_UNLISTED and check its content, then "
	  "give up the rest with HP_COMMIT_DROP." },
	{ EBADMSG, HP_ERROR_LOST,
	  "The manifest or the save is damaged. A manifest: the "
	  "memory may be whole, open each region with "
	  "HP_REGION_UNLISTED and check its content, then give up the "
	  "rest with HP_COMMIT_DROP. A save: take another one, or "
	  "give it up with hp_save_remove()." },
};

#define ERRORS (sizeof(errors) / sizeof(errors[0]))

HP_EXPORT enum hp_error_class hp_error_class(int err)
{
	if (err >= 0)
		return HP_ERROR_NONE;
	for (size_t i = 0; i < ERRORS; i++)
		if (-errors[i].number == err)
			return errors[i].class;
	return HP_ERROR_MACHINE;
}

HP_EXPORT const char *hp_strerror(int err)
{
	if (!err)
		return "Success.";
	for (size_t i = 0; i < ERRORS; i++)
		if (-errors[i].number == err)
			return errors[i].text;
	return "Not an error of libhugepersist: look it up in errno(3).";
}
