/* SPDX-License-Identifier: MIT */
#ifndef FAULT_SUITES_H
#define FAULT_SUITES_H

#include <check.h>

Suite *fault_allocation_suite(void);
Suite *fault_cut_suite(void);

#endif
