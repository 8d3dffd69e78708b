# SPDX-License-Identifier: MIT
# shows: hugepersist run as the holder: it ends as the program ends, passes signals
# on, stays for a program in the background, and hands the memory over
# time: 900
# suites: bookworm trixie
# rest: bookworm trixie
# installs: hugepersist
make_programs() {
	cat >/hp/bin/program <<-'END'
		#!/bin/sh
		trap 'exit 3' TERM
		first=$(head -c 5 "$1" | tr -d '\0')
		echo "${first:-zeros} $$"
		printf hello | dd of="$1" conv=notrunc status=none
		while :; do sleep 1 & wait; done
	END
	# Goes into the background, and writes there until it is told to end
	cat >/hp/bin/daemon <<-'END'
		#!/bin/sh
		sh -c 'trap "echo told; exit 0" TERM
			echo up; while :; do sleep 1 & wait; done' &
		exit 0
	END
	# Does not care for SIGTERM
	cat >/hp/bin/deaf <<-'END'
		#!/bin/sh
		trap 'echo deaf' TERM
		echo "up $$"
		while :; do sleep 1 & wait; done
	END
	chmod +x /hp/bin/program /hp/bin/daemon /hp/bin/deaf
}

# with NAME PROGRAM [LINE]...: a unit of another program
with() {
	local name=$1 program=$2
	shift 2

	alone_unit "$name" "$@"
	sed -i "s|run cache|run $name|; s|/hp/bin/program|/hp/bin/$program|; s|--if-new \"echo new\" ||" \
		"/etc/systemd/system/$name.service"
	systemctl daemon-reload
}

shows() {
	hugepersist status --short | grep -q "/$1 "
}

log_says() {
	[ "$(tail -n 1 "/hp/log/$1")" = "$2" ]
}

# begin NAME WORD: it runs, and says that
begin() {
	: >"/hp/log/$1"
	systemctl start "$1"
	wait_for said "$1" "$2"
}

stage_1() {
	install_program
	[ ! -e /etc/default/kexec ] || sed -i /LOAD_KEXEC/d /etc/default/kexec
	make_programs
	alone_unit alone
	systemctl daemon-reload
	begin alone zeros
	expect_pool 64 62 0 0
	# Nothing is left after a stop, and the status is that of the program
	systemctl stop alone
	wait_for has_ended alone
	wait_for expect_free
	[ "$(systemctl show -P ExecMainStatus alone)" = 3 ] || fail "the status is not passed on"
	systemctl reset-failed alone

	# A crash of the program is the end, with the signal in the status
	begin alone zeros
	kill -SEGV "$(tail -n 1 /hp/log/alone | sed 's/.* //')"
	wait_for has_ended alone
	[ "$(systemctl show -P ExecMainStatus alone)" = 139 ] || fail "the signal is not passed on"
	wait_for expect_free
	systemctl reset-failed alone

	# A program that goes into the background is not its end
	with daemon daemon
	systemctl start daemon
	wait_for log_says daemon up
	sleep 1
	systemctl is-active -q daemon || fail "the holder did not wait for the daemon"
	wait_for shows daemon
	expect_pool 64 62 0 0
	systemctl stop daemon
	wait_for has_ended daemon
	wait_for log_says daemon told
	wait_for expect_free

	# A deaf program keeps its memory, until it is killed
	with deaf deaf TimeoutStopSec=3
	begin deaf up
	wait_for shows deaf
	program=$(tail -n 1 /hp/log/deaf | sed 's/.* //')
	systemctl stop deaf || true
	wait_for log_says deaf deaf
	expect_pool 64 62 0 0
	kill -KILL "$program"
	wait_for expect_free
	systemctl reset-failed deaf || true

	# A loaded kernel alone keeps nobody: the program has ended by itself
	begin alone zeros
	kexec -s -l /hp/kernel/patched --command-line="$line"
	kill -KILL "$(tail -n 1 /hp/log/alone | sed 's/.* //')"
	wait_for has_ended alone
	wait_for expect_free
	kexec -s -u
	systemctl reset-failed alone

	begin alone zeros
	answers 0 'kexec *outlived' status
	begin deaf up
	wait_for shows deaf
	answers 0 'Yes: all that is held' update $image --append="$line" --dry-run
	next_by=update
}

expect_free() {
	[ "$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages)" = 64 ]
}

stage_2() {
	begin alone hello
	expect_pool 64 60 0 0
	systemctl start deaf
	wait_for shows deaf
	answers 0 '2 sessions with 4 regions came back: 12 MiB' verify
}
