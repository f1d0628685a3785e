import { callAsync, declare } from './libc.ts'

const MALLOC_TRIM = declare('malloc_trim', ['size_t'])

/** Gives back to the kernel what the C library has of free memory, on a thread of its own. Nothing where it cannot: it is a call of glibc's. */
export async function trimHeap(): Promise<void> {
  await callAsync(MALLOC_TRIM, [0], { syscall: 'malloc_trim', path: '' }).catch(() => undefined)
}
