# SPDX-License-Identifier: MIT
# shows: without a store hugepersist run holds the memory of an unmodified program
# itself, over a kexec by hugepersist update; a stop gives the memory up
# time: 600
# suites: bookworm trixie
make_unit() {
	cat >/hp/bin/program <<-'END'
		#!/bin/sh
		trap 'exit 3' TERM
		head -c 5 "$1" | tr -d '\0'
		echo " up"
		printf hello | dd of="$1" conv=notrunc status=none
		while :; do sleep 1 & wait; done
	END
	chmod +x /hp/bin/program
	cat >/etc/systemd/system/alone.service <<-'END'
		[Unit]
		DefaultDependencies=no
		SurviveFinalKillSignal=yes
		[Service]
		Type=exec
		ExecStart=/hp/bin/hugepersist run cache --region pool=4M --region notes=2M,shmem --user nobody -- /hp/bin/program @notes@
		ExecStop=/bin/kill -TERM $MAINPID
		StandardOutput=append:/hp/log/alone
		StandardError=append:/hp/log/alone
		KillMode=none
		SendSIGKILL=no
	END
}

alone_said() {
	[ "$(tail -n 1 /hp/log/alone)" = "$1" ]
}

ended() {
	! systemctl is-active -q alone && ! pidof sleep
}

stage_1() {
	make_unit
	systemctl start alone
	wait_for alone_said " up"
	expect_pool 64 62 0 0
	[ "$(systemctl show -P ExecMainStatus alone)" = 0 ] || fail "it ended"
	# Nothing is left after a stop, and the status is that of the program
	systemctl stop alone
	wait_for ended
	expect_pool 64 64 0 0
	[ "$(systemctl show -P ExecMainStatus alone)" = 3 ] || fail "the status is not passed on"
	systemctl reset-failed alone
	systemctl start alone
	wait_for alone_said " up"
	/hp/bin/hugepersist status >/hp/log/status 2>&1
	grep -q 'kexec *outlived' /hp/log/status || fail "$(cat /hp/log/status)"
	next_by=update
}

stage_2() {
	systemctl start alone
	wait_for alone_said "hello up"
	expect_pool 64 62 0 0
	/hp/bin/hugepersist status --short >/hp/log/status 2>&1
	grep -q '/cache 6 MiB, 2 regions' /hp/log/status || fail "$(cat /hp/log/status)"
	[ "$suite" = trixie ] || next_by=update
}

stage_3() {
	[ "$suite" = bookworm ] || return 0
	systemctl start alone
	wait_for alone_said "hello up"
}
