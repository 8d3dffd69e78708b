// SPDX-License-Identifier: MIT
/*
 * Lines of /proc/self/maps: those that Linux writes are understood, and nothing
 * else is. And the real table that reads them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../../lib/system/text.h"
#include "suites.h"

START_TEST(line_of_a_file)
{
	struct hp_mapping m;

	ok(hp_text_mapping("7f0000400000-7f0000800000 rw-s 00200000 "
			   "00:0f 12345   /memfd:pool (deleted)\n",
			   &m));
	ck_assert_uint_eq(m.start, UINT64_C(0x7f0000400000));
	ck_assert_uint_eq(m.end, UINT64_C(0x7f0000800000));
	ck_assert_uint_eq(m.offset, 0x200000);
	ck_assert_uint_eq(m.device, makedev(0, 0x0f));
	ck_assert_uint_eq(m.inode, 12345);
	ck_assert(m.shared && m.writable);
}
END_TEST

START_TEST(line_of_no_file)
{
	struct hp_mapping m;

	ok(hp_text_mapping("ffffffffff600000-ffffffffff601000 r-xp "
			   "00000000 103:02 0 [vsyscall]\n",
			   &m));
	ck_assert_uint_eq(m.end, UINT64_C(0xffffffffff601000));
	ck_assert_uint_eq(m.device, makedev(0x103, 2));
	ck_assert_uint_eq(m.inode, 0);
	ck_assert(!m.shared && !m.writable);
}
END_TEST

static const char *const bad_lines[] = {
	"",
	"\n",
	"1000",
	"1000-",
	"1000-2000",
	"1000-2000 ",
	"1000-2000 rw-s",
	"1000-2000 rw-s ",
	"1000-2000 rw-x 0 00:00 0 ",
	"1000-2000 xw-s 0 00:00 0 ",
	"1000-2000 rws 0 00:00 0 ",
	"1000-2000 rw-s 0 00:00 ",
	"1000-2000 rw-s 0 00:00 1f ",
	"1000-2000 rw-s 0 0000 0 ",
	"1000-2000 rw-s -1 00:00 0 ",
	"1000-2000 rw-s 0x1 00:00 0 ",
	"1000-2000 rw-s 0 00:00 99999999999999999999999 ",
	"2000-1000 rw-s 0 00:00 0 ",
	"1000-1000 rw-s 0 00:00 0 ",
	" 1000-2000 rw-s 0 00:00 0 ",
	"+1000-2000 rw-s 0 00:00 0 ",
	"10000000000000000-20000000000000000 rw-s 0 00:00 0 ",
	"1000-2000 rw-s 0 100000000:00 0 ",
	"1000-2000 rw-s 0 00:100000000 0 ",
	"1000-2000 rw-s 0 00:00 +1 ",
	"1000-2000 rw-s 1A 00:00 0 ",
};

START_TEST(line_that_is_none)
{
	struct hp_mapping m, before;

	memset(&m, 0x77, sizeof(m));
	before = m;
	is(hp_text_mapping(bad_lines[_i], &m), -EPROTO);
	ck_assert_mem_eq(&m, &before, sizeof(m));
}
END_TEST

/* The file itself, for who has CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE. */
static void check_opens(const struct hp_mapping *m)
{
	struct hp_file_info info;
	int fd = hp_sys_linux.open_mapping(m);

	if (fd < 0) {
		ck_assert(fd == -EPERM || fd == -EACCES);
		return;
	}
	ok(hp_sys_linux.file_info(fd, &info));
	ck_assert_uint_eq(info.device, m->device);
	ck_assert_uint_eq(info.inode, m->inode);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	hp_sys_linux.close(fd);
}

#define LARGE 65536 /* a multiple of the base page of any processor */

/* Of this process: what the fake kernel stands for. */
START_TEST(real_mappings)
{
	const struct hp_sys *sys = &hp_sys_linux;
	struct hp_mapping m;
	struct stat st;
	char *shared, *private;
	int fd = memfd_create("mapping", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 2 * LARGE), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	shared = mmap(NULL, LARGE, PROT_READ, MAP_SHARED, fd, LARGE);
	private = mmap(NULL, 2 * LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd,
		       0);
	ck_assert(shared != MAP_FAILED && private != MAP_FAILED);
	ok(sys->find_mapping((uintptr_t)shared + 5, &m));
	ck_assert_uint_eq(m.start, (uintptr_t)shared);
	ck_assert_uint_eq(m.end, (uintptr_t)shared + LARGE);
	ck_assert_uint_eq(m.offset, LARGE);
	ck_assert_uint_eq(m.inode, st.st_ino);
	ck_assert_uint_eq(m.device, st.st_dev);
	ck_assert(m.shared && !m.writable);
	check_opens(&m);
	ok(sys->find_mapping((uintptr_t) private + LARGE, &m));
	ck_assert_uint_eq(m.start, (uintptr_t) private);
	ck_assert(!m.shared && m.writable);
	ck_assert_int_eq(munmap(private, 2 * LARGE), 0);
	is(sys->find_mapping((uintptr_t) private, &m), -ENXIO);
	is(sys->find_mapping(0, &m), -ENXIO);
	close(fd);
}
END_TEST

Suite *mapping_suite(void)
{
	const TTest *const tests[] = {
		line_of_a_file,
		line_of_no_file,
		real_mappings,
		NULL,
	};
	Suite *suite = suite_of("mapping", tests);
	TCase *bad = tcase_create("mapping bad lines");

	tcase_add_loop_test(bad, line_that_is_none, 0,
			    sizeof(bad_lines) / sizeof(bad_lines[0]));
	suite_add_tcase(suite, bad);
	return suite;
}
