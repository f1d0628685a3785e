import { endianness } from 'node:os'
import { constants } from 'node:zlib'
import { addressOf, areThere, declare, invoke, invokeAsync } from '../syscalls/libc.ts'
import { Z_STREAM, ZLIB_VERSION } from './zStream.ts'
import type { PieceCompressor } from './pieceCompressor.ts'

/*
 * zlib as it stands in Node's own program, called without Node's streams: these take a state of 268 KB and a buffer for
 * each piece, of which the garbage collector is told, so that it runs for every few of them and takes longer than zlib.
 */

const DEFLATE_INIT = declare('deflateInit2_', ['void *', 'int', 'int', 'int', 'int', 'int', 'void *', 'int'])
const DEFLATE_RESET = declare('deflateReset', ['void *'])
const DEFLATE = declare('deflate', ['void *', 'int'])
const DEFLATE_END = declare('deflateEnd', ['void *'])
/** The only method there is. */
const DEFLATED = 8
const RAW_WINDOW_BITS = -15
const MEMORY_LEVEL = 8

export function hasNativeDeflate(): boolean {
  return endianness() === 'LE' && (process.arch === 'x64' || process.arch === 'arm64') && areThere([DEFLATE_INIT, DEFLATE_RESET, DEFLATE, DEFLATE_END])
}

/** The bytes of `nodeDeflater`. */
export function openNativeDeflater(level: number): PieceCompressor {
  const stream = Buffer.allocUnsafeSlow(Z_STREAM.bytes).fill(0) // zlib remembers where it is: memory that the collector does not move
  check(invoke(DEFLATE_INIT, [stream, level, DEFLATED, RAW_WINDOW_BITS, MEMORY_LEVEL, constants.Z_DEFAULT_STRATEGY, ZLIB_VERSION, Z_STREAM.bytes]))
  let isOpen = true
  return {
    async compress(piece, output) {
      check(invoke(DEFLATE_RESET, [stream]))
      stream.writeBigInt64LE(addressOf(piece), Z_STREAM.nextIn)
      stream.writeUInt32LE(piece.byteLength, Z_STREAM.availableIn)
      stream.writeBigInt64LE(addressOf(output), Z_STREAM.nextOut)
      stream.writeUInt32LE(output.byteLength, Z_STREAM.availableOut)
      check((await invokeAsync(DEFLATE, [stream, constants.Z_SYNC_FLUSH])).result)
      const [restIn, restOut] = [stream.readUInt32LE(Z_STREAM.availableIn), stream.readUInt32LE(Z_STREAM.availableOut)]
      if (restIn > 0 || restOut === 0) throw new RangeError(`${output.byteLength} bytes are no room for ${piece.byteLength} that are deflated`)
      return whilePinned([piece, output], output.byteLength - restOut)
    },
    [Symbol.dispose]() {
      if (isOpen) invoke(DEFLATE_END, [stream])
      isOpen = false
    },
  }
}

/** So that nobody collects, before `result` is known, what zlib only has addresses of. */
function whilePinned<T>(_pinned: readonly Uint8Array[], result: T): T {
  return result
}

function check(code: number): void {
  if (code !== constants.Z_OK) throw new Error(`zlib answers ${code}`)
}
