# SPDX-License-Identifier: MIT
# shows: a file pushed twice is stored once through one description, and twice
# through two
stage_1() {
	hold_unit same "hold=--again same"
	hold_unit new "hold=--again new"
	systemctl start same new
	stored same 1
	stored new 2
	systemctl restart same new
	came_up "kept 1 locked" same new
	stored same 1
	stored new 2
}
