/* SPDX-License-Identifier: MIT */
#ifndef KV_SUITES_H
#define KV_SUITES_H

#include <check.h>

Suite *clock_suite(void);
Suite *store_suite(void);
Suite *damage_suite(void);
Suite *resp_suite(void);
Suite *text_suite(void);

#endif
