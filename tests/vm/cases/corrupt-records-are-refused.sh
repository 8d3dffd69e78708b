# SPDX-License-Identifier: MIT
# shows: what the old kernel wrote about a file is damaged, in each of its
# fields: that file is refused, the rest of its session comes back whole
# hugepages: 100
# ram: shared
# host: ./corrupt
damages=22

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
		refused 0 EIO		# a reserved field is set
		refused 1 EIO		# a seal that nobody knows
		refused 2 ENODEV	# an order that has no pool
		refused 3 ENODEV	# an order that cannot be
		refused 4 EIO		# more pages than the file is long
		refused 5 EIO		# so many that they overflow
		refused 6 EIO		# a file longer than its pages
		refused 7 EIO		# a file of negative length
		refused 8 EIO		# no list of pages
		refused 9 EIO		# a list outside of the memory
		refused 10 EIO		# a list in a page that was not preserved
		refused 11 EIO		# a page that was not preserved
		refused 12 EIO		# a page outside of the memory
		refused 13 EIO		# a page twice
		refused 14 EOPNOTSUPP	# a version that nobody knows
		refused 15 EIO		# a flag of a page that nobody knows
		refused 16 EIO		# no magic number
		refused 17 EIO		# a name without an end
		refused 18 EIO		# fewer pages in a chunk than there have to be
		refused 19 EIO		# a page that is another file's
		refused 20 EIO		# bits that no mode has
		refused 21 EIO		# an owner that there is not
		# the other file has lost nothing
		printf '%s\n' "incoming s22" "retrieve s22 bad22 2" "check bad22 222"
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
