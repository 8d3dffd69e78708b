# SPDX-License-Identifier: MIT
# shows: a 1 GiB page that nobody retrieves is free after FINISH, and the pools
# can be given back to the last byte
# memory: 8192
# hugepages: 20
# args: hugepagesz=1G hugepages=1
total() {
	awk '/^MemTotal:/ { print $2 }' /proc/meminfo
}

# What each processor keeps free for itself, tens of MiB, is not in MemFree
free() {
	awk '/^MemFree:/ { kb = $2 } $1 == "count:" { kb += $2 * 4 } END { print kb }' \
		/proc/meminfo /proc/zoneinfo
}

drop_pools() {
	echo 0 >$pool/nr_hugepages
	echo 0 >$pool_1g/nr_hugepages
	expect_pool 2M 0 0 0 0
	expect_pool 1G 0 0 0 0
}

stage_1() {
	luo <<-'END'
		memfd f 1G 1G
		memfd g 2M 8M
		fill g 5
		create s
		preserve s f 1
		preserve s g 2
		close s
		close f
		close g
	END
	# All of it as free memory, to compare with
	drop_pools
	echo "$(total) $(free)" >/state/memory
	make_1g 1
	echo 20 >$pool/nr_hugepages
	luo <<-'END'
		memfd f 1G 1G
		memfd g 2M 8M
		create s
		preserve s f 1
		preserve s g 2
		hold
	END
}

stage_2() {
	expect_pool 1G 1 0 0 0
	expect_pool 2M 20 16 0 0
	before=$(total)
	luo <<-'END'
		incoming s
		finish s
		close s
		sh expect_pool 1G 1 1 0 0
		sh expect_pool 2M 20 20 0 0
		memfd f 1G 1G
		map whole f rw 0 1G
		fill whole 35 1020M 4M
		check whole 35 1020M 4M
		close whole
	END
	drop_pools
	read -r total free </state/memory
	now=$(total)
	free_now=$(free)
	echo "MemTotal: $total kB then, $before kB after the boot, $now kB now"
	echo "Free: $free kB then, $free_now kB now"
	# But for a few pages that the second of two kernels always has less
	[ "$now" -gt $((total - 64)) ] || fail "MemTotal was $total kB, is $now kB"
	# What QEMU gives the first kernel of arm64 is a device tree of 1 MiB
	more=64
	[ ! -d /proc/device-tree ] || more=1088
	[ "$now" -lt $((total + more)) ] || fail "MemTotal was $total kB, is $now kB"
	[ "$free_now" -gt $((free - 4096)) ] || fail "$free kB were free, $free_now kB are"
}
