# SPDX-License-Identifier: MIT
# shows: hugepersist run --hold: an unprivileged program that keeps memory itself
# counts on when the holder or the program is killed, over a restart, and over two
# kexecs; in a unit with a store, and in one without
# time: 1200
# suites: bookworm trixie
# installs: hugepersist
# rest: bookworm trixie

# hold_program NAME PROGRAM [LINE]...: that program under the holder
hold_program() {
	local name=$1 program=$2
	shift 2

	holder_unit "$name" "$name --hold --user nobody -- /hp/bin/$program" Restart=on-failure "$@"
}

# counted NAME STARTS KERNELS END
counted() {
	tail -n 1 "/hp/log/$1" | grep -q "^start $2, kernel $3, the last end was $4"
}

# program_of NAME: the process of the unit that is not the holder
program_of() {
	grep -vx "$(systemctl show -P MainPID "$1")" \
		"/sys/fs/cgroup/system.slice/$1.service/cgroup.procs"
}

stage_1() {
	install_program
	[ ! -e /etc/default/kexec ] || sed -i /LOAD_KEXEC/d /etc/default/kexec
	hold_program both hp-counter FileDescriptorStoreMax=2
	hold_program alone hp-counter
	hold_program sparse 'hold --sparse' FileDescriptorStoreMax=2
	hold_program sparse-alone 'hold --sparse'
	systemctl daemon-reload
	systemctl start both alone
	wait_for counted both 1 1 'none or a crash'
	wait_for counted alone 1 1 'none or a crash'
	expect_pool 64 62 0 0
	answers 0 'both.service/.* 2 MiB, 1 region, not sealed, user .*, taken' status --short
	answers 0 'held by systemd and by process' status
	grep -qE '^[0-9]+/counter' /hp/log/said || fail "the other one is not there"
	[ "$(grep -c 'kexec *outlived' /hp/log/said)" = 2 ] || fail "not both outlive a kexec"
	[ "$(grep -c 'restart *outlived' /hp/log/said)" = 1 ] || fail "both outlive a restart"
	answers 3 'yes *unit.kexec' doctor --unit=both

	# The holder is killed: the program ends with it, and both begin again
	program=$(program_of both)
	kill -KILL "$(systemctl show -P MainPID both)"
	wait_for counted both 2 1 'none or a crash'
	[ ! -e "/proc/$program" ] || fail "the program went on without its holder"
	# The program crashes
	kill -SEGV "$(program_of both)"
	wait_for counted both 3 1 'none or a crash'
	systemctl restart both
	wait_for counted both 4 1 clean
	stored both 2
	expect_pool 64 62 0 0

	# The kernel refuses: without a store that is an answer, with one it is tried again
	echo 3 >$pool/nr_hugepages
	systemctl start sparse-alone
	wait_for last_is sparse-alone "new 1 free"
	grep -q 'is not kept: Cannot allocate memory' /hp/log/sparse-alone ||
		fail "the refusal is not said"
	systemctl stop sparse-alone
	systemctl start sparse
	wait_for last_is sparse "new 1 locked"
	grep -q 'would be lost by a kexec now' /hp/log/sparse || fail "the refusal is not said"
	echo 64 >$pool/nr_hugepages
	wait_for last_is sparse "hugepersist run: all of the memory outlives a kexec again"
	systemctl stop sparse
	wait_for unused 62
	next_by=update
}

last_is() {
	[ "$(tail -n 1 "/hp/log/$1")" = "$2" ]
}

unused() {
	[ "$(cat $pool/free_hugepages)" = "$1" ]
}

stage_2() {
	systemctl start both alone
	wait_for counted both 5 2 clean
	wait_for counted alone 2 2 clean
	expect_pool 64 62 0 0
	stored both 2
	answers 0 '2 sessions with 2 regions came back: 4 MiB' verify
	kill -KILL "$(systemctl show -P MainPID both)"
	wait_for counted both 6 2 'none or a crash'
	next_by=update
}

stage_3() {
	systemctl start both alone
	wait_for counted both 7 3 clean
	wait_for counted alone 3 3 clean
	expect_pool 64 62 0 0
	# A stop gives the memory up: systemd before 254 empties the store
	systemctl stop both alone
	wait_for unused 64
}
