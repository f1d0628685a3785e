/* Folders in which a loader looks for libraries before all others: LD_LIBRARY_PATH. */
#ifndef PELAGO_TWIN_LIBRARY_PATH_H
#define PELAGO_TWIN_LIBRARY_PATH_H

#include "process.h"

/* Whether such a list of folders changes nothing, since there is no library in any of them. False in doubt. */
__attribute__((visibility("hidden"))) bool has_no_libraries(const char *folders);

/* Whether there is none in such a folder, nor in folders within it. False in doubt. */
__attribute__((visibility("hidden"))) bool is_without_libraries(const char *folder);

/* Whether it has what is in the name of every library. */
__attribute__((visibility("hidden"))) bool names_library(const char *text);

#endif
