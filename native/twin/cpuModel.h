/* Which processor the emulator shows, where it does not choose by itself. */
#ifndef PELAGO_TWIN_CPU_MODEL_H
#define PELAGO_TWIN_CPU_MODEL_H

/*
 * Puts the table's `-cpu` in front of the emulator's arguments, unless the step's environment names a processor. `stack`
 * is as the kernel has made it, with room for two words below; returns the stack that the emulator is to begin with.
 */
__attribute__((visibility("hidden"))) long *with_cpu_model(long *stack);

#endif
