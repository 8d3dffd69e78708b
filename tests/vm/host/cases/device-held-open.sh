# SPDX-License-Identifier: MIT
# shows: who keeps /dev/liveupdate open to the end costs every unit its memory
# suites: sid
stage_1() {
	hold_unit yes FileDescriptorStorePreserve=yes
	systemctl enable --now yes
	says yes "new 1 locked"
	cat >/etc/systemd/system/opener.service <<-'END'
		[Unit]
		DefaultDependencies=no
		[Service]
		ExecStart=@/bin/sleep @sleep infinity
		StandardInput=file:/dev/liveupdate
		KillMode=none
		SendSIGKILL=no
	END
	systemctl start opener
	systemctl is-active opener
}

stage_2() {
	wait_for systemctl is-active yes
	says yes "new 1 locked"
}
