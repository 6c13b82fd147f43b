// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>

#include "json.h"

void put(struct json *json, const char *format, ...)
{
	size_t room = json->size - json->len;
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(json->text + json->len, room, format, arguments);
	va_end(arguments);
	if (len > 0)
		json->len += (size_t)len < room ? (size_t)len : room - 1;
}

void put_string(struct json *json, const char *text)
{
	put(json, "\"");
	for (; *text; text++) {
		unsigned char byte = *text;

		if (byte == '"' || byte == '\\')
			put(json, "\\%c", byte);
		else if (byte < 0x20 || byte == 0x7f)
			put(json, "\\u%04x", byte);
		else
			put(json, "%c", byte);
	}
	put(json, "\"");
}
