// SPDX-License-Identifier: MIT
/*
 * hugepersist doctor on the fake machine: every answer in each of its kinds.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cli/doctor/examine.h"
#include "../../lib/source/luo.h"
#include "suites.h"

#define KHO_DEBUGFS "/sys/kernel/debug/kho"
#define KEXEC_DISABLED "/proc/sys/kernel/kexec_load_disabled"
#define KEXEC_LIMIT "/proc/sys/kernel/kexec_load_limit_reboot"
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define IMA "/sys/kernel/security/ima/policy"
#define URING "/proc/sys/kernel/io_uring_disabled"
#define STATUS "/proc/self/status"
#define THP "/sys/kernel/mm/transparent_hugepage/"
#define CGROUP "/sys/fs/cgroup"

static struct doctor_opts opts;
static struct answers answers;
static const struct answer *found;

/* All that a good machine has beyond what the fake one shows by itself. */
static void good_machine(void)
{
	opts = (struct doctor_opts){
		.try = true,
		.page_size = 2 * MIB,
		.length = 2 * MIB,
	};
	fake.pool_1g_pages = 2;
	fake_set_text("/proc/cmdline", "quiet kho=on liveupdate=on ro");
	fake_set_text("CONFIG_LIVEUPDATE", "y");
	fake_set_text("CONFIG_KEXEC_HANDOVER", "y");
	fake_set_text(KEXEC_DISABLED, "0");
	fake_set_text(KEXEC_LIMIT, "-1");
	fake_set_text(LOCKDOWN, "[none] integrity confidentiality");
	fake_set_text("/proc/self/cgroup", "0::/");
	fake_set_text("/proc/self/mounts", "cgroup2 " CGROUP " cgroup2 rw 0 0");
	fake_set_text(URING, "0");
	fake_set_text(THP "shmem_enabled",
		      "always within_size [advise] never deny force");
	fake_setenv("NOTIFY_SOCKET", "/run/notify");
	fake_setenv("FDSTORE", "16");
}

static void drop(void)
{
	answers_free(&answers);
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	ck_assert_int_eq(fake.pool_used + fake.pool_1g_used, 0);
}

static void look(void)
{
	if (answers.first)
		drop();
	ok(doctor_examine(&fake_machine, &opts, &answers));
}

static void find(const char *id)
{
	found = answer_find(&answers, id);
	ck_assert_msg(found, "no answer %s", id);
	ck_assert_uint_gt(strlen(found->about), 10);
}

/* Probe again; a no and a not known say why, and what to do. */
static void ask(const char *id, enum answer_kind kind, const char *reason)
{
	look();
	find(id);
	ck_assert_msg(found->kind == kind, "%s: %s, not %s (%s)", id,
		      answer_word(found->kind), answer_word(kind),
		      found->reason);
	if (kind == ANSWER_YES) {
		ck_assert_str_eq(found->reason, "");
		ck_assert_str_eq(found->remedy, "");
		return;
	}
	ck_assert_msg(strstr(found->reason, reason), "%s: '%s' lacks '%s'", id,
		      found->reason, reason);
	ck_assert_msg(strlen(found->remedy) > 20, "%s: remedy '%s'", id,
		      found->remedy);
}

#define YES(id) ask(id, ANSWER_YES, "")
#define NO(id, reason) ask(id, ANSWER_NO, reason)
#define UNKNOWN(id, reason) ask(id, ANSWER_UNKNOWN, reason)

static const struct answer_value *value_of(const char *name)
{
	const struct answer_value *value;

	for (value = found->values; value; value = value->next)
		if (!strcmp(value->name, name))
			return value;
	return NULL;
}

static void expect_number(const char *id, const char *name, uint64_t number,
			  const char *unit)
{
	const struct answer_value *value;

	find(id);
	value = value_of(name);
	ck_assert_msg(value, "%s has no value %s", id, name);
	ck_assert(!value->is_text);
	ck_assert_uint_eq(value->number, number);
	ck_assert_str_eq(value->unit, unit);
}

static void expect_text(const char *id, const char *name, const char *text)
{
	const struct answer_value *value;

	find(id);
	value = value_of(name);
	ck_assert_msg(value, "%s has no value %s", id, name);
	ck_assert_str_eq(value->text, text);
}

/* -- The calls ------------------------------------------------------------- */

static const char *const ids[] = {
	"pages.2M",	     "pages.1G",	   "pages.sizes",
	"liveupdate.device", "liveupdate.enabled", "liveupdate.kho",
	"preserve.shmem",    "preserve.2M",	   "preserve.1G",
	"kexec.load",	     "kexec.unsigned",	   "cgroup.room",
	"process.io_uring",  "process.files",	   "process.memlock",
	"process.manager",   "shmem.huge",
};

START_TEST(a_good_machine_says_yes_to_all)
{
	unsigned int count = 0;

	good_machine();
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		YES(ids[i]);
	for (found = answers.first; found; found = found->next)
		count++;
	ck_assert_uint_eq(count, sizeof(ids) / sizeof(*ids));
	drop();
}
END_TEST

/* Wherever memory runs out, nothing is left. */
START_TEST(no_memory)
{
	int nth = 0, err;

	good_machine();
	do {
		fake.failed = false;
		fake.fail_call = CALL_ZALLOC;
		fake.fail_nth = ++nth;
		fake.fail_errno = ENOMEM;
		err = doctor_examine(&fake_machine, &opts, &answers);
		is(err, fake.failed ? -ENOMEM : 0);
		drop();
	} while (fake.failed);
	ck_assert_int_gt(nth, 30);
}
END_TEST

START_TEST(without_try_nothing_is_touched)
{
	good_machine();
	opts.try = false;
	UNKNOWN("liveupdate.device", "not tried");
	UNKNOWN("preserve.shmem", "not tried");
	UNKNOWN("preserve.2M", "not tried");
	UNKNOWN("preserve.1G", "not tried");
	UNKNOWN("process.io_uring", "not tried");
	YES("liveupdate.enabled");
	/* Live update is on, so there is kexec_file_load(2). */
	YES("kexec.load");
	ck_assert_int_eq(fake.calls[CALL_OPEN], 0);
	ck_assert_int_eq(fake.calls[CALL_CREATE_SESSION], 0);
	ck_assert_int_eq(fake.calls[CALL_PRESERVE_FD], 0);
	ck_assert_int_eq(fake.kexec_tries, 0);
	fake.open_error = EACCES;
	NO("liveupdate.device", "permission");
	UNKNOWN("preserve.2M", "permission");
	fake.hidden_device = true;
	NO("liveupdate.device", "hidden");
	drop();
}
END_TEST

/* -- Pools ----------------------------------------------------------------- */

START_TEST(pages)
{
	good_machine();
	fake_set_text("/sys/devices/system/node/online", "0-1,4");
	fake_set_text("/sys/devices/system/node/node4/hugepages/"
		      "hugepages-2048kB/nr_hugepages",
		      "7");
	fake_set_text("/sys/devices/system/node/node4/hugepages/"
		      "hugepages-2048kB/free_hugepages",
		      "5");
	YES("pages.2M");
	expect_number("pages.2M", "total", 64, "pages");
	expect_number("pages.2M", "free", 64, "pages");
	expect_number("pages.2M", "reserved", 0, "pages");
	expect_number("pages.2M", "surplus", 0, "pages");
	expect_number("pages.2M", "available", 64, "pages");
	expect_number("pages.2M", "node4.total", 7, "pages");
	expect_number("pages.2M", "node4.free", 5, "pages");
	find("pages.2M");
	ck_assert_ptr_null(value_of("node1.total"));
	ck_assert_ptr_null(value_of("node4.reserved"));
	expect_number("pages.sizes", "2M", 2 * MIB, "bytes");
	expect_number("pages.sizes", "1G", 1024 * MIB, "bytes");
	opts.length = 128 * MIB;
	YES("pages.2M");
	opts.length += 2 * MIB;
	NO("pages.2M", "64 of 65 pages");
	/* What is missing, and not by the switch of another page size. */
	ck_assert_ptr_nonnull(strstr(found->remedy,
				     "1 more are needed. As root: echo 65 > "
				     "/sys/kernel/mm/hugepages/"
				     "hugepages-2048kB/nr_hugepages"));
	YES("pages.1G");
	fake_set_text("/sys/kernel/mm/hugepages/hugepages-2048kB/"
		      "nr_overcommit_hugepages",
		      "9");
	UNKNOWN("pages.2M", "overcommit");
	fake.pool_1g_pages = 0;
	NO("pages.1G", "0 of 1 pages");
	fake.no_1g = true;
	NO("pages.1G", "no huge pages of 1G");
	find("pages.sizes");
	ck_assert_ptr_null(value_of("1G"));
	drop();
}
END_TEST

/* A size that other machines have, arm64 for one. */
START_TEST(pages_of_another_size)
{
	good_machine();
	fake_set_text("/sys/kernel/mm/hugepages/hugepages-64kB/free_hugepages",
		      "8");
	fake_set_text("/sys/kernel/mm/hugepages/hugepages-64kB/resv_hugepages",
		      "3");
	fake_set_text("/sys/kernel/mm/hugepages/hugepages-64kB/nr_hugepages",
		      "9");
	YES("pages.64K");
	expect_number("pages.64K", "available", 5, "pages");
	NO("preserve.64K", "huge pages of 64K");
	drop();
}
END_TEST

static int no_text(const char *path, char *buffer, size_t size)
{
	(void)path;
	(void)buffer;
	(void)size;
	return -ENOENT;
}

START_TEST(pages_without_sysfs)
{
	struct hp_sys hidden = fake_sys;
	struct machine machine = fake_machine;

	good_machine();
	hidden.read_text = no_text;
	machine.sys = &hidden;
	ok(doctor_examine(&machine, &opts, &answers));
	find("pages.2M");
	ck_assert_int_eq(found->kind, ANSWER_UNKNOWN);
	find("shmem.huge");
	ck_assert_int_eq(found->kind, ANSWER_UNKNOWN);
	/* That can be tried all the same. */
	find("preserve.2M");
	ck_assert_int_eq(found->kind, ANSWER_YES);
	drop();
}
END_TEST

START_TEST(no_huge_page_files)
{
	good_machine();
	fake.fail_call = CALL_MEMFD;
	fake.fail_nth = 1;
	fake.fail_on = true;
	fake.fail_errno = ENOSYS;
	NO("pages.sizes", "ENOSYS");
	fake.fail_errno = EMFILE;
	fake.fail_nth = 1;
	UNKNOWN("pages.sizes", "EMFILE");
	fake.fail_nth = 0;
	drop();
}
END_TEST

/* -- Live update ----------------------------------------------------------- */

START_TEST(device)
{
	good_machine();
	fake.open_error = EACCES;
	NO("liveupdate.device", "EACCES");
	UNKNOWN("preserve.shmem", "EACCES");
	fake.open_error = EPERM;
	NO("liveupdate.device", "EPERM");
	fake.open_error = EIO;
	NO("liveupdate.device", "out of order");
	NO("preserve.1G", "out of order");
	fake.open_error = EMFILE;
	UNKNOWN("liveupdate.device", "EMFILE");
	UNKNOWN("preserve.2M", "EMFILE");
	fake.open_error = 0;
	fake.hidden_device = true;
	NO("liveupdate.device", "PrivateDevices=");
	fake.hidden_proc = true;
	UNKNOWN("liveupdate.device", "/proc/misc");
	fake.hidden_proc = false;
	fake.hidden_device = false;
	fake.no_device = true;
	NO("liveupdate.device", "switched off or not built in");
	NO("preserve.2M", "switched off or not built in");
	drop();
}
END_TEST

START_TEST(device_that_is_busy)
{
	good_machine();
	fake.busy_until = fake.now + 100;
	NO("liveupdate.device", "Another process");
	ck_assert_ptr_nonnull(strstr(found->remedy, "fuser"));
	opts.timeout_ms = 50;
	NO("liveupdate.device", "50 ms");
	opts.timeout_ms = 200;
	YES("liveupdate.device");
	drop();
}
END_TEST

START_TEST(command_line)
{
	good_machine();
	fake.no_device = true;
	NO("liveupdate.enabled", "could not start");
	UNKNOWN("liveupdate.kho", "nothing shows");
	fake_set_text(KHO_DEBUGFS, "there");
	YES("liveupdate.kho");
	fake_set_text(KHO_DEBUGFS, NULL);
	fake_set_text("/proc/cmdline", "kho=on kho=off liveupdate=0 quiet");
	NO("liveupdate.enabled", "switches it off");
	NO("liveupdate.kho", "switches it off");
	/* An odd one does not undo one that is understood. */
	fake_set_text("/proc/cmdline", "kho=n kho=maybe liveupdate=o");
	NO("liveupdate.enabled", "not understand");
	NO("liveupdate.kho", "switches it off");
	fake_set_text("/proc/cmdline", "kho=?? xliveupdate=on liveupdate");
	NO("liveupdate.enabled", "not on the kernel's command line");
	NO("liveupdate.kho", "not understand");
	fake_set_text("/proc/cmdline", "quiet");
	NO("liveupdate.kho", "not on the kernel's command line");
	fake_set_text("CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT", "y");
	UNKNOWN("liveupdate.kho", "default");
	fake_set_text("/proc/cmdline", NULL);
	NO("liveupdate.enabled", "/proc/misc");
	UNKNOWN("liveupdate.kho", "/proc/cmdline");
	fake_set_text("CONFIG_LIVEUPDATE", NULL);
	fake_set_text("CONFIG_KEXEC_HANDOVER", NULL);
	NO("liveupdate.enabled", "CONFIG_LIVEUPDATE");
	NO("liveupdate.kho", "CONFIG_KEXEC_HANDOVER");
	fake.hidden_proc = true;
	UNKNOWN("liveupdate.enabled", "/proc/misc");
	drop();
}
END_TEST

START_TEST(preserve)
{
	good_machine();
	fake.no_handler = true;
	YES("preserve.shmem");
	NO("preserve.2M", "ENOENT");
	NO("preserve.1G", "ENOENT");
	fake.no_handler = false;
	fake.pool_1g_pages = 0;
	UNKNOWN("preserve.1G", "No huge page of 1G is free");
	YES("preserve.2M");
	fake.no_1g = true;
	NO("preserve.1G", "no huge pages of 1G");
	drop();
}
END_TEST

static void failing(enum fake_call call, int errnum)
{
	fake.fail_call = call;
	fake.fail_nth = 1;
	fake.fail_on = true;
	fake.fail_errno = errnum;
}

START_TEST(preserve_errors)
{
	good_machine();
	failing(CALL_PRESERVE_FD, ENOENT);
	NO("preserve.shmem", "ENOENT");
	failing(CALL_PRESERVE_FD, EOPNOTSUPP);
	NO("preserve.2M", "EOPNOTSUPP");
	ck_assert_ptr_nonnull(strstr(found->remedy, "hugetlb_cma"));
	failing(CALL_PRESERVE_FD, ENOMEM);
	UNKNOWN("preserve.2M", "ENOMEM");
	failing(CALL_PRESERVE_FD, EIO);
	UNKNOWN("preserve.1G", "EIO");
	failing(CALL_CREATE_SESSION, ENOENT);
	UNKNOWN("preserve.2M", "CREATE_SESSION");
	failing(CALL_SET_LENGTH, EINVAL);
	UNKNOWN("preserve.2M", "ftruncate");
	failing(CALL_MEMFD, EMFILE);
	UNKNOWN("preserve.shmem", "memfd_create: EMFILE");
	fake.fail_nth = 0;
	fake.random_error = EAGAIN;
	UNKNOWN("preserve.shmem", "EAGAIN");
	drop();
}
END_TEST

static char session_name[LUO_NAME_SIZE];
static bool device_was_open;

static int watch_ioctl(int fd, unsigned long request, void *arg)
{
	if (request == LUO_PRESERVE_FD) {
		int other = fake_sys.open(LUO_DEVICE);

		device_was_open |= other < 0;
		if (other >= 0)
			fake_sys.close(other);
	}
	return fake_sys.ioctl(fd, request, arg);
}

static int watch_ioctl_fd(int fd, unsigned long request, void *arg,
			  const int32_t *arg_fd)
{
	if (request == LUO_CREATE_SESSION)
		strcpy(session_name, ((struct luo_session_arg *)arg)->name);
	return fake_sys.ioctl_fd(fd, request, arg, arg_fd);
}

/* The name is one of its own; the device is closed before pages are filled. */
START_TEST(preserve_disturbs_nobody)
{
	struct hp_sys watched = fake_sys;
	struct machine machine = fake_machine;

	good_machine();
	watched.ioctl = watch_ioctl;
	watched.ioctl_fd = watch_ioctl_fd;
	device_was_open = false;
	machine.sys = &watched;
	ok(doctor_examine(&machine, &opts, &answers));
	ck_assert_str_eq(session_name, "hugepersist-doctor-5a5a5a5a5a5a5a5a");
	ck_assert(!device_was_open);
	ck_assert_int_eq(fake.calls[CALL_RETRIEVE_SESSION], 0);
	drop();
}
END_TEST

/* What came back, and what is preserved already, stays as it is. */
START_TEST(preserve_leaves_data_alone)
{
	struct hp_session *db;
	struct hp_region *r;

	live_update();
	good_machine();
	ok(doctor_examine(&fake_machine, &opts, &answers));
	answers_free(&answers);
	fake_setenv("NOTIFY_SOCKET", NULL);
	ok(open_session("db", &db));
	ok(hp_region_reclaim(db, POOL, NULL, &r));
	check_filled(r);
	ok(hp_region_reclaim(db, INDEX, NULL, &r));
	ok(hp_session_commit(db, 0));
	ok(hp_region_preserve(r));
	ok(doctor_examine(&fake_machine, &opts, &answers));
	find("preserve.2M");
	ck_assert_int_eq(found->kind, ANSWER_YES);
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	answers_free(&answers);
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
}
END_TEST

/* -- kexec ----------------------------------------------------------------- */

START_TEST(kexec_load)
{
	good_machine();
	fake_set_text(KEXEC_LIMIT, NULL);
	YES("kexec.load");
	ck_assert_int_eq(fake.kexec_tries, 1);
	fake.kexec_error = ENOSYS;
	NO("kexec.load", "CONFIG_KEXEC_FILE");
	fake.kexec_error = EPERM;
	NO("kexec.load", "EPERM");
	fake.kexec_error = EBUSY;
	UNKNOWN("kexec.load", "EBUSY");
	/* A load that counts is not used up. */
	fake.kexec_tries = 0;
	fake_set_text(KEXEC_LIMIT, "3");
	YES("kexec.load");
	expect_number("kexec.load", "limit", 3, "loads");
	fake.no_device = true;
	UNKNOWN("kexec.load", "use up a load");
	opts.try = false;
	UNKNOWN("kexec.load", "not tried");
	opts.try = true;
	ck_assert_int_eq(fake.kexec_tries, 0);
	fake_set_text(KEXEC_LIMIT, "0");
	NO("kexec.load", "kexec_load_limit_reboot=0");
	fake_set_text(KEXEC_LIMIT, "-1");
	fake.lacks = UINT64_C(1) << CAP_SYS_BOOT;
	NO("kexec.load", "CAP_SYS_BOOT");
	fake.lacks = 0;
	fake_set_text(KEXEC_DISABLED, "1");
	NO("kexec.load", "kexec_load_disabled=1");
	fake_set_text(KEXEC_DISABLED, "");
	UNKNOWN("kexec.load", "EACCES");
	fake_set_text(KEXEC_DISABLED, NULL);
	NO("kexec.load", "without kexec");
	fake.hidden_proc = true;
	UNKNOWN("kexec.load", "ENOENT");
	drop();
}
END_TEST

START_TEST(kexec_unsigned)
{
	good_machine();
	fake_set_text(LOCKDOWN, "none [integrity] confidentiality");
	NO("kexec.unsigned", "integrity");
	expect_text("kexec.unsigned", "lockdown", "integrity");
	fake_set_text(LOCKDOWN, "none integrity [confidentiality]");
	NO("kexec.unsigned", "confidentiality");
	fake_set_text(LOCKDOWN, "[none] integrity confidentiality");
	fake_set_text(IMA, "measure func=KEXEC_KERNEL_CHECK\n"
			   "appraise func=MODULE_CHECK");
	YES("kexec.unsigned");
	fake_set_text(IMA, "dont_measure fsmagic=0x9fa0\n"
			   "appraise func=KEXEC_KERNEL_CHECK");
	NO("kexec.unsigned", "IMA");
	fake_set_text(IMA, NULL);
	fake_set_text("CONFIG_KEXEC_SIG_FORCE", "y");
	NO("kexec.unsigned", "CONFIG_KEXEC_SIG_FORCE");
	fake_set_text("CONFIG_KEXEC_SIG_FORCE", NULL);
	fake.hidden_config = true;
	UNKNOWN("kexec.unsigned", "/proc/config.gz");
	fake_set_text(LOCKDOWN, NULL);
	UNKNOWN("kexec.unsigned", "ENOENT");
	fake_set_text("/sys/kernel/security/lsm", "capability");
	UNKNOWN("kexec.unsigned", "/proc/config.gz");
	fake.hidden_config = false;
	YES("kexec.unsigned");
	fake_set_text("/sys/kernel/security/lsm", NULL);
	YES("kexec.unsigned");
	fake_set_text("CONFIG_SECURITY_LOCKDOWN_LSM", "y");
	UNKNOWN("kexec.unsigned", "ENOENT");
	fake_set_text(LOCKDOWN, "neither");
	UNKNOWN("kexec.unsigned", "EPROTO");
	drop();
}
END_TEST

/* -- cgroup ---------------------------------------------------------------- */

static void limit(const char *path, const char *most_file, const char *most,
		  const char *used_file, const char *used)
{
	char name[128];

	(void)snprintf(name, sizeof(name), CGROUP "%s/%s", path, most_file);
	fake_set_text(name, most);
	(void)snprintf(name, sizeof(name), CGROUP "%s/%s", path, used_file);
	fake_set_text(name, used);
}

START_TEST(cgroup_two)
{
	good_machine();
	opts.length = 8 * MIB;
	fake_set_text("/proc/self/cgroup", "0::/app/db");
	limit("/app/db", "hugetlb.2MB.max", "max", "hugetlb.2MB.current", "0");
	limit("/app/db", "hugetlb.1GB.max", "0", "hugetlb.1GB.current", "0");
	YES("cgroup.room");
	ck_assert_ptr_null(found->values);
	limit("/app/db", "hugetlb.2MB.max", "16777216", "hugetlb.2MB.current",
	      "8388608");
	YES("cgroup.room");
	expect_number("cgroup.room", "room", 8 * MIB, "bytes");
	opts.length += 2 * MIB;
	NO("cgroup.room", "hugetlb.2MB.max of cgroup /app/db is 16777216");
	ck_assert_ptr_nonnull(strstr(found->remedy, "echo 18874368 > " CGROUP
						    "/app/db/hugetlb.2MB.max"));
	opts.length = 2 * MIB;
	/* Up the tree; a reservation counts as well. */
	limit("/app", "hugetlb.2MB.rsvd.max", "4194304",
	      "hugetlb.2MB.rsvd.current", "4194304");
	NO("cgroup.room", "hugetlb.2MB.rsvd.max of cgroup /app is");
	expect_number("cgroup.room", "room", 0, "bytes");
	limit("/app", "hugetlb.2MB.rsvd.max", "max", "hugetlb.2MB.rsvd.current",
	      "4194304");
	/* Which page size is asked about decides which limit counts. */
	opts.page_size = HP_PAGE_1G;
	opts.length = HP_PAGE_1G;
	NO("cgroup.room", "hugetlb.1GB.max of cgroup /app/db is 0");
	opts.page_size = 2 * MIB;
	opts.length = 2 * MIB;
	limit("/app", "hugetlb.2MB.rsvd.max", "", "hugetlb.2MB.rsvd.current",
	      "0");
	UNKNOWN("cgroup.room", "EACCES");
	drop();
}
END_TEST

START_TEST(cgroup_memory)
{
	good_machine();
	fake_set_text("/proc/self/cgroup", "0::/app");
	limit("/app", "memory.max", "1000000", "memory.current", "900000");
	YES("cgroup.room");
	fake_set_text("/proc/self/mounts", "tmpfs /tmp tmpfs rw 0 0\n"
					   "cgroup2 " CGROUP " cgroup2 "
					   "rw,memory_hugetlb_accounting 0 0");
	NO("cgroup.room", "memory.max of cgroup /app is 1000000");
	drop();
}
END_TEST

START_TEST(cgroup_one)
{
	good_machine();
	fake_set_text("/proc/self/cgroup", "7:hugetlb:/app\n5:memory:/\n0::/");
	fake_set_text("/proc/self/mounts",
		      "tmpfs " CGROUP " tmpfs rw 0 0\n"
		      "cgroup " CGROUP "/memory cgroup rw,memory 0 0\n"
		      "cgroup " CGROUP "/hugetlb cgroup rw,hugetlb 0 0\n"
		      "cgroup2 " CGROUP "/unified cgroup2 rw 0 0");
	limit("/hugetlb/app", "hugetlb.2MB.limit_in_bytes",
	      "9223372036852678656", "hugetlb.2MB.usage_in_bytes", "0");
	YES("cgroup.room");
	limit("/hugetlb/app", "hugetlb.2MB.limit_in_bytes", "2097152",
	      "hugetlb.2MB.usage_in_bytes", "2097152");
	NO("cgroup.room", "hugetlb.2MB.limit_in_bytes of cgroup /app");
	drop();
}
END_TEST

/* As on a machine with hundreds of containers. */
START_TEST(cgroup_behind_many_mounts)
{
	static const char line[] = "tmpfs /run/a/container tmpfs rw 0 0\n";
	const size_t count = 5000, length = strlen(line);
	char *mounts = calloc(1, count * length + 200);

	ck_assert_ptr_nonnull(mounts);
	good_machine();
	for (size_t i = 0; i < count; i++)
		memcpy(mounts + i * length, line, length);
	strcpy(mounts + count * length, "cgroup2 " CGROUP " cgroup2 rw 0 0");
	ck_assert_uint_gt(strlen(mounts), 65536);
	fake_set_text("/proc/self/mounts", mounts);
	fake_set_text("/proc/self/cgroup", "0::/app");
	limit("/app", "hugetlb.2MB.max", "4194304", "hugetlb.2MB.current",
	      "4194304");
	NO("cgroup.room", "hugetlb.2MB.max of cgroup /app is 4194304");
	drop();
	free(mounts);
}
END_TEST

static int endless_text(const char *path, char *buffer, size_t size)
{
	return strcmp(path, "/proc/self/mounts") ?
		       fake_sys.read_text(path, buffer, size) :
		       -E2BIG;
}

START_TEST(cgroup_behind_endless_mounts)
{
	struct hp_sys endless = fake_sys;
	struct machine machine = fake_machine;

	good_machine();
	endless.read_text = endless_text;
	machine.sys = &endless;
	ok(doctor_examine(&machine, &opts, &answers));
	find("cgroup.room");
	ck_assert_int_eq(found->kind, ANSWER_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(found->reason, "E2BIG"));
	drop();
}
END_TEST

START_TEST(cgroup_hidden)
{
	good_machine();
	fake_set_text("/proc/self/mounts", "proc /proc proc rw 0 0");
	UNKNOWN("cgroup.room", "not in a mounted hierarchy");
	fake_set_text("/proc/self/mounts", "");
	UNKNOWN("cgroup.room", "/proc/self/mounts: EACCES");
	fake_set_text("/proc/self/mounts", "cgroup2 /cg cgroup2 rw 0 0");
	fake_set_text("/proc/self/cgroup", "0::/../..");
	UNKNOWN("cgroup.room", "not in a mounted hierarchy");
	fake_set_text("/proc/self/cgroup", "0::/app");
	fake_set_text("/cg/app/hugetlb.2MB.max", "0");
	fake_set_text("/cg/app/hugetlb.2MB.current", "0");
	NO("cgroup.room", "hugetlb.2MB.max of cgroup /app is 0");
	fake_set_text("/proc/self/cgroup", NULL);
	YES("cgroup.room");
	fake_set_text("/proc/self/cgroup", "");
	UNKNOWN("cgroup.room", "EACCES");
	fake.hidden_proc = true;
	UNKNOWN("cgroup.room", "ENOENT");
	drop();
}
END_TEST

/* -- The process ----------------------------------------------------------- */

START_TEST(io_uring)
{
	good_machine();
	fake.uring_error = EPERM;
	NO("process.io_uring", "seccomp filter or a security policy");
	fake_set_text(STATUS, "Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1\n");
	NO("process.io_uring", "by a seccomp filter.");
	fake_set_text(STATUS, "Name:\tx\nSeccomp:\t0\nSeccomp_filters:\t0\n");
	NO("process.io_uring", "by a security policy.");
	fake.uring_error = ENOSYS;
	fake_set_text(URING, NULL);
	NO("process.io_uring", "built without io_uring.");
	fake_set_text(URING, "0");
	NO("process.io_uring", "seccomp filter hides");
	fake_set_text(URING, NULL);
	fake_set_text(STATUS, NULL);
	NO("process.io_uring", "without io_uring, or a seccomp");
	fake.uring_error = ENOMEM;
	UNKNOWN("process.io_uring", "ENOMEM");
	fake_set_text(URING, "1");
	fake.uring_error = 0;
	YES("process.io_uring");
	expect_number("process.io_uring", "disabled", 1, "");
	fake.uring_error = EPERM;
	/* Which that switch does not stop. */
	NO("process.io_uring", "seccomp filter");
	fake.lacks |= UINT64_C(1) << CAP_SYS_ADMIN;
	NO("process.io_uring", "io_uring_group");
	fake.lacks = 0;
	fake_set_text(URING, "2");
	NO("process.io_uring", "switched off for all");
	fake_set_text(URING, NULL);
	fake.uring_error = 0;
	YES("process.io_uring");
	drop();
}
END_TEST

START_TEST(limits)
{
	good_machine();
	fake.limit_files = 16;
	YES("process.files");
	expect_number("process.files", "soft", 16, "files");
	expect_number("process.files", "hard", UINT64_MAX, "files");
	fake.limit_files = 15;
	NO("process.files", "15");
	opts.length = 8 * MIB;
	YES("process.memlock");
	opts.length += 2 * MIB;
	YES("process.memlock"); /* CAP_IPC_LOCK */
	fake.lacks = UINT64_C(1) << CAP_IPC_LOCK;
	NO("process.memlock", "8388608");
	expect_number("process.memlock", "soft", 8 * MIB, "bytes");
	fake.limit_pinned = UINT64_MAX;
	YES("process.memlock");
	fake.limit_error = EPERM;
	UNKNOWN("process.files", "EPERM");
	UNKNOWN("process.memlock", "EPERM");
	drop();
}
END_TEST

START_TEST(manager)
{
	good_machine();
	YES("process.manager");
	expect_text("process.manager", "FDSTORE", "16");
	fake_setenv("FDSTORE", NULL);
	UNKNOWN("process.manager", "FDSTORE");
	fake_setenv("NOTIFY_SOCKET", NULL);
	NO("process.manager", "NOTIFY_SOCKET");
	drop();
}
END_TEST

/* -- Transparent huge pages ------------------------------------------------ */

START_TEST(shmem)
{
	static const char *const good[] = {
		"[always] within_size advise never deny force",
		"always [within_size] advise never deny force",
		"always within_size advise never deny [force]",
	};

	good_machine();
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		fake_set_text(THP "shmem_enabled", good[i]);
		YES("shmem.huge");
	}
	fake_set_text(THP "shmem_enabled",
		      "always within_size advise [never] deny force");
	NO("shmem.huge", "is never");
	expect_text("shmem.huge", "policy", "never");
	fake_set_text(THP "hugepages-2048kB/shmem_enabled",
		      "always [inherit] within_size advise never");
	NO("shmem.huge", "is inherit");
	fake_set_text(THP "hugepages-2048kB/shmem_enabled",
		      "always inherit within_size [advise] never");
	YES("shmem.huge");
	expect_text("shmem.huge", "policy.2M", "advise");
	fake_set_text(THP "shmem_enabled",
		      "always within_size advise never [deny] force");
	NO("shmem.huge", "is deny");
	fake_set_text(THP "shmem_enabled",
		      "[always] within_size advise never deny force");
	fake_set_text(THP "hugepages-2048kB/shmem_enabled",
		      "always inherit within_size advise [never]");
	NO("shmem.huge", "for pages of 2M is never");
	ck_assert_ptr_nonnull(strstr(found->remedy, "hugepages-2048kB"));
	/* On another machine the large page is another one. */
	fake_set_text(THP "hpage_pmd_size", "33554432");
	YES("shmem.huge");
	expect_number("shmem.huge", "page_size", 32 * MIB, "bytes");
	fake_set_text(THP "hpage_pmd_size", "2097152");
	fake_set_text(THP "hugepages-2048kB/shmem_enabled", "");
	UNKNOWN("shmem.huge", "EACCES");
	fake_set_text(THP "shmem_enabled", "");
	UNKNOWN("shmem.huge", "EACCES");
	fake_set_text(THP "shmem_enabled", NULL);
	NO("shmem.huge", "no transparent huge pages");
	drop();
}
END_TEST

Suite *doctor_suite(void)
{
	const TTest *const tests[] = {
		a_good_machine_says_yes_to_all,
		no_memory,
		without_try_nothing_is_touched,
		pages,
		pages_of_another_size,
		pages_without_sysfs,
		no_huge_page_files,
		device,
		device_that_is_busy,
		command_line,
		preserve,
		preserve_errors,
		preserve_disturbs_nobody,
		preserve_leaves_data_alone,
		kexec_load,
		kexec_unsigned,
		cgroup_two,
		cgroup_memory,
		cgroup_one,
		cgroup_behind_many_mounts,
		cgroup_behind_endless_mounts,
		cgroup_hidden,
		io_uring,
		limits,
		manager,
		shmem,
		NULL,
	};

	return suite_of("doctor", tests);
}
