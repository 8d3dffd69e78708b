# SPDX-License-Identifier: MIT
# shows: every write that a client outside the machine saw acknowledged is
# there after the update, none half-written, over several updates
# cpus: 2
# hugepages: 40
# layers: redis
# host: ./writers 3 0
# time: 240
stages=4

stage() {
	kv_start -m 64M --bind 0.0.0.0 --expose
	load_next
	report "host go"
	while :; do
		round=$(redis-cli get host:round)
		case $round in
		done) break ;;
		"$stage") break ;;
		esac
		usleep 20000
	done
	if [ "$round" != done ]; then
		report kexec
		kexec-file -e
		fail "the kernel did not kexec"
	fi
}
