# SPDX-License-Identifier: MIT
# shows: files in pages of each size that the machine has, up to 1 GiB, arrive
# whole in one session, and count as pages of their pools
# arm64: core
# arch: x86 arm64 arm64-64K
# memory: 5120
# time: 240

# for_sizes FUNCTION: with the size, how many pages the case has of it, and a number
for_sizes() {
	local size pages token=0

	for size in $(page_sizes 1G); do
		token=$((token + 1))
		pages=$((65536 / $(kib "$size")))
		[ "$pages" -gt 0 ] || pages=1
		"$1" "$size" "$pages" "$token"
	done
}

pool_of() {
	make_pages "$1" "$2"
}

keep() {
	printf '%s\n' "memfd f$1 $1 $(($2 * $(kib "$1")))K" "fill f$1 $3" \
		"preserve s f$1 $3" "sh expect_pool $1 $2 0 0 0"
}

stage_1() {
	for_sizes pool_of
	{
		echo create s
		for_sizes keep
		echo hold
	} >/tmp/script
	luo </tmp/script
}

counted() {
	expect_pool "$1" "$2" 0 0 0
}

take() {
	printf '%s\n' "retrieve s f$1 $3" "is f$1 size $(($2 * $(kib "$1")))K" \
		"is f$1 blocksize $1" "check f$1 $3"
}

give_back() {
	printf '%s\n' "close f$1" "sh expect_pool $1 $2 $2 0 0"
}

stage_2() {
	for_sizes counted
	{
		echo incoming s
		for_sizes take
		echo finish s
		for_sizes give_back
	} >/tmp/script
	luo </tmp/script
}
