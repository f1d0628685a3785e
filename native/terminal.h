/* The terminal of a container, for a caller that cannot receive open files from a socket. */
#ifndef PELAGO_TERMINAL_H
#define PELAGO_TERMINAL_H

/* Where the caller writes a line `COLUMNSxROWS` for each change of the terminal's size. */
#define RESIZE_FD 3

/*
 * Runs `argv`, an OCI runtime that sends the container's terminal to the socket `console_socket`, which is made here and
 * taken away again. Gives that terminal the size `size_text` (`COLUMNSxROWS`), and copies stdin to it and its output to
 * stdout until the output ends. Returns the exit status of `argv`, as `exit_status` has it.
 */
int run_on_terminal(const char *size_text, const char *console_socket, char **argv);

#endif
