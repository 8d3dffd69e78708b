/* SPDX-License-Identifier: MIT */
/*
 * What the doctor says about one service.
 *
 *	unit.restart	its memory outlives a restart and a crash
 *	unit.stop	its memory outlives a stop
 *	unit.kexec	its memory outlives a kexec
 */
#ifndef DOCTOR_UNIT_H
#define DOCTOR_UNIT_H

#include "report/answer.h"

/* Add these findings. */
void doctor_unit(struct answers *answers, const char *unit);

#endif
