# SPDX-License-Identifier: MIT
# shows: what the old kernel wrote about a file is damaged, in each of its
# fields: that file is refused, the rest of its session comes back whole
# hugepages: 100
# ram: shared
# host: ./corrupt
damages=20

# Each in a session of its own; the position says which damage it gets. The last
# one gets none.
stage_1() {
	for i in $(seq 0 $damages); do
		printf '%s\n' "create s$i" \
			"memfd good$i 2M 2M" "fill good$i 1$i" \
			"memfd bad$i 2M 4M" "fill bad$i 2$i" \
			"seek bad$i $((0x5eed7a1e000000 + i))" \
			"memfd also$i 2M 2M" "fill also$i 3$i" \
			"preserve s$i good$i 1" "preserve s$i bad$i 2" "preserve s$i also$i 3"
	done >/tmp/script
	echo hold >>/tmp/script
	luo </tmp/script
}

# refused NUMBER ERRNO
refused() {
	printf '%s\n' "incoming s$1" "retrieve s$1 good$1 1" \
		"expect $2 retrieve s$1 bad$1 2" \
		"retrieve s$1 also$1 3" \
		"check good$1 1$1" "check also$1 3$1" \
		"finish s$1" "close s$1" "check good$1 1$1" "check also$1 3$1"
}

stage_2() {
	{
		echo host
		refused 0 EOPNOTSUPP	# a reserved field is set
		refused 1 EOPNOTSUPP	# a seal that nobody knows
		refused 2 ENODEV	# an order that has no pool
		refused 3 ENODEV	# an order that cannot be
		refused 4 EINVAL	# more pages than the file is long
		refused 5 EINVAL	# so many that they overflow
		refused 6 EINVAL	# a file longer than its pages
		refused 7 EINVAL	# a file of negative length
		refused 8 EINVAL	# no list of pages
		refused 9 EINVAL	# a list outside of the memory
		refused 10 EINVAL	# a list in a page that was not preserved
		refused 11 EIO		# a page that was not preserved
		refused 12 EIO		# a page outside of the memory
		refused 13 EIO		# a page twice
		refused 14 EOPNOTSUPP	# a version that nobody knows
		refused 15 EIO		# a flag of a page that nobody knows
		refused 16 EINVAL	# no magic number
		refused 17 EINVAL	# a name without an end
		refused 18 EINVAL	# fewer pages in a block than there have to be
		refused 19 EINVAL	# a page that is another file's
		# which has lost nothing
		printf '%s\n' "incoming s20" "retrieve s20 bad20 2" "check bad20 220"
	} >/tmp/script
	luo </tmp/script
	# two lines of log a file at most: refused, and where its pages are
	[ "$(dmesg | grep -c 'HugeTLB: LUO:')" -le $((2 * damages + 1)) ]
	# Free again: two pages of each session, and both or one of the damaged
	# file, but where nothing says which they are (4, 5, 8, 9, 10, 14, 16, 18,
	# 19), they are no page of the pool (2, 3), or one was made up (11, 12, 13,
	# 15)
	numbers "$pool" free_hugepages resv_hugepages surplus_hugepages
	[ "$have" = "74 0 0" ]
}
