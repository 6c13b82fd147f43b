/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_SIDECAR_H
#define CHAPERONE_SIDECAR_H

#include "options.h"

/* PID 1 of the sensor's container. Returns 0 whatever happens: a runner whose init container ends otherwise is taken for failed. */
int run_sidecar(const struct options *options);

#endif
