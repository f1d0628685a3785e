import { declare, invoke } from '../syscalls/libc.ts'

/** Gives a buffer's address back. */
const MEMMOVE = declare('memmove', ['void *', 'void *', 'size_t'], 'int64_t')

/** `z_stream` of zlib.h, where pointers and `long` have eight bytes, as on all machines that Node's Linux builds are for but 32-bit ones. */
export const Z_STREAM = { bytes: 112, nextIn: 0, availableIn: 8, nextOut: 24, availableOut: 32 } as const
/** zlib compares the first digit. */
export const ZLIB_VERSION = Buffer.from('1\0')

/** Good as long as `bytes` is: zlib only has addresses, of which the collector knows nothing. */
export function addressOf(bytes: Uint8Array): bigint {
  return BigInt(invoke(MEMMOVE, [bytes, bytes, 0]))
}
