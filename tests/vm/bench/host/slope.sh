# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# shows: how a restart of a service and systemctl kexec grow with what the service
# holds: one page, and 1 to 16 GiB, so much of it as the pool has
# fetches: sid=strace sid=libunwind8
# stamp: command slope: systemctl kexec
# stamp: stopped Sending SIGTERM to remaining processes
# stamp: preserving liveupdate-test-flb-v2: preserve was triggered
# stamp: preserved Preserved fd stores in LUO session
# stamp: jump kexec_core: Starting new kernel
# stamp: init Run /sbin/init as init process
# stamp: retrieved liveupdate-test-flb-v0: finish was triggered
# memory: 18432
# hugepages: 8200
# time: 2400
# Each size has a machine that boots, and one kexec. In emulation a later kexec would
# take ten seconds longer: each word that the kernel copies to where the one before
# ran costs milliseconds.
sizes() {
	for mib in 2 1024 2048 4096 8192 16384; do
		[ $((mib / 2)) -gt "$(cat "$pool/nr_hugepages")" ] || echo $mib
	done
}
stages=$(($(sizes | wc -l) * 2))
mib=$(sizes | sed -n "$(((stage + 1) / 2))p")

# service [LINE]...: that keeps so much
service() {
	hold_unit slope FileDescriptorStorePreserve=yes "keep=--times --mib $mib" "$@"
	printf '%s\n' '[Unit]' StartLimitIntervalSec=0 >>/etc/systemd/system/slope.service
	systemctl daemon-reload
}

now() {
	awk '{ printf "%d", $1 * 1000000 }' /proc/uptime
}

# when PROPERTY [UNIT]: of the unit or of systemd, in us of this kernel's clock
when() {
	systemctl show -P "$1TimestampMonotonic" ${2:+"$2"}
}

# program NAME: how long its start took, by itself and by systemd
program() {
	local name=$1

	# shellcheck disable=SC2046
	set -- $(grep '^opened ' /hp/log/slope | tail -n 1)
	value "$name-opened-$mib" "$2" us
	value "$name-ready-$mib" "$4" us
	value "$name-start-$mib" $(($(when ActiveEnter slope) - $(when ExecMainStart slope))) us
}

# Three restarts, and the third is measured
restarts() {
	local began ended

	for _ in 1 2 3; do
		began=$(now)
		systemctl restart slope
		ended=$(now)
	done
	value "restart-whole-$mib" $((ended - began)) us
	program restart
}

# The system calls of the program, up to its word that it is ready
calls() {
	service ExecStart= "ExecStart=/usr/bin/strace -D /hp/bin/keep --times --mib $mib"
	: >/hp/log/slope
	systemctl restart slope
	wait_for grep -q '"READY=1"' /hp/log/slope
	value "calls-$mib" "$(sed '/"READY=1"/q' /hp/log/slope | grep -c '^[a-z_0-9]*(')" calls
	service
	systemctl restart slope
}

before_kexec() {
	service
	systemctl enable slope
	systemctl start slope
	restarts
	calls
	next_by=told
}

after_kexec() {
	case $(tail -n 1 /hp/log/slope) in
	'updated '*' sealed '*) ;;
	*) fail "the service says '$(tail -n 1 /hp/log/slope)'" ;;
	esac
	value "loaded-$mib" "$(when UnitsLoadFinish)" us
	value "exec-$mib" "$(when ExecMainStart slope)" us
	value "answer-$mib" "$(when ActiveEnter slope)" us
	program kexec
	systemctl disable slope
	rm /etc/systemd/system/slope.service
	next_by=boot
}

stage() {
	[ "$stage" != 1 ] || dpkg -i /hp/deb/*.deb
	if [ $((stage % 2)) = 1 ]; then
		before_kexec
	else
		after_kexec
	fi
}

next_told() {
	load_next
	sync
	echo "slope: systemctl kexec" >/dev/kmsg
	leave kexec systemctl kexec
}
