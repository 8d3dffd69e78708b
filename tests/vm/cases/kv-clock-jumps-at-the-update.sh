# SPDX-License-Identifier: MIT
# shows: a clock that is wrong after the update deletes no key
# hugepages: 40
# layers: redis
# A day ahead, then a day behind, then right again
set_clock() {
	date -s "@$(($(date +%s) + $1))"
}

# lives KEY LOW HIGH: it is there, for so many seconds more
lives() {
	local left

	left=$(redis-cli ttl "$1")
	{ [ "$left" -ge "$2" ] && [ "$left" -le "$3" ]; } ||
		fail "$1: $left seconds left instead of $2 to $3"
}

stage_1() {
	kv_start -m 64M
	redis_says OK set hour 1 ex 3600
	redis_says OK set minutes 1 ex 300
	redis_says OK set ever 1
	redis_says OK set short 1 px 500
}

stage_2() {
	set_clock 86400
	kv_start -m 64M
	# Those that are over by the wrong clock alone, and by time itself
	lives hour 3000 3600
	lives minutes 200 300
	redis_says OK set new 1 ex 300
	redis_says OK set now 1 px 100
	sleep 1
	redis_says 0 exists now
	redis_says 0 exists short
	# The network sets it right
	set_clock -86400
	sleep 1
	lives hour 3000 3600
	lives minutes 200 300
	lives new 200 300
	redis_says 4 dbsize
}

stage_3() {
	set_clock -86400
	kv_start -m 64M
	lives hour 3000 3600
	lives minutes 100 300
	redis_says OK set behind 1 ex 200
	redis_says OK set now 1 px 100
	sleep 1
	# A day behind, a key would live for a day
	redis_says 0 exists now
	set_clock 86400
	sleep 1
	lives hour 3000 3600
	lives behind 100 200
	redis_says 5 dbsize
	redis-cli shutdown || true
	wait "$kv_pid"
}
