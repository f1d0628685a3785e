import { endianness } from 'node:os'
import { constants } from 'node:zlib'
import { addressOf, areThere, declare, invoke, invokeAsync } from '../syscalls/libc.ts'
import { Z_STREAM, ZLIB_VERSION } from './zStream.ts'

/* zlib as it stands in Node's own program, on another thread and in buffers of the caller's: as in `nativeDeflater`. */

const INFLATE_INIT = declare('inflateInit2_', ['void *', 'int', 'void *', 'int'])
const INFLATE_RESET = declare('inflateReset', ['void *'])
const INFLATE = declare('inflate', ['void *', 'int'])
const INFLATE_VALIDATE = declare('inflateValidate', ['void *', 'int'])
const INFLATE_END = declare('inflateEnd', ['void *'])
const GZIP_WINDOW_BITS = 31

/** One member of gzip (RFC 1952) after the other, piece by piece; never two calls at once. */
export interface Inflater extends Disposable {
  /** Reads of `input` and fills `output`, as far as either goes. Both are left alone until then. @throws an error with the code of zlib, as Node's have it */
  inflate(input: Uint8Array, output: Uint8Array): Promise<Inflated>
  /** The next call begins a member. */
  reset(): void
}

export interface Inflated {
  readonly readBytes: number
  readonly filledBytes: number
  readonly isMemberEnd: boolean
}

export function hasNativeInflate(): boolean {
  return endianness() === 'LE' && (process.arch === 'x64' || process.arch === 'arm64') && areThere([INFLATE_INIT, INFLATE_RESET, INFLATE, INFLATE_VALIDATE, INFLATE_END])
}

/** @param checks whether the checksum and the size that each member ends with are compared */
export function openNativeInflater({ checks }: { readonly checks: boolean }): Inflater {
  const stream = Buffer.allocUnsafeSlow(Z_STREAM.bytes).fill(0) // zlib remembers where it is: memory that the collector does not move
  check(invoke(INFLATE_INIT, [stream, GZIP_WINDOW_BITS, ZLIB_VERSION, Z_STREAM.bytes]))
  if (!checks) check(invoke(INFLATE_VALIDATE, [stream, 0]))
  let isOpen = true
  return {
    async inflate(input, output) {
      stream.writeBigInt64LE(addressOf(input), Z_STREAM.nextIn)
      stream.writeUInt32LE(input.byteLength, Z_STREAM.availableIn)
      stream.writeBigInt64LE(addressOf(output), Z_STREAM.nextOut)
      stream.writeUInt32LE(output.byteLength, Z_STREAM.availableOut)
      const code = check((await invokeAsync(INFLATE, [stream, constants.Z_NO_FLUSH])).result)
      return {
        readBytes: input.byteLength - stream.readUInt32LE(Z_STREAM.availableIn),
        filledBytes: output.byteLength - stream.readUInt32LE(Z_STREAM.availableOut),
        isMemberEnd: code === constants.Z_STREAM_END,
      }
    },
    reset: () => void check(invoke(INFLATE_RESET, [stream])),
    [Symbol.dispose]() {
      if (isOpen) invoke(INFLATE_END, [stream])
      isOpen = false
    },
  }
}

const FAILURES: ReadonlyMap<number, string> = new Map([
  [constants.Z_NEED_DICT, 'Z_NEED_DICT'],
  [constants.Z_STREAM_ERROR, 'Z_STREAM_ERROR'],
  [constants.Z_DATA_ERROR, 'Z_DATA_ERROR'],
  [constants.Z_MEM_ERROR, 'Z_MEM_ERROR'],
])

/** That no progress was possible, for want of input or room, is no failure. */
function check(code: number): number {
  const failure = FAILURES.get(code)
  if (failure !== undefined) throw Object.assign(new Error(`zlib answers ${failure}`), { code: failure })
  return code
}
