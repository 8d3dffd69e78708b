# SPDX-License-Identifier: MIT
# shows: the clients that check acknowledged writes notice a single other value
# cpus: 2
# hugepages: 40
# layers: redis
# host: ./writers 1 0
# expect: failed
# words: what came back is not what was acknowledged
stage_1() {
	kv_start -m 64M --bind 0.0.0.0 --expose
	load_next
	report "host go"
	wait_for redis_says 1 get host:round
	report kexec
	kexec-file -e
}

stage_2() {
	# nobody outside sees the store before it is tampered with
	ip link set eth0 down
	kv_start -m 64M --bind 0.0.0.0 --expose
	redis_says OK set s2:7 "not what a client wrote"
	ip link set eth0 up
	sleep 60
	fail "the clients did not complain"
}
