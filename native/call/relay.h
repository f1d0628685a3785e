/* A command that runs in another process, with this one's terminal, files and signals. */
#ifndef PELAGO_RELAY_H
#define PELAGO_RELAY_H

/*
 * Both sides send frames: a letter, the length of what follows as 32 bits, highest first, and that many bytes.
 *
 *   from the process that waits                      from here
 *   R  it is ready, and has nothing else to do       C  the call: texts, each with a NUL behind it (see pelago-call.c)
 *   B  it is at work for another                     D  what was read of stdin; of no length at its end
 *   T  it has taken the call                         S  a signal came: its number, one byte
 *   N  it is not for this one                        W  the terminal's size now, `COLUMNSxROWS`
 *   O  bytes for stdout
 *   E  bytes for stderr
 *   I  it wants some of stdin
 *   X  the command is over: its exit code, one byte
 */
enum { FRAME_HEAD = 5 };

/* Writes a frame; what fails is seen when nothing can be read any more. */
void send_frame(int connection, char kind, const char *bytes, size_t length);

/* Until the command that `connection` has taken is over: its exit code. */
int relay_command(int connection);

/* COLUMNSxROWS of the terminal that output goes to; `0x0` where it goes to none. */
void describe_window(char *text, size_t size);

#endif
