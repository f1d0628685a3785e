/* Files of arguments: what a compiler's driver hands over as @FILE. */
#ifndef PELAGO_TWIN_ARGUMENT_FILES_H
#define PELAGO_TWIN_ARGUMENT_FILES_H

#include "process.h"

/* A process whose arguments are no longer those on its stack. */
struct expansion {
	struct process process;
	char *memory;
	size_t size_bytes;
};

/* Whether some arguments stand in files. */
__attribute__((visibility("hidden"))) bool has_argument_files(const struct process *process);

/* Puts what stands in files of arguments (@FILE) in their place. False where the emulated program has to read them. */
__attribute__((visibility("hidden"))) bool expand(const struct process *process, struct expansion *expansion);

__attribute__((visibility("hidden"))) void free_expansion(struct expansion *expansion);

#endif
