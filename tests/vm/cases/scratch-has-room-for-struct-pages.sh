# SPDX-License-Identifier: MIT
# shows: with hugetlb_free_vmemmap=on the scratch memory of the default size has
# room for all struct pages that the next kernel needs for pages of 1 GiB
# arch: x86
# kernel: patched
# nodes: 2
# memory: 32768
# scratch: default
# args: hugetlb_free_vmemmap=on hugepagesz=1G hugepages=28
# Nothing of these pages is touched: preserved, they would take 28 GiB of the host
stage_1() {
	numbers "$pool_1g" nr_hugepages
	[ "$have" -ge 27 ] || fail "$have pages of 1 GiB, not 27"
	scratch=$(while read -r length; do echo $((length)); done </sys/kernel/debug/kho/out/scratch_len |
		awk '{ n += $1 } END { print int(n / 1048576) }')
	value scratch "$scratch" MiB
	# Those of all memory, and what the kernel needs besides
	[ "$scratch" -ge $((32768 / 64 + 128)) ] ||
		fail "only $scratch MiB of scratch memory for $((32768 / 64)) MiB of struct pages"
}
