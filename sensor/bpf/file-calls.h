/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the probe fills in before load, so that the kernel programs need not know any architecture's numbers. */
#ifndef CHAPERONE_FILE_CALLS_H
#define CHAPERONE_FILE_CALLS_H

#include <linux/types.h>

/* No architecture has a higher number. */
#define CALLS 512

/* Bits of the table that every system call is looked up in first. */
#define WATCHED_NATIVE 1
#define WATCHED_COMPAT 2
/* Not for files: reach-call.h. */
#define WATCHED_REACH 4
#define WATCHED_COMPAT_REACH 8

enum call_form {
	CALL_RETURNS_FILE = 1,	/* the result is a file descriptor */
	CALL_TAKES_FILE = 2,	/* the first argument is one */
	CALL_TAKES_PATHS = 3,
	CALL_TAKES_NOTHING = 4,
};

#define NO_ARGUMENT (-1)

/* How a system call is read. Positions of arguments count from 0. */
struct file_call {
	__u8 op; /* enum file_op */
	__u8 form;
	__s8 dir, path;		/* dir NO_ARGUMENT: a relative path starts from the working directory */
	__s8 dir2, path2;	/* path2 NO_ARGUMENT: there is only one */
	__s8 flags, mode;
};

/* Names of files whose reading is told of. The longest has 35 characters. */
#define SECRET_NAME_BYTES 40

struct secret_name {
	char text[SECRET_NAME_BYTES];
};

enum secret_bit {
	SECRET_FILE = 1,	/* a file of this name */
	SECRET_FOLDER = 2,	/* every file right in a folder of this name */
	SECRET_OF_PROCESS = 4,	/* a file of this name in /proc */
};

#endif
