# SPDX-License-Identifier: MIT
# shows: counts of 2 MiB and 1 GiB pages are exact at each stage, in the pools,
# in /proc/meminfo and in the hugetlb and memory cgroups
# memory: 4608
# hugepages: 10
# args: hugepagesz=1G hugepages=2
# Of each size half of what the case has is in the file before it is preserved

# expect_counts "2M: TOTAL FREE RESERVED" "1G: TOTAL FREE RESERVED" [PRESERVED]
# Hugetlb in /proc/meminfo does not have preserved pages that are not retrieved,
# of PRESERVED kB, as MemTotal does not
expect_counts() {
	local kib

	# shellcheck disable=SC2086
	expect_pool 2M $1 0
	# shellcheck disable=SC2086
	expect_pool 1G $2 0
	kib=$((${1%% *} * 2048 + ${2%% *} * 1048576 - ${3:-0}))
	[ "$(awk '/^Hugetlb:/ { print $2 }' /proc/meminfo)" = $kib ] ||
		fail "/proc/meminfo: Hugetlb is not $kib kB"
}

# expect_charges "2M: USED RESERVED" "1G: USED RESERVED": in the cgroup "app"
expect_charges() {
	local bytes=$((${1% *} * 2097152 + ${2% *} * 1073741824))

	# shellcheck disable=SC2086
	expect_cgroup 2M app $1
	# shellcheck disable=SC2086
	expect_cgroup 1G app $2
	[ "$(awk '/^hugetlb / { print $2 }' /cgroup/app/memory.stat)" = $bytes ] ||
		fail "cgroup app: expected $bytes of huge pages in memory.stat, found $(grep hugetlb /cgroup/app/memory.stat)"
	[ "$(cat /cgroup/app/memory.current)" -ge $bytes ] ||
		fail "cgroup app: memory.current is only $(cat /cgroup/app/memory.current)"
	# Pages in use, of all tasks
	[ $(($(sed -n 's/^nr_hugetlb //p' /proc/vmstat) * 4096)) = $bytes ] ||
		fail "/proc/vmstat: $(grep nr_hugetlb /proc/vmstat), expected $((bytes / 4096))"
}

# counts 2M_POOL 1G_POOL 2M_CHARGES 1G_CHARGES [PRESERVED]
counts() {
	expect_counts "$1" "$2" "${5:-0}"
	expect_charges "$3" "$4"
}

stage_1() {
	mount -o remount,memory_hugetlb_accounting cgroup /cgroup
	in_cgroup app luo <<-'END'
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 10 0" "2 2 0" "0 0" "0 0"
		memfd f 2M 8M
		memfd g 1G 1G
		map m f rw 0 8M
		map n g rw 0 1G
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 10 4" "2 2 1" "0 4" "0 1"
		fill m 1 0 4M
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 8 2" "2 2 1" "2 4" "0 1"
		create s
		preserve s f 1
		preserve s g 2
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 6 0" "2 1 0" "4 4" "1 1"
		close m
		close n
		close f
		close g
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 6 0" "2 1 0" "4 4" "1 1"
		hold
	END
}

stage_2() {
	mount -o remount,memory_hugetlb_accounting cgroup /cgroup
	expect_counts "10 6 0" "2 1 0" $((4 * 2048 + 1048576))
	in_cgroup app luo <<-'END'
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 6 0" "2 1 0" "0 0" "0 0" 1056768
		incoming s
		retrieve s f 1
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 6 0" "2 1 0" "4 4" "0 0" 1048576
		retrieve s g 2
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 6 0" "2 1 0" "4 4" "1 1"
		finish s
		close s
		check f 1 0 4M
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 6 0" "2 1 0" "4 4" "1 1"
		map n g rw 0 1G
		store n 1
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 6 0" "2 1 0" "4 4" "1 1"
		close n
		close f
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 10 0" "2 1 0" "0 0" "1 1"
		close g
		sh . /cases/counters-add-up-for-both-sizes.sh; counts "10 10 0" "2 2 0" "0 0" "0 0"
	END
	echo 0 >$pool/nr_hugepages
	echo 0 >$pool_1g/nr_hugepages
	expect_counts "0 0 0" "0 0 0"
}
