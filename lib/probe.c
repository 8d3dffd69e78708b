// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cleanup.h"
#include "export.h"
#include "luo.h"
#include "number.h"
#include "options.h"
#include "probe.h"
#include "smallest.h"

struct hp_probe {
	const struct hp_sys *sys;
	struct hp_answers answers;
};

static int read_options(struct hp_probe_opts *ret_known,
			const struct hp_probe_opts *opts)
{
	int err = hp_options_read(ret_known, sizeof(*ret_known), opts,
				  HP_PROBE_OPTS_SMALLEST);

	if (err < 0)
		return err;
	if (ret_known->flags & ~(unsigned int)HP_PROBE_TRY)
		return -EINVAL;
	if (ret_known->timeout_ms && !(ret_known->flags & HP_PROBE_TRY))
		return -EINVAL;
	if (!ret_known->page_size)
		ret_known->page_size = HP_PAGE_2M;
	/* HP_PAGE_ANY is a power of two as well. */
	if (ret_known->page_size == HP_PAGE_ANY ||
	    !hp_number_is_power_of_two(ret_known->page_size))
		return -EINVAL;
	if (ret_known->length % ret_known->page_size)
		return -EINVAL;
	if (!ret_known->length)
		ret_known->length = ret_known->page_size;
	return 0;
}

int hp_probe_on(const struct hp_sys *sys, const struct hp_probe_opts *opts,
		struct hp_probe **ret_probe)
{
	struct hp_probe_task task = { .sys = sys };
	struct hp_probe *probe;
	int err;

	if (!ret_probe)
		return -EINVAL;
	err = read_options(&task.opts, opts);
	if (err < 0)
		return err;

	HP_UNCANCELLED();
	probe = sys->zalloc(sizeof(*probe));
	if (!probe)
		return -ENOMEM;
	probe->sys = sys;
	probe->answers.sys = sys;
	task.answers = &probe->answers;
	task.sees_proc = !sys->can_see(LUO_DRIVERS);
	task.listed = sys->lists_driver(LUO_DRIVERS, LUO_DRIVER) > 0;
	hp_probe_pools(&task);
	hp_probe_liveupdate(&task);
	hp_probe_kexec(&task);
	hp_probe_cgroup(&task);
	hp_probe_process(&task);
	hp_probe_shmem(&task);
	if (!hp_answers_whole(&probe->answers)) {
		hp_probe_close(probe);
		return -ENOMEM;
	}
	*ret_probe = probe;
	return 0;
}

HP_EXPORT int hp_probe(const struct hp_probe_opts *opts,
		       struct hp_probe **ret_probe)
{
	return hp_probe_on(&hp_sys_linux, opts, ret_probe);
}

static int fill_finding(const struct hp_answer_item *item,
			struct hp_finding *finding)
{
	struct hp_finding known;

	if (!item)
		return -ENOENT;
	known = (struct hp_finding){
		.answer = item->answer,
		.value_count = item->value_count,
		.id = item->id,
		.about = item->about,
		.reason = item->reason,
		.remedy = item->remedy,
	};
	hp_info_fill(finding, &known, sizeof(known));
	return 0;
}

HP_EXPORT int hp_probe_finding(const struct hp_probe *probe, unsigned int index,
			       struct hp_finding *finding)
{
	const struct hp_answer_item *item;

	if (!probe || hp_info_check(finding, HP_FINDING_SMALLEST) < 0)
		return -EINVAL;
	item = probe->answers.first;
	while (item && index--)
		item = item->next;
	return fill_finding(item, finding);
}

HP_EXPORT int hp_probe_find(const struct hp_probe *probe, const char *id,
			    struct hp_finding *finding)
{
	if (!probe || !id || hp_info_check(finding, HP_FINDING_SMALLEST) < 0)
		return -EINVAL;
	return fill_finding(hp_answer_find(&probe->answers, id), finding);
}

HP_EXPORT int hp_probe_value(const struct hp_probe *probe, const char *id,
			     unsigned int index, struct hp_value *value)
{
	const struct hp_answer_item *item;
	const struct hp_answer_value *v;
	struct hp_value known;

	if (!probe || !id || hp_info_check(value, HP_VALUE_SMALLEST) < 0)
		return -EINVAL;
	item = hp_answer_find(&probe->answers, id);
	v = item ? item->values : NULL;
	while (v && index--)
		v = v->next;
	if (!v)
		return -ENOENT;
	known = (struct hp_value){
		.name = v->name,
		.unit = v->unit,
		.text = v->is_text ? v->text : NULL,
		.number = v->number,
	};
	hp_info_fill(value, &known, sizeof(known));
	return 0;
}

HP_EXPORT void hp_probe_close(struct hp_probe *probe)
{
	if (!probe)
		return;
	HP_UNCANCELLED();
	hp_answers_free(&probe->answers);
	probe->sys->free(probe);
}
