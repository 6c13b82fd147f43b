/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_DOCTOR_H
#define CHAPERONE_DOCTOR_H

#include "forward.h"

/*
 * What this kernel can tell, proved by effect, as JSON on stdout:
 * {"version","kernel","armed","tier","reason"?,"cgroup2Mount"?,"hooks":{"fork":true,…},"programs":{"sensor_fork":1000,…}}; a hook is true if its
 * event came, false if it did not, null if it was not asked for; of a program it is said how many instructions the kernel's verifier walked.
 * 0 if armed, else 3.
 */
int run_doctor(struct sizes sizes);

#endif
