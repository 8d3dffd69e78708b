# SPDX-License-Identifier: MIT
# shows: hp-kv takes all its pages at the start, or refuses where a cgroup has fewer
# hugepages: 40
# args: liveupdate=off
# layers: redis
# It died of SIGBUS, after writes that it had acknowledged
stage_1() {
	local key

	mkdir /cgroup/app
	echo 20M >/cgroup/app/hugetlb.2MB.max
	if in_cgroup app timeout 20 hp-kv -m 64M >/state/said 2>&1; then
		cat /state/said
		fail "hp-kv served in a cgroup that is too small for it"
	fi
	cat /state/said
	grep -q 'hugetlb.2MB.max' /state/said || fail "the limit is not named"
	expect_pool 40 40 0 0

	echo 64M >/cgroup/app/hugetlb.2MB.max
	in_cgroup app hp-kv -m 64M &
	kv_pid=$!
	until redis_says PONG ping >/dev/null 2>&1; do
		[ -e "/proc/$kv_pid/exe" ] || fail "hp-kv ended before it answered"
		usleep 50000
	done
	# All are there before the first write, so no write can fail for want of one
	expect_cgroup app 32 32
	for key in 1 2 3 4 5 6 7 8; do
		head -c 5000000 /dev/zero | redis-cli -x set "key:$key"
	done
	redis_says 8 dbsize
	expect_cgroup app 32 32
	redis-cli shutdown || true
	wait "$kv_pid" || true
	expect_pool 40 40 0 0
	rmdir /cgroup/app
}
