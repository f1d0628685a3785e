#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void fail(enum failure failure, const char *format, ...)
{
	char line[1024] = "";
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	dprintf(STDERR_FILENO, "pelago-ns: %s\n", line);
	_exit((int)failure);
}
