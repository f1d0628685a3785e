/* A pseudo-terminal around a program, for a caller that cannot make one itself. */
#ifndef PELAGO_TERMINAL_H
#define PELAGO_TERMINAL_H

/* Where the caller writes a line `COLUMNSxROWS` for each change of the terminal's size. */
#define RESIZE_FD 3

/*
 * Runs `argv` on a pseudo-terminal of `size` (`COLUMNSxROWS`), in raw mode, as leader of a session of its own; copies
 * stdin to it and its output to stdout until the output ends. Returns its exit status, as `exit_status` has it.
 */
int run_on_terminal(const char *size, char **argv);

#endif
