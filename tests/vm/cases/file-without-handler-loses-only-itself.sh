# SPDX-License-Identifier: MIT
# shows: a kernel that does not know huge page files retrieves all the others
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		memfd g shmem 4M
		memfd h shmem 4M
		memfd i 2M 4M
		fill f 71
		fill g 72
		fill h 73
		fill i 74
		create s
		preserve s g 1
		preserve s f 2
		preserve s h 3
		create t
		preserve t i 1
		hold
	END
	# The next kernel has the handler, but does not register it
	# shellcheck disable=SC2034
	next_args=initcall_blacklist=hugetlb_luo_init
}

stage_2() {
	luo <<-'END'
		incoming s
		expect EOPNOTSUPP retrieve s f 2
		retrieve s h 3
		check h 73
		expect EOPNOTSUPP retrieve s f 2
		retrieve s g 1
		check g 72
		expect ENOENT retrieve s other 4
		finish s
		check g 72
		check h 73
		close s
		expect ENOENT incoming s
		incoming t
		expect EOPNOTSUPP retrieve t i 1
		close t
	END
	dmesg >/tmp/log
	grep "No registered handler for compatible 'hugetlb-v.*' of token\[0x2\]" /tmp/log
	grep 'Finished token\[0x2\] without a handler.* stays reserved' /tmp/log
	grep "No registered handler for compatible 'hugetlb-v.*' of token\[0x1\]" /tmp/log
	grep 'Finished token\[0x1\] without a handler.* stays reserved' /tmp/log
	# All this is as usual again for what is preserved from now on
	luo <<-'END'
		memfd k shmem 4M
		fill k 75
		create u
		preserve u k 1
		hold
	END
}

stage_3() {
	# And what nobody could free came back with the next kexec
	expect_pool 16 16 0 0
	luo <<-'END'
		expect ENOENT incoming s
		incoming u
		retrieve u k 1
		check k 75
		finish u
	END
}
