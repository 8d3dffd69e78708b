// SPDX-License-Identifier: MIT
/*
 * The only file of the library that makes system calls: a flat table.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mempolicy.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <hugepersist/hugepersist.h>

#include "system/descriptors.h"
#include "system/sys.h"
#include "system/text.h"

/* Newer than the C library of some distributions we build on. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* linux/fs.h has it from Linux 6.7 on. */
#ifndef PAGEMAP_SCAN
#define PAGE_IS_HUGE (1 << 6)
struct page_region {
	uint64_t start, end, categories;
};
struct pm_scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask;
	uint64_t return_mask;
};
#define PAGEMAP_SCAN _IOWR('f', 16, struct pm_scan_arg)
#endif

static int open_path(const char *path, int flags)
{
	int fd;

	hp_descriptors_begin();
	do
		fd = open(path, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return hp_descriptors_end(fd < 0 ? -errno : fd);
}

static int linux_open(const char *path)
{
	return open_path(path, O_RDWR);
}

/* For text; its number is lifted as well, but the table does not need it. */
static bool is_want(int number)
{
	return number == ENOMEM || number == EMFILE || number == ENFILE;
}

static FILE *open_text(const char *path)
{
	FILE *file = fopen(path, "re");
	int lifted;

	if (!file || fileno(file) > STDERR_FILENO)
		return file;
	lifted = fcntl(fileno(file), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	(void)fclose(file);
	if (lifted < 0)
		return NULL;
	file = fdopen(lifted, "r");
	if (!file)
		(void)close(lifted);
	return file;
}

static int linux_duplicate(int fd)
{
	int copy;

	hp_descriptors_begin();
	copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return hp_descriptors_end(copy < 0 ? -errno : copy);
}

static int linux_reopen(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	char path[32];

	if (flags < 0)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open_path(path, flags & O_ACCMODE);
}

static int linux_ioctl(int fd, unsigned long request, void *arg)
{
	/* No retry on EINTR: LUO remembers failures, so a loop could hang. */
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

static int linux_ioctl_fd(int fd, unsigned long request, void *arg,
			  const int32_t *arg_fd)
{
	int err;

	hp_descriptors_begin();
	err = linux_ioctl(fd, request, arg);
	return hp_descriptors_end(err < 0 ? err : *arg_fd);
}

static int linux_lists_driver(const char *table, const char *name)
{
	char line[256], driver[256];
	int found = 0;
	FILE *file;

	file = open_text(table);
	if (!file)
		return is_want(errno) ? -errno : 0;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*d %255s", driver) == 1 &&
			!strcmp(driver, name);
	(void)fclose(file);
	return found;
}

/* Nobody can execute it, though the owner could make that possible. */
static int memfd_without_seal(const char *name, unsigned int flags)
{
	int fd = memfd_create(name, flags | MFD_EXEC);

	/* Linux before 6.3 knows neither flag. */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	/* vm.memfd_noexec=2 */
	if (fd < 0 && errno == EACCES)
		fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	if (fd < 0)
		return -errno;
	(void)fchmod(fd, 0666);
	return fd;
}

static int make_memfd(const char *name, uint64_t page_size)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd;

	/*
	 * Linux 7.3 rebuilds a sealed file of shmem as an executable one, for
	 * which the same seal forbids to write (mm/memfd_luo.c, F_SEAL_EXEC in
	 * memfd_add_seals()): no region of it could be mapped.
	 */
	if (!page_size)
		return memfd_without_seal(name, flags);
	flags |= MFD_HUGETLB | (unsigned int)__builtin_ctzll(page_size)
				       << MFD_HUGE_SHIFT;
	fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		return memfd_without_seal(name, flags);
	return fd < 0 ? -errno : fd;
}

static int linux_memfd(const char *name, uint64_t page_size)
{
	hp_descriptors_begin();
	return hp_descriptors_end(make_memfd(name, page_size));
}

static int linux_seal_length(int fd)
{
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0 ?
		       -errno :
		       0;
}

/* One byte for each number; the file need not be so long. */
static struct flock lock_of(int type, uint64_t number)
{
	return (struct flock){
		.l_type = (short)type,
		.l_start = (off_t)(number >> 2),
		.l_len = 1,
	};
}

/* A read lock, since one for writing needs a descriptor that can write. */
static int linux_lock(int fd, uint64_t number)
{
	struct flock lock = lock_of(F_RDLCK, number);

	return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

static int linux_is_locked(int fd, uint64_t number)
{
	struct flock lock = lock_of(F_WRLCK, number);

	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return -errno;
	return lock.l_type != F_UNLCK;
}

static int linux_lock_whole(int fd)
{
	int rc;

	do
		rc = flock(fd, LOCK_EX | LOCK_NB);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

static int linux_set_length(int fd, uint64_t length)
{
	int rc;

	if (length > INT64_MAX)
		return -EFBIG;
	do
		rc = ftruncate(fd, (off_t)length);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

static int linux_allocate(int fd, uint64_t length)
{
	int rc;

	if (length > INT64_MAX)
		return -EFBIG;
	do
		rc = fallocate(fd, 0, 0, (off_t)length);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

static int linux_file_info(int fd, struct hp_file_info *ret_info)
{
	struct statfs fs;
	struct stat st;
	int flags;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
	ret_info->writable = (flags & O_ACCMODE) == O_RDWR;
	ret_info->device = (uint64_t)st.st_dev;
	ret_info->inode = (uint64_t)st.st_ino;
	ret_info->length = (uint64_t)st.st_size;
	ret_info->allocated = (uint64_t)st.st_blocks * 512;
	ret_info->page_size = 0;
	ret_info->shmem_page_size = 0;
	if (fs.f_type == HUGETLBFS_MAGIC)
		ret_info->page_size = (uint64_t)fs.f_bsize;
	else if (fs.f_type == TMPFS_MAGIC)
		ret_info->shmem_page_size = (uint64_t)fs.f_bsize;
	return 0;
}

static int linux_find_data(int fd, uint64_t offset, uint64_t *ret_start,
			   uint64_t *ret_end)
{
	off_t start, end;

	if (offset > INT64_MAX)
		return -ENXIO;
	start = lseek(fd, (off_t)offset, SEEK_DATA);
	if (start < 0)
		return -errno;
	/* The end of the file counts as a hole. */
	end = lseek(fd, start, SEEK_HOLE);
	if (end < 0)
		return -errno;
	*ret_start = (uint64_t)start;
	*ret_end = (uint64_t)end;
	return 0;
}

static int linux_read_at(int fd, void *buffer, size_t length, uint64_t offset)
{
	char *to = buffer;

	while (length) {
		ssize_t n = pread(fd, to, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		to += n;
		length -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* Address space for the length at a multiple of the alignment, or NULL. */
static char *reserve_aligned(uint64_t length, uint64_t alignment)
{
	char *start, *address;
	size_t before;

	start = mmap(NULL, (size_t)(length + alignment), PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED)
		return NULL;
	before = (size_t)(-(uintptr_t)start & (alignment - 1));
	address = start + before;
	if (before)
		(void)munmap(start, before);
	(void)munmap(address + length, (size_t)(alignment - before));
	return address;
}

static int map_aligned(const struct hp_map_request *request, int protection,
		       void **ret_address)
{
	void *address;
	char *place;
	int err;

	if (request->length > SIZE_MAX - request->alignment)
		return -ENOMEM;
	place = reserve_aligned(request->length, request->alignment);
	if (!place)
		return -errno;
	address = mmap(place, (size_t)request->length, protection,
		       MAP_SHARED | MAP_FIXED, request->fd,
		       (off_t)request->offset);
	if (address == MAP_FAILED) {
		err = -errno;
		(void)munmap(place, (size_t)request->length);
		return err;
	}
	*ret_address = address;
	return 0;
}

static int linux_map(const struct hp_map_request *request, void **ret_address)
{
	int protection = PROT_READ | (request->read_only ? 0 : PROT_WRITE);
	int flags = MAP_SHARED | (request->address ? MAP_FIXED_NOREPLACE : 0);
	void *address;

	if (request->length > SIZE_MAX || request->offset > INT64_MAX)
		return -ENOMEM;
	if (request->alignment && !request->address)
		return map_aligned(request, protection, ret_address);
	address = mmap(request->address, (size_t)request->length, protection,
		       flags, request->fd, (off_t)request->offset);
	if (address == MAP_FAILED)
		return -errno;
	/* Before Linux 4.17 the flag is not known and the address a hint. */
	if (request->address && address != request->address) {
		(void)munmap(address, (size_t)request->length);
		return -EEXIST;
	}
	*ret_address = address;
	return 0;
}

static void linux_unmap(void *address, uint64_t length)
{
	(void)munmap(address, (size_t)length);
}

static int advise(void *address, uint64_t length, int advice)
{
	int rc;

	do
		rc = madvise(address, (size_t)length, advice);
	while (rc < 0 && (errno == EINTR || errno == EAGAIN));
	return rc < 0 ? -errno : 0;
}

static int linux_populate(void *address, uint64_t length)
{
	return advise(address, length, MADV_POPULATE_WRITE);
}

static int linux_populate_read(void *address, uint64_t length)
{
	int err = advise(address, length, MADV_POPULATE_READ);

	return err == -EINVAL ? -EOPNOTSUPP : err;
}

static int linux_advise_huge(void *address, uint64_t length)
{
	return advise(address, length, MADV_HUGEPAGE);
}

static int linux_collapse(void *address, uint64_t length)
{
	/* EAGAIN is a page in use: waiting for it might take for ever. */
	return madvise(address, (size_t)length, MADV_COLLAPSE) < 0 ? -errno : 0;
}

static int linux_count_huge(void *address, uint64_t length, uint64_t *ret_bytes)
{
	struct page_region found[64];
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.start = (uintptr_t)address,
		.end = (uintptr_t)address + length,
		.vec = (uintptr_t)found,
		.vec_len = sizeof(found) / sizeof(found[0]),
		.category_mask = PAGE_IS_HUGE,
		.return_mask = PAGE_IS_HUGE,
	};
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t bytes = 0;
	int n = 0, err = 0;

	if (fd < 0)
		return -errno;
	/* Where the array was full the walk goes on. */
	while (arg.start < arg.end) {
		n = ioctl(fd, PAGEMAP_SCAN, &arg);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		for (int i = 0; i < n; i++)
			bytes += found[i].end - found[i].start;
		arg.start = arg.walk_end;
	}
	if (n < 0)
		err = -errno;
	(void)close(fd);
	if (!err)
		*ret_bytes = bytes;
	return err;
}

static int linux_set_policy(void *address, uint64_t length, unsigned int policy,
			    const unsigned long *nodes, unsigned int nodes_bits)
{
	static const int modes[] = {
		[HP_NUMA_BIND] = MPOL_BIND,
		[HP_NUMA_PREFERRED] = MPOL_PREFERRED,
		[HP_NUMA_INTERLEAVE] = MPOL_INTERLEAVE,
	};

	/* The system call takes the number of bits plus one, by history. */
	if (syscall(SYS_mbind, address, (unsigned long)length, modes[policy],
		    nodes, (unsigned long)nodes_bits + 1, 0U) < 0)
		return -errno;
	return 0;
}

static int linux_find_mapping(uint64_t address, struct hp_mapping *ret_mapping)
{
	struct hp_mapping mapping;
	char *line = NULL;
	size_t size = 0;
	int err = -ENXIO;
	FILE *file;

	file = open_text("/proc/self/maps");
	if (!file)
		return -errno;
	while (err == -ENXIO && getline(&line, &size, file) > 0) {
		if (hp_text_mapping(line, &mapping) < 0)
			err = -EPROTO;
		else if (mapping.start <= address && address < mapping.end)
			err = 0;
	}
	if (!err)
		*ret_mapping = mapping;
	free(line);
	(void)fclose(file);
	return err;
}

static int linux_open_mapping(const struct hp_mapping *mapping)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/map_files/%llx-%llx",
		       (unsigned long long)mapping->start,
		       (unsigned long long)mapping->end);
	return linux_open(path);
}

static int linux_read_text(const char *path, char *buffer, size_t size)
{
	size_t length;
	FILE *file;
	bool more;
	int err;

	file = open_text(path);
	if (!file)
		return -errno;
	length = fread(buffer, 1, size, file);
	/* Else a newline in the last byte would pass for that at the end. */
	more = length == size && getc(file) != EOF;
	err = ferror(file) ? -EIO : 0;
	(void)fclose(file);
	if (err < 0)
		return err;
	if (length && buffer[length - 1] == '\n')
		length--;
	if (more || length == size)
		return -E2BIG;
	buffer[length] = '\0';
	return (int)length;
}

static int write_file(const char *path, const char *text)
{
	size_t length = strlen(text);
	ssize_t written;
	int fd, err = 0;

	hp_descriptors_begin();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fd = hp_descriptors_end(fd < 0 ? -errno : fd);
	if (fd < 0)
		return fd;
	written = write(fd, text, length);
	if (written < 0)
		err = -errno;
	else if ((size_t)written < length)
		err = -ENOSPC;
	hp_descriptors_close(fd);
	return err;
}

/* By a rename, so that a reader finds the old one or the new one. */
static int linux_write_text(const char *path, const char *text)
{
	char beside[PATH_MAX];
	int err;

	if (!text)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	if (snprintf(beside, sizeof(beside), "%s.new", path) >=
	    (int)sizeof(beside))
		return -ENAMETOOLONG;
	err = write_file(beside, text);
	if (!err && rename(beside, path) < 0)
		err = -errno;
	if (err < 0)
		(void)unlink(beside);
	return err;
}

static int linux_read_fd_link(int fd, char *buffer, size_t size)
{
	char path[32];
	ssize_t length;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, buffer, size);
	if (length < 0)
		return -errno;
	if ((size_t)length == size)
		return -E2BIG;
	buffer[length] = '\0';
	return (int)length;
}

static int linux_kernel_release(char *buffer, size_t size)
{
	struct utsname name;
	size_t length;

	if (uname(&name) < 0)
		return -errno;
	length = strlen(name.release);
	if (length >= size)
		return -E2BIG;
	memcpy(buffer, name.release, length + 1);
	return (int)length;
}

static int linux_start_thread(pthread_t *ret_thread, void *(*run)(void *),
			      void *argument)
{
	sigset_t all, before;
	int err;

	/* Inherited by the thread, which has no moment without. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(ret_thread, NULL, run, argument);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

static void linux_join_thread(pthread_t thread)
{
	(void)pthread_join(thread, NULL);
}

/* What unsetenv(3) takes out of the list stays in the process's memory. */
static char *started_with(const char *name, int *ret_err)
{
	FILE *file = open_text("/proc/self/environ");
	size_t length = strlen(name), size = 0;
	char *line = NULL, *value = NULL;

	if (!file) {
		if (is_want(errno))
			*ret_err = -errno;
		return NULL;
	}
	errno = 0;
	while (!value && getdelim(&line, &size, '\0', file) > 0)
		if (!strncmp(line, name, length) && line[length] == '=')
			value = line;
	if (value)
		value = strdup(value + length + 1);
	if (!value && errno == ENOMEM)
		*ret_err = -ENOMEM;
	free(line);
	(void)fclose(file);
	return value;
}

/* Whoever starts a set-user-ID program does not choose its service manager. */
static char *linux_environment(const char *name, int *ret_err)
{
	const char *value;
	char *copy;

	if (getauxval(AT_SECURE))
		return NULL;
	value = getenv(name);
	if (!value)
		return started_with(name, ret_err);
	copy = strdup(value);
	if (!copy)
		*ret_err = -ENOMEM;
	return copy;
}

static int linux_random(uint64_t *ret_number)
{
	ssize_t length;

	do
		length = getrandom(ret_number, sizeof(*ret_number), 0);
	while (length < 0 && errno == EINTR);
	return length < 0 ? -errno : 0;
}

/* An address that begins with '@' is in the abstract name space, unix(7). */
static int linux_notify(const char *address, const char *message, int fd)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec text = {
		.iov_base = (void *)(uintptr_t)message,
		.iov_len = strlen(message),
	};
	struct msghdr datagram = {
		.msg_name = &to,
		.msg_iov = &text,
		.msg_iovlen = 1,
	};
	size_t length = strlen(address);
	int socket_fd, err = 0;

	if (length >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, address, length);
	if (address[0] == '@')
		to.sun_path[0] = '\0';
	datagram.msg_namelen =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (fd >= 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		datagram.msg_control = &control;
		datagram.msg_controllen = sizeof(control);
	}
	hp_descriptors_begin();
	socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socket_fd = hp_descriptors_end(socket_fd < 0 ? -errno : socket_fd);
	if (socket_fd < 0)
		return socket_fd;
	if (sendmsg(socket_fd, &datagram, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		err = errno == EINTR ? -EAGAIN : -errno;
	hp_descriptors_close(socket_fd);
	return err;
}

static int linux_pipe(int ret_fds[2])
{
	int ends[2], err = 0;

	/* The end of the manager must not live on in a child. */
	hp_descriptors_begin();
	if (pipe2(ends, O_CLOEXEC) < 0)
		return hp_descriptors_end(-errno);
	ret_fds[0] = hp_descriptors_end(ends[0]);
	hp_descriptors_begin();
	ret_fds[1] = hp_descriptors_end(ends[1]);
	if (ret_fds[0] < 0)
		err = ret_fds[0];
	if (ret_fds[1] < 0)
		err = ret_fds[1];
	for (int i = 0; err < 0 && i < 2; i++)
		if (ret_fds[i] >= 0)
			hp_descriptors_close(ret_fds[i]);
	return err;
}

static int linux_wait_hangup(int fd, unsigned int timeout_ms)
{
	int limit = timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
	/* Without events only errors and the hangup count. */
	struct pollfd wait = { .fd = fd };
	int rc = poll(&wait, 1, limit);

	if (rc < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	return rc ? 0 : -ETIMEDOUT;
}

static uint64_t linux_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static uint64_t linux_time_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void linux_sleep_ms(unsigned int ms)
{
	struct timespec ts = {
		.tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	/* A signal may cut it short: callers look at the clock. */
	(void)nanosleep(&ts, NULL);
}

static void *linux_zalloc(size_t size)
{
	return calloc(1, size);
}

static void linux_store(uint64_t *address, uint64_t value)
{
	__atomic_store_n(address, value, __ATOMIC_RELEASE);
}

const struct hp_sys hp_sys_linux = {
	.open = linux_open,
	.close = hp_descriptors_close,
	.duplicate = linux_duplicate,
	.reopen = linux_reopen,
	.move = hp_descriptors_move,
	.leave = hp_descriptors_leave,
	.is_session = hp_descriptors_is_session,
	.ioctl = linux_ioctl,
	.ioctl_fd = linux_ioctl_fd,
	.lists_driver = linux_lists_driver,
	.memfd = linux_memfd,
	.set_length = linux_set_length,
	.seal_length = linux_seal_length,
	.allocate = linux_allocate,
	.file_info = linux_file_info,
	.find_data = linux_find_data,
	.lock = linux_lock,
	.is_locked = linux_is_locked,
	.lock_whole = linux_lock_whole,
	.read_at = linux_read_at,
	.map = linux_map,
	.unmap = linux_unmap,
	.populate = linux_populate,
	.populate_read = linux_populate_read,
	.advise_huge = linux_advise_huge,
	.collapse = linux_collapse,
	.count_huge = linux_count_huge,
	.set_policy = linux_set_policy,
	.find_mapping = linux_find_mapping,
	.open_mapping = linux_open_mapping,
	.read_text = linux_read_text,
	.write_text = linux_write_text,
	.read_fd_link = linux_read_fd_link,
	.kernel_release = linux_kernel_release,
	.environment = linux_environment,
	.process_id = getpid,
	.random = linux_random,
	.notify = linux_notify,
	.pipe = linux_pipe,
	.wait_hangup = linux_wait_hangup,
	.start_thread = linux_start_thread,
	.join_thread = linux_join_thread,
	.watch_forks = hp_descriptors_watch,
	.forks = hp_descriptors_forks,
	.now_ms = linux_now_ms,
	.time_ns = linux_time_ns,
	.sleep_ms = linux_sleep_ms,
	.zalloc = linux_zalloc,
	.free = free,
	.store = linux_store,
};
