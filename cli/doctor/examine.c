// SPDX-License-Identifier: MIT
#include <errno.h>

#include "doctor/examine.h"
#include "source/luo.h"

int doctor_examine(const struct machine *machine,
		   const struct doctor_opts *opts, struct answers *ret_answers)
{
	const struct hp_sys *sys = machine->sys;
	struct doctor task = {
		.sys = sys,
		.machine = machine,
		.answers = ret_answers,
		.opts = *opts,
	};

	*ret_answers = (struct answers){ .sys = sys };
	task.sees_proc = !machine->can_see(LUO_DRIVERS);
	task.listed = sys->lists_driver(LUO_DRIVERS, LUO_DRIVER) > 0;
	doctor_pools(&task);
	doctor_liveupdate(&task);
	doctor_kexec(&task);
	doctor_cgroup(&task);
	doctor_process(&task);
	doctor_shmem(&task);
	return answers_whole(ret_answers) ? 0 : -ENOMEM;
}
