/** `z_stream` of zlib.h, where pointers and `long` have eight bytes, as on all machines that Node's Linux builds are for but 32-bit ones. */
export const Z_STREAM = { bytes: 112, nextIn: 0, availableIn: 8, nextOut: 24, availableOut: 32 } as const
/** zlib compares the first digit. */
export const ZLIB_VERSION = Buffer.from('1\0')
