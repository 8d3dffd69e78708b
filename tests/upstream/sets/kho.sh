# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091
# shows: selftests/kho: KHO's test module finds its memory again (lib/test_kho.c)
# time: 120
. /lib/kselftest.sh

# vmtest.sh builds a kernel, boots it, kexecs and looks for these words; here
# the kernel is the one under test
stage_1() {
	if dmesg | grep -q 'KHO restore'; then
		result kho/vmtest.sh fail "nothing is restored on the first boot"
	else
		result kho/vmtest.sh pass "nothing is restored on the first boot"
	fi
}

stage_2() {
	said kho/vmtest.sh 'KHO restore succeeded'
}
