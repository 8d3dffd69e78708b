# SPDX-License-Identifier: MIT
# shows: the store and the lock in it outlive systemctl daemon-reexec
# rest: bookworm trixie
stage_1() {
	hold_units
	systemctl start $units
	systemctl daemon-reexec
	for unit in $units; do
		stored $unit 1
		again $unit locked
	done
	systemctl restart yes yes-enabled restart on-success
	came_up "kept 2 locked" yes yes-enabled restart on-success
	for unit in yes yes-enabled restart on-success; do
		stored $unit 1
	done
}
