#include "cpuModel.h"
#include "process.h"

static bool has_own_model(char *const *environment)
{
	for (; *environment; environment++)
		if (behind("QEMU_CPU=", *environment))
			return true;
	return false;
}

long *with_cpu_model(long *stack)
{
	if (table.cpu_model == 0 || has_own_model((char *const *)(stack + 1 + stack[0] + 1)))
		return stack;
	/* Only the number of arguments and the emulator's own name move, by two words: the stack stays aligned. */
	long *moved = stack - 2;
	moved[0] = stack[0] + 2;
	moved[1] = stack[1];
	moved[2] = (long)"-cpu";
	moved[3] = (long)string_at(table.cpu_model);
	return moved;
}
