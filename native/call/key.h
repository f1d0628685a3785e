/* Which process may stand in for a new one. */
#ifndef PELAGO_KEY_H
#define PELAGO_KEY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where the process waits that is what `argv`, a command line of Node, would be here and now before it has looked at its
 * arguments: same programs, same user with the same rights and limits, same namespaces and root, same of what Node takes
 * from the environment when it starts. False where there can be none: it is switched off, or the folder of the user's
 * engines is not the user's alone.
 */
bool find_socket(char **argv, size_t program_words, char *path, size_t size);

#endif
