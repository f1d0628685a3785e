/* Which calls of a program its twin answers as the program itself would. */
#ifndef PELAGO_TWIN_CALLS_H
#define PELAGO_TWIN_CALLS_H

#include "process.h"

/* Of the twins of one file the first that is for such a call. */
__attribute__((visibility("hidden"))) const struct twin *for_call(const struct twin *twin, const struct process *process);

/* Whether a twin may be told what it is asked for only by looking at all arguments. */
__attribute__((visibility("hidden"))) bool has_conditions(const struct twin *twin);

/* Whether the emulated program is asked for something that its twin does otherwise. */
__attribute__((visibility("hidden"))) bool is_refused(const struct twin *twin, const struct process *process);

/* From the value in one column of the list of replaced arguments to that in the other. */
__attribute__((visibility("hidden"))) void replace(const struct twin *twin, int from, int to, char **argument);

__attribute__((visibility("hidden"))) const char *last_component(const char *path);

#endif
