// SPDX-License-Identifier: MIT
/*
 * Texts that come from and go to a service manager.
 */
#include <errno.h>
#include <string.h>

#include "../../lib/fd_name.h"
#include "../../lib/listen_fds.h"
#include "suites.h"

#define SELF 100

static struct hp_listen_fds list;

static int parse(const char *pid, const char *count, const char *names)
{
	return hp_listen_fds_parse(&list, SELF, pid, count, names);
}

static bool next_is(int fd, const char *name)
{
	const char *found;
	size_t length;
	int number;

	return hp_listen_fds_next(&list, &number, &found, &length) &&
	       number == fd && length == strlen(name) &&
	       !memcmp(found, name, length);
}

static bool ended(void)
{
	const char *name;
	size_t length;
	int fd;

	return !hp_listen_fds_next(&list, &fd, &name, &length);
}

START_TEST(list_in_order)
{
	ck_ok(parse("100", "4", "a:bc::d"));
	ck_assert_int_eq(list.end, 7);
	ck_assert(next_is(3, "a"));
	ck_assert(next_is(4, "bc"));
	ck_assert(next_is(5, ""));
	ck_assert(next_is(6, "d"));
	ck_assert(ended());
	ck_assert(ended());

	ck_ok(parse("100", "2", "a:"));
	ck_assert(next_is(3, "a"));
	ck_assert(next_is(4, ""));
	ck_assert(ended());
}
END_TEST

START_TEST(nothing_for_this_process)
{
	static const char *const none[][3] = {
		{ NULL, "1", "a" },
		{ "100", NULL, "a" },
		{ "100", "1", NULL },
		{ "101", "1", "a" },
		{ "100", "0", "a" },
		{ "0", "1", "a" },
		/* Not ours, so whatever it says. */
		{ "99", "x", "a:b" },
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ck_ok(parse(none[i][0], none[i][1], none[i][2]));
		ck_assert_int_eq(list.end, 3);
		ck_assert(ended());
	}
	/* Control. */
	ck_ok(parse("100", "1", "a"));
	ck_assert(!ended());
}
END_TEST

START_TEST(not_by_the_rules)
{
	static const char *const bad[][3] = {
		{ "", "1", "a" },
		{ " 100", "1", "a" },
		{ "+100", "1", "a" },
		{ "100x", "1", "a" },
		{ "99999999999999999999", "1", "a" },
		{ "100", "", "a" },
		{ "100", "-1", "a" },
		{ "100", "1 ", "a" },
		{ "100", "0x1", "a" },
		{ "100", "2147483645", "a" },
		{ "100", "2147483648", "a" },
		{ "100", "1", "a:b" },
		{ "100", "2", "a" },
		{ "100", "2", "" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_result(parse(bad[i][0], bad[i][1], bad[i][2]), -EINVAL);
		ck_assert(ended());
	}
}
END_TEST

/* What sd_notify(3) allows: printable ASCII, no colon, at most 255. */
static void check_allowed(const char *name)
{
	ck_assert_uint_le(strlen(name), 255);
	for (; *name; name++)
		ck_assert(*name > ' ' && *name < 127 && *name != ':');
}

START_TEST(name_of_a_descriptor)
{
	char name[HP_FD_NAME_SIZE], other[HP_FD_NAME_SIZE];
	char all[HP_NAME_MAX + 1] = "";

	hp_fd_name(name, "mydb.pool-1_a", true);
	ck_assert_str_eq(name, "hugepersist-in-mydb.pool-1_a");
	hp_fd_name(name, "mydb.pool-1_a", false);
	ck_assert_str_eq(name, "hugepersist-out-mydb.pool-1_a");
	hp_fd_name(name, "a:b %\n\xc3\xa4", false);
	ck_assert_str_eq(name, "hugepersist-out-a%3Ab%20%25%0A%C3%A4");
	/* Another session is another name. */
	hp_fd_name(name, "a:b", true);
	hp_fd_name(other, "a%3Ab", true);
	ck_assert_str_ne(name, other);

	for (int first = 1; first < 256; first += HP_NAME_MAX) {
		for (int i = 0; i < HP_NAME_MAX; i++)
			all[i] = (char)(first + i < 256 ? first + i : 1);
		hp_fd_name(name, all, false);
		check_allowed(name);
	}
	memset(all, ':', HP_NAME_MAX);
	hp_fd_name(name, all, false);
	ck_assert_uint_eq(strlen(name), sizeof(name) - 1);
}
END_TEST

Suite *listen_fds_suite(void)
{
	const TTest *const tests[] = {
		list_in_order,
		nothing_for_this_process,
		not_by_the_rules,
		name_of_a_descriptor,
		NULL,
	};

	return suite_of("listen fds", tests);
}
