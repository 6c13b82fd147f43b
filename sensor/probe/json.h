/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_JSON_H
#define CHAPERONE_JSON_H

#include <stddef.h>

/* A text under construction; what does not fit is cut. */
struct json {
	char *text;
	size_t size, len;
};

/* Appends as printf does. */
void put(struct json *json, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends a JSON string with its quotes. */
void put_string(struct json *json, const char *text);

#endif
