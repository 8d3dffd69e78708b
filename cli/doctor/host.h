/* SPDX-License-Identifier: MIT */
/*
 * What the doctor says about the host around the process, see examine.h.
 */
#ifndef DOCTOR_HOST_H
#define DOCTOR_HOST_H

#include <stdbool.h>

#include "report/answer.h"

/* Add these findings. */
void doctor_host(struct answers *answers);

/* One of them each, also for update. */
void host_kexec_tools(struct answer *answer);
/* The initrd of this boot comes back at shutdown. */
bool host_comes_back(struct answer *answer);
/* parameters: of the next kernel. */
void host_crash(struct answer *answer, const char *parameters);

/* Was this kernel started with an initrd? No also if that cannot be seen. */
bool host_had_initrd(void);

/* What is wrong with that initrd. */
void host_judge_initrd(struct answer *answer, const char *path);

#endif
