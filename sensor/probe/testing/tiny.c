// SPDX-License-Identifier: Apache-2.0
/* The least that can be executed: it ends at once. Without libc, so that a storm of it is made by the kernel alone. Compiled by actor.ts. */
void _start(void)
{
#if defined(__x86_64__)
	__asm__ volatile("syscall" : : "a"(60), "D"(0));
#elif defined(__aarch64__)
	register long number __asm__("x8") = 93, code __asm__("x0") = 0;

	__asm__ volatile("svc 0" : : "r"(number), "r"(code));
#endif
	__builtin_unreachable();
}
