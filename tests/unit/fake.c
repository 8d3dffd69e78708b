// SPDX-License-Identifier: MIT
/*
 * Fake kernel: the table of system calls, and how they are made to fail.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "fake_kernel.h"

struct fake fake;

/* Recursive: on_store and on_preserve may call in again. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void fake_lock(void)
{
	pthread_mutex_lock(&lock);
}

void fake_unlock(const int *unused)
{
	(void)unused;
	pthread_mutex_unlock(&lock);
}

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

/* Its owner is a thread of the parent, so that nobody could unlock it here. */
static void in_child(void)
{
	lock = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
}

void fake_survive_fork(void)
{
	check(!pthread_atfork(before_fork, in_parent, in_child));
}

/* -- Counting and failing -------------------------------------------------- */

static const char *const names[CALL_KINDS] = {
	[CALL_OPEN] = "open",
	[CALL_LISTS_DRIVER] = "lists_driver",
	[CALL_MEMFD] = "memfd",
	[CALL_SET_LENGTH] = "set_length",
	[CALL_ALLOCATE] = "allocate",
	[CALL_FILE_INFO] = "file_info",
	[CALL_FIND_DATA] = "find_data",
	[CALL_READ_AT] = "read_at",
	[CALL_MAP] = "map",
	[CALL_ZALLOC] = "zalloc",
	[CALL_CREATE_SESSION] = "CREATE_SESSION",
	[CALL_RETRIEVE_SESSION] = "RETRIEVE_SESSION",
	[CALL_PRESERVE_FD] = "PRESERVE_FD",
	[CALL_RETRIEVE_FD] = "RETRIEVE_FD",
	[CALL_FINISH] = "FINISH",
	[CALL_DUPLICATE] = "duplicate",
	[CALL_REOPEN] = "reopen",
	[CALL_MOVE] = "move",
	[CALL_SEAL_LENGTH] = "seal_length",
	[CALL_LOCK] = "lock",
	[CALL_IS_LOCKED] = "is_locked",
	[CALL_LOCK_WHOLE] = "lock_whole",
	[CALL_RANDOM] = "random",
	[CALL_NOTIFY] = "notify",
	[CALL_PIPE] = "pipe",
	[CALL_WAIT_HANGUP] = "wait_hangup",
	[CALL_POPULATE] = "populate",
	[CALL_POPULATE_READ] = "populate_read",
	[CALL_ADVISE_HUGE] = "advise_huge",
	[CALL_COLLAPSE] = "collapse",
	[CALL_COUNT_HUGE] = "count_huge",
	[CALL_SET_POLICY] = "set_policy",
	[CALL_FIND_MAPPING] = "find_mapping",
	[CALL_OPEN_MAPPING] = "open_mapping",
	[CALL_READ_TEXT] = "read_text",
	[CALL_WRITE_TEXT] = "write_text",
	[CALL_READ_FD_LINK] = "read_fd_link",
	[CALL_KERNEL_RELEASE] = "kernel_release",
	[CALL_ENVIRONMENT] = "environment",
	[CALL_WATCH_FORKS] = "watch_forks",
	[CALL_START_THREAD] = "start_thread",
	[CALL_CLOSE] = "close",
	[CALL_LEAVE] = "leave",
	[CALL_UNMAP] = "unmap",
	[CALL_FREE] = "free",
	[CALL_STORE] = "store",
};

const char *fake_call_name(enum fake_call call)
{
	check(call < CALL_KINDS && names[call]);
	return names[call];
}

/* True: the machine goes now. */
static bool count(enum fake_call call, int *ret_err)
{
	LOCKED();
	fake.calls[call]++;
	if (fake.stop_at && --fake.stop_at == 0)
		return true;
	if (fake.fail_nth && fake.fail_call == call) {
		if (fake.fail_nth > 1) {
			fake.fail_nth--;
		} else {
			fake.fail_nth = fake.fail_on;
			fake.failed = true;
			*ret_err = -fake.fail_errno;
		}
	}
	return false;
}

/* Without the lock: on_call may end the thread, and stop leaves it open. */
int called(enum fake_call call)
{
	int err = 0;

	if (fake.on_call)
		fake.on_call();
	if (count(call, &err))
		longjmp(fake.stop, 1);
	return err;
}

/* -- The rest of the table ------------------------------------------------- */

static int fake_open(const char *path)
{
	int err = called(CALL_OPEN);

	check(!strcmp(path, LUO_DEVICE));
	if (err)
		return err;
	LOCKED();
	return fd_take(luo_open());
}

static int fake_lists_driver(const char *table, const char *name)
{
	int err = called(CALL_LISTS_DRIVER);

	check(!strcmp(table, LUO_DRIVERS) && !strcmp(name, LUO_DRIVER));
	return err ? err : !fake.no_device && !fake.hidden_proc;
}

static int fake_has_capability(int capability)
{
	LOCKED();
	return !(fake.lacks >> capability & 1);
}

static int fake_get_limit(int resource, uint64_t *ret_soft, uint64_t *ret_hard)
{
	LOCKED();
	check(resource == RLIMIT_NOFILE || resource == RLIMIT_MEMLOCK);
	if (fake.limit_error)
		return -fake.limit_error;
	if (resource == RLIMIT_NOFILE)
		*ret_soft = fake.limit_files ? fake.limit_files : 1024;
	else
		*ret_soft = fake.limit_pinned ? fake.limit_pinned : 8 << 20;
	*ret_hard = UINT64_MAX;
	return 0;
}

static int fake_try_uring(void)
{
	LOCKED();
	return -fake.uring_error;
}

static int fake_try_kexec_file(void)
{
	LOCKED();
	fake.kexec_tries++;
	return fake.kexec_error ? -fake.kexec_error : -EINVAL;
}

static int fake_random_bytes(void *buffer, size_t size)
{
	LOCKED();
	if (fake.random_error)
		return -fake.random_error;
	memset(buffer, 0x5a, size);
	return 0;
}

/* Numbers that do not repeat, the same in each run. */
static int fake_random(uint64_t *ret_number)
{
	int err = called(CALL_RANDOM);
	uint64_t z;

	if (err)
		return err;
	LOCKED();
	z = ++fake.randoms * UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	*ret_number = z ^ z >> 31;
	return 0;
}

static int fake_watch_forks(void)
{
	int err = called(CALL_WATCH_FORKS);

	if (err)
		return err;
	LOCKED();
	running()->watched = true;
	return 0;
}

static unsigned int fake_forks(void)
{
	return fake.forks;
}

static uint64_t fake_now_ms(void)
{
	LOCKED();
	return fake.now;
}

/* A day in 2026, and a minute for each kernel. */
static uint64_t fake_time_ns(void)
{
	LOCKED();
	return (UINT64_C(1790000000000) + fake.boots * UINT64_C(60000) +
		fake.now) *
	       1000000;
}

static void fake_sleep_ms(unsigned int ms)
{
	check(ms > 0);
	LOCKED();
	fake.now += ms;
	manager_run();
}

static void fake_store(uint64_t *address, uint64_t value)
{
	called(CALL_STORE);
	if (fake.on_store)
		fake.on_store();
	__atomic_store_n(address, value, __ATOMIC_RELEASE);
}

/* Real ones: that is what a kernel of several processors is about. */
static int fake_start_thread(pthread_t *ret_thread, void *(*run)(void *),
			     void *argument)
{
	int err = called(CALL_START_THREAD);

	if (err)
		return err;
	err = hp_sys_linux.start_thread(ret_thread, run, argument);
	check(!err);
	LOCKED();
	fake.threads++;
	return 0;
}

static void fake_join_thread(pthread_t thread)
{
	hp_sys_linux.join_thread(thread);
	LOCKED();
	check(fake.threads > 0);
	fake.threads--;
}

const struct hp_sys fake_sys = {
	.open = fake_open,
	.close = fake_close,
	.duplicate = fake_duplicate,
	.reopen = fake_reopen,
	.move = fake_move,
	.leave = fake_leave,
	.is_session = fake_is_session,
	.ioctl = luo_ioctl,
	.ioctl_fd = luo_ioctl_fd,
	.lists_driver = fake_lists_driver,
	.memfd = fake_memfd,
	.set_length = fake_set_length,
	.seal_length = fake_seal_length,
	.allocate = fake_allocate,
	.file_info = fake_file_info,
	.find_data = fake_find_data,
	.lock = fake_lock_file,
	.is_locked = fake_is_locked,
	.lock_whole = fake_lock_whole,
	.read_at = fake_read_at,
	.map = fake_map,
	.unmap = fake_unmap,
	.populate = fake_populate,
	.populate_read = fake_populate_read,
	.advise_huge = fake_advise_huge,
	.collapse = fake_collapse,
	.count_huge = fake_count_huge,
	.set_policy = fake_set_policy,
	.find_mapping = fake_find_mapping,
	.open_mapping = fake_open_mapping,
	.read_text = fake_read_text,
	.write_text = fake_write_text,
	.read_fd_link = fake_read_fd_link,
	.kernel_release = fake_kernel_release,
	.environment = fake_environment,
	.process_id = fake_process_id,
	.random = fake_random,
	.notify = fake_notify,
	.pipe = fake_pipe,
	.wait_hangup = fake_wait_hangup,
	.start_thread = fake_start_thread,
	.join_thread = fake_join_thread,
	.watch_forks = fake_watch_forks,
	.forks = fake_forks,
	.now_ms = fake_now_ms,
	.time_ns = fake_time_ns,
	.sleep_ms = fake_sleep_ms,
	.zalloc = fake_zalloc,
	.free = fake_free,
	.store = fake_store,
};

const struct machine fake_machine = {
	.sys = &fake_sys,
	.kernel_config = fake_kernel_config,
	.can_see = fake_can_see,
	.can_use = fake_can_use,
	.has_capability = fake_has_capability,
	.get_limit = fake_get_limit,
	.try_uring = fake_try_uring,
	.try_kexec_file = fake_try_kexec_file,
	.random = fake_random_bytes,
	.environment = fake_variable,
};
