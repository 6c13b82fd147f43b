// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "signals.h"

static const int ignored[] = {SIGPIPE, SIGHUP, SIGINT, SIGQUIT};

int open_signals(bool with_interrupt)
{
	sigset_t taken;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&taken);
	sigaddset(&taken, SIGTERM);
	sigaddset(&taken, SIGCHLD);
	if (with_interrupt) {
		signal(SIGINT, SIG_DFL);
		sigaddset(&taken, SIGINT);
	}
	sigprocmask(SIG_BLOCK, &taken, NULL);
	return signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
}

void restore_signals(void)
{
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

struct signals take_signals(int fd)
{
	struct signalfd_siginfo info;
	struct signals signals = {};

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			signals.child = true;
		else
			signals.terminate = true;
	}
	return signals;
}
