/* What all of this code stands on: calls of the kernel, texts, and the process that was begun. */
#ifndef PELAGO_TWIN_PROCESS_H
#define PELAGO_TWIN_PROCESS_H

#include "table.h"

#include <asm/errno.h>
#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stddef.h>

#define MAX_PATH_BYTES 256
/* O_CREAT and the like differ between architectures; these do not on those this is built for. */
#define O_WRITE_ONLY 01
#define O_APPENDING 02000
#define O_NO_WAITING 04000
#ifdef __aarch64__
#define O_NO_LINK 0100000
#else
#define O_NO_LINK 0400000
#endif
#define O_CLOSE_ON_EXEC 02000000

/* The linker script puts it behind this code. */
extern const struct table table __attribute__((visibility("hidden")));

/* What the kernel has put on the stack of a new process. */
struct process {
	/* The interpreter's own name, the file's path, argv[0] as given, the arguments: binfmt_misc, flag P. */
	char **argv;
	char **environment;
	long file;
	bool is_privileged;
};

static inline long long_system_call(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long fourth __asm__("r10") = d;
	register long fifth __asm__("r8") = e;
	register long sixth __asm__("r9") = f;
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth) : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#endif
}

static inline long system_call(long number, long a, long b, long c, long d)
{
	return long_system_call(number, a, b, c, d, 0, 0);
}

static inline const char *string_at(uint32_t offset)
{
	return (const char *)&table + offset;
}

static inline const uint32_t *list_at(uint32_t offset)
{
	static const uint32_t empty[1];
	return offset == 0 ? empty : (const uint32_t *)string_at(offset);
}

static inline bool is_same(const char *one, const char *other)
{
	while (*one != '\0' && *one == *other)
		one++, other++;
	return *one == *other;
}

/* Behind `prefix`; NULL where `text` does not begin so. */
static inline const char *behind(const char *prefix, const char *text)
{
	while (*prefix != '\0')
		if (*prefix++ != *text++)
			return NULL;
	return text;
}

#endif
