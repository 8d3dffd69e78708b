# SPDX-License-Identifier: MIT
# shows: SIGINT and SIGKILL of hugepersist update at any moment before the jump lose
# nothing; the next update goes well
# time: 900
# suites: sid
# rest: sid
# installs: hugepersist
held_state() {
	cat /sys/kernel/mm/hugepages/hugepages-2048kB/*_hugepages
	find /proc/[0-9]*/fd -printf '%p %l\n' 2>/dev/null | grep -F '[luo_session]' | sort
	find -L /proc/1/fd -type f -size +0 -printf '%i %s %b\n' 2>/dev/null | sort
	systemctl is-active cache
}

# interrupt SIGNAL DELAY [OPTION]...: so long after its start
interrupt() {
	local signal=$1 delay=$2 process
	shift 2

	PATH=/hp/fake:$PATH /usr/bin/hugepersist update $image --append="$line" --yes "$@" >/hp/log/said 2>&1 &
	process=$!
	usleep "$delay"
	kill -"$signal" $process 2>/dev/null || true
	touch /hp/fake/end
	wait $process || true
	rm -f /hp/fake/end
	echo "| $signal after $delay us: kernel loaded $(cat /sys/kernel/kexec_loaded), \
$(tail -n 1 /hp/log/said)" >/dev/console
}

stage_1() {
	start_cache
	# A systemctl that never gets to a kexec
	mkdir -p /hp/fake
	cat >/hp/fake/systemctl <<-'END'
		#!/bin/sh
		[ "$1" = kexec ] || exec /usr/bin/systemctl "$@"
		until [ -e /hp/fake/end ]; do usleep 50000; done
		exit 1
	END
	chmod +x /hp/fake/systemctl

	# How long it takes to get to the jump
	PATH=/hp/fake:$PATH /usr/bin/hugepersist update $image --append="$line" --yes >/hp/log/said 2>&1 &
	process=$!
	began=$(date +%s%N)
	until [ "$(cat /sys/kernel/kexec_loaded)" = 1 ]; do usleep 20000; done
	whole=$((($(date +%s%N) - began) / 1000))
	touch /hp/fake/end
	status=0
	wait $process || status=$?
	rm /hp/fake/end
	[ "$status" = 1 ] || fail "a systemctl that fails is not told: $status"
	grep -q 'no kernel is loaded' /hp/log/said || fail "$(cat /hp/log/said)"
	[ "$(cat /sys/kernel/kexec_loaded)" = 0 ] || fail "a kernel stays loaded"
	[ ! -e /var/lib/hugepersist/update.json ] || fail "a record stays"
	echo "| $whole us from the start to the kernel that is loaded" >/dev/console

	held_state >/hp/log/before
	for signal in INT KILL; do
		# To the moment in which systemctl runs, and beyond
		for step in 1 2 3 4 5 6 7 8 9 10 11 12; do
			interrupt $signal $((whole * step / 10))
			held_state >/hp/log/after
			cmp /hp/log/before /hp/log/after || {
				diff /hp/log/before /hp/log/after >/dev/console
				fail "SIG$signal after step $step changed something"
			}
			[ $signal = KILL ] || [ "$(cat /sys/kernel/kexec_loaded)" = 0 ] ||
				fail "a kernel stays loaded after SIGINT"
		done
	done
	# While it saves: the service runs again
	for delay in $((whole / 2)) $((whole)) $((whole * 3 / 2)); do
		interrupt INT $delay --save=/hp/save
		wait_for systemctl is-active -q cache
		wait_for said cache hello
	done
	next_by=update
}

stage_2() {
	wait_for said cache hello
	answers 0 '1 session with 2 regions came back' verify
}
