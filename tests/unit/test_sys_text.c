// SPDX-License-Identifier: MIT
/*
 * The real system calls that read texts and copy descriptors, and the calls of
 * the library that need no region, through to the real system.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <hugepersist/save.h>

#include "suites.h"

static const struct hp_sys *const sys = &hp_sys_linux;

START_TEST(text_files)
{
	char path[] = "/tmp/hugepersist-unit-XXXXXX", text[6];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(sys->read_text(path, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
	ck_assert_int_gt(dprintf(fd, "12345\n"), 0);
	ck_assert_int_eq(sys->read_text(path, text, sizeof(text)), 5);
	ck_assert_str_eq(text, "12345");
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(pwrite(fd, "123456", 6, 0), 6);
	is(sys->read_text(path, text, sizeof(text)), -E2BIG);
	/* A newline where the buffer ends is not that of the end. */
	ck_assert_int_eq(pwrite(fd, "12345\n7", 7, 0), 7);
	is(sys->read_text(path, text, sizeof(text)), -E2BIG);
	ck_assert_int_eq(unlink(path), 0);
	close(fd);
	is(sys->read_text(path, text, sizeof(text)), -ENOENT);
	is(sys->read_text("/tmp", text, sizeof(text)), -EIO);
}
END_TEST

START_TEST(links_of_descriptors)
{
	char link[64], small[8];
	int fd = sys->memfd("a-name", 0), copy = sys->duplicate(fd);

	ck_assert_int_ge(copy, 0);
	ck_assert_int_ne(copy, fd);
	ck_assert_int_eq(sys->read_fd_link(copy, link, sizeof(link)),
			 (int)strlen(link));
	ck_assert_str_eq(link, "/memfd:a-name (deleted)");
	is(sys->read_fd_link(copy, small, sizeof(small)), -E2BIG);
	sys->close(copy);
	sys->close(fd);
	is(sys->read_fd_link(fd, link, sizeof(link)), -ENOENT);
	is(sys->duplicate(fd), -EBADF);
}
END_TEST

START_TEST(who_we_are)
{
	char release[65], small[2];
	struct utsname name;
	time_t now = time(NULL);

	ck_assert_int_eq(uname(&name), 0);
	ck_assert_int_gt(sys->kernel_release(release, sizeof(release)), 0);
	ck_assert_str_eq(release, name.release);
	is(sys->kernel_release(small, sizeof(small)), -E2BIG);
	ck_assert_uint_ge(sys->time_ns() / 1000000000, (uint64_t)now);
	ck_assert_uint_le(sys->time_ns() / 1000000000, (uint64_t)now + 60);
}
END_TEST

START_TEST(policy_for_a_place_that_is_none)
{
	unsigned long nodes = 1;
	int err = sys->set_policy((void *)1, 4096, HP_NUMA_BIND, &nodes, 1);

	/* Of a kernel without nodes, or behind a filter: the other two. */
	ck_assert(err == -EINVAL || err == -ENOSYS || err == -EPERM);
}
END_TEST

START_TEST(saves_that_are_not_there)
{
	struct hp_save_info info = { .size = sizeof(info) };
	struct hp_region_info region = { .size = sizeof(region) };

	is(hp_save_info("/nonexistent/save", &info), -ENOENT);
	is(hp_save_info("", &info), -EINVAL);
	is(hp_save_info(NULL, &info), -EINVAL);
	is(hp_save_info("/nonexistent/save", NULL), -EINVAL);
	is(hp_save_region_info("/nonexistent/save", 0, &region), -ENOENT);
	is(hp_save_region_info("/nonexistent/save", 0, NULL), -EINVAL);
	ok(hp_save_remove("/nonexistent/save"));
	is(hp_save_remove(""), -EINVAL);
	is(hp_save_remove(NULL), -EINVAL);
}
END_TEST

START_TEST(a_place_that_is_taken)
{
	struct hp_map_request request = { .length = 65536 };
	struct hp_file_info info;
	void *address, *again;

	request.fd = sys->memfd("test", 0);
	ok(sys->set_length(request.fd, 65536));
	ok(sys->map(&request, &address));
	ok(sys->populate(address, 65536));
	ok(sys->file_info(request.fd, &info));
	ck_assert_uint_eq(info.allocated, 65536);
	request.address = address;
	is(sys->map(&request, &again), -EEXIST);
	sys->unmap(address, 65536);
	ok(sys->map(&request, &again));
	ck_assert_ptr_eq(again, address);
	sys->unmap(address, 65536);
	request.offset = UINT64_C(1) << 63;
	is(sys->map(&request, &again), -ENOMEM);
	sys->close(request.fd);
}
END_TEST

/* The public names, of which other tests call what is behind them. */
START_TEST(loads_of_nothing)
{
	const struct hp_region_opts bad = { .size = 1 };
	struct hp_region *r = NULL;
	struct hp_session *s = NULL;

	is(hp_session_open(NULL, NULL, &s), -EINVAL);
	ok(open_session("db", &s));
	is(hp_region_load(s, POOL, "/nonexistent/save", NULL, NULL, &r),
	   -ENOENT);
	is(hp_region_restore(s, POOL, 2 * MIB, NULL, &bad, NULL, &r), -EINVAL);
	is(hp_session_load(s, "/nonexistent/save", NULL, NULL), -ENOENT);
	ck_assert_ptr_null(r);
	ok(hp_session_close(s));
}
END_TEST

/* Each says something of its own; the table is in hugepersist.h. */
START_TEST(texts_of_errors)
{
	static const int errors[] = {
		EINVAL,	   ECHILD,     ENOENT,	    EBUSY,  EEXIST,
		EALREADY,  EOPNOTSUPP, EHWPOISON,   EFBIG,  ENOSPC,
		EBADMSG,   EADDRINUSE, ESTALE,	    ENXIO,  ERANGE,
		EROFS,	   EUCLEAN,    ENODATA,	    ENOMEM, EMFILE,
		ECANCELED, EPROTO,     EMEDIUMTYPE, EACCES,
	};
	const size_t count = sizeof(errors) / sizeof(errors[0]);

	for (size_t i = 0; i < count; i++) {
		const char *text = hp_strerror(-errors[i]);

		ck_assert_str_ne(text, hp_strerror(-EHOSTDOWN));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(text, hp_strerror(-errors[j]));
	}
}
END_TEST

/* What there is to do is not always with this process or the kernel. */
START_TEST(texts_name_the_way_out)
{
	static const struct {
		int error;
		const char *words;
	} ways[] = {
		{ EAGAIN, "fuser" },
		{ EBUSY, "hp_session_abort()" },
		{ EBADMSG, "HP_REGION_UNLISTED" },
		{ EBADMSG, "HP_COMMIT_DROP" },
		{ ENOMSG, "HP_REGION_UNLISTED" },
		{ EALREADY, "wait" },
		{ ENOSPC, "FileDescriptorStoreMax=" },
		{ ESTALE, "HP_REGION_MUST_EXIST" },
		{ ESRCH, "exec" },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		ck_assert_msg(
			strstr(hp_strerror(-ways[i].error), ways[i].words),
			"%d: %s", ways[i].error, ways[i].words);
}
END_TEST

Suite *sys_text_suite(void)
{
	const TTest *const tests[] = {
		text_files,
		links_of_descriptors,
		who_we_are,
		a_place_that_is_taken,
		policy_for_a_place_that_is_none,
		saves_that_are_not_there,
		loads_of_nothing,
		texts_of_errors,
		texts_name_the_way_out,
		NULL,
	};

	return suite_of("sys text", tests);
}
