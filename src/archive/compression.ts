import { pipeline } from 'node:stream/promises'
import type { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { BuildError } from '../ground/errors.ts'
import type { Compression } from '../ground/oci/mediaType.ts'
import { openSubprocess } from '../kit/process/subprocess.ts'
import { hasNativeInflate } from '../kit/codecs/nativeInflater.ts'
import { newBuffers, type ChunkBuffers, type MakeBuffers } from '../kit/streams/chunkBuffers.ts'
import { gunzip } from './internal/nativeGunzip.ts'
import { compressGzip } from './internal/parallelGzip.ts'
import { compressZstd } from './internal/parallelZstd.ts'
import { cutAtFrames } from './internal/zstdFrames.ts'
import type { KeptBlocks } from './keptBlocks.ts'
import { peek } from './peek.ts'

/** How a file from outside may be packed. */
export type PackedAs = Compression | 'bzip2' | 'xz'

export interface CompressOptions {
  /** gzip: 0 to 9, zstd: 1 to 22; undefined is 6 for gzip, 3 for zstd. Ignored where nothing is compressed. */
  readonly level: number | undefined
  /** Spares what was compressed before, of other archives too. */
  readonly kept?: KeptBlocks | undefined
}

/** Those of zlib and of zstd. */
const DEFAULT_LEVELS = { gzip: 6, zstd: 3 } as const
/** Output of one step; Node's own 16 KiB would cost a turn of the event loop each. */
const OUTPUT_BYTES = 256 * 1024
/** The same in buffers that the caller lends: each is handed to the threads that fill it and that hash it. */
const LENT_OUTPUT_BYTES = 1024 * 1024

/** Of a tar archive: the same bytes for the same input, whatever its chunks and whatever is kept, on machines of one kind with the same Node. Each chunk is to be used before the next is asked for: its buffer is then taken again. */
export function compress(chunks: AsyncIterable<Uint8Array>, compression: Compression, { level, kept }: CompressOptions): AsyncIterable<Uint8Array> {
  switch (compression) {
    case 'uncompressed':
      return chunks
    case 'gzip':
      return compressGzip(chunks, level ?? DEFAULT_LEVELS.gzip, kept)
    case 'zstd':
      return compressZstd(chunks, level ?? DEFAULT_LEVELS.zstd, kept)
  }
}

/** The level that `level` comes to; undefined where nothing is compressed. */
export function levelOf(compression: Compression, level: number | undefined): number | undefined {
  return compression === 'uncompressed' ? undefined : (level ?? DEFAULT_LEVELS[compression])
}

export interface DecompressOptions {
  /** In which the chunks of gzip stand, other ones having memory of their own; undefined gives that to all. */
  readonly buffers?: MakeBuffers
  /** The caller compares a digest of what comes: gzip's own checksums, which take a quarter of the time, may be left out. */
  readonly isChecked?: boolean
}

/** So many chunks of what is packed are in use at once, at most. */
export const PACKED_CHUNKS = 3

/** What is in `chunks`, however it is packed; told by its first bytes. @throws CompressedDataInvalidError; UnpackerMissingError */
export async function* decompress(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal, { buffers: lend, isChecked = false }: DecompressOptions = {}): AsyncGenerator<Uint8Array> {
  const { head, all } = await peek(chunks, LONGEST_MAGIC_BYTES)
  const packedAs = detectCompression(head)
  const buffers = lend?.(LENT_OUTPUT_BYTES) ?? newBuffers(OUTPUT_BYTES)
  try {
    yield* unpack(all, { packedAs, buffers, checks: !isChecked }, signal)
  } catch (error) {
    if (!isZlibError(error)) throw error
    throw new CompressedDataInvalidError(`${packedAs} data is damaged or breaks off`, { cause: error })
  }
}

/** By the magic number; `head` need not be more than seven bytes. Anything unknown is `uncompressed`. */
export function detectCompression(head: Uint8Array): PackedAs {
  const found = MAGIC.find(({ bytes }) => bytes.every((byte, index) => byte === undefined || byte === head[index]))
  return found?.packedAs ?? 'uncompressed'
}

/** Undefined: any byte. bzip2's own letters, `BZh`, might begin a file's name in a plain tar; so its first block is looked for, or its end. */
const MAGIC: readonly { readonly packedAs: PackedAs; readonly bytes: readonly (number | undefined)[] }[] = [
  { packedAs: 'gzip', bytes: [0x1f, 0x8b, 0x08] },
  { packedAs: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { packedAs: 'bzip2', bytes: [0x42, 0x5a, 0x68, undefined, 0x31, 0x41, 0x59] },
  { packedAs: 'bzip2', bytes: [0x42, 0x5a, 0x68, undefined, 0x17, 0x72, 0x45] },
  { packedAs: 'xz', bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
]
const LONGEST_MAGIC_BYTES = 7

interface Unpacking {
  readonly packedAs: PackedAs
  readonly buffers: ChunkBuffers
  readonly checks: boolean
}

function unpack(chunks: AsyncIterable<Uint8Array>, { packedAs, buffers, checks }: Unpacking, signal: AbortSignal): AsyncIterable<Uint8Array> {
  switch (packedAs) {
    case 'uncompressed':
      return chunks
    case 'gzip':
      return hasNativeInflate() ? gunzip(chunks, { buffers, checks }) : passThrough(chunks, () => createGunzip({ chunkSize: OUTPUT_BYTES }))
    case 'zstd':
      return passThrough(cutAtFrames(chunks), () => createZstdDecompress({ chunkSize: OUTPUT_BYTES }))
    case 'bzip2':
    case 'xz':
      return unpackByProgram(chunks, packedAs, signal)
  }
}

async function* unpackByProgram(chunks: AsyncIterable<Uint8Array>, program: 'bzip2' | 'xz', signal: AbortSignal): AsyncGenerator<Uint8Array> {
  await using unpacker = openSubprocess([program, '-dc'], { cwd: '/', env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' }, stdin: chunks }, signal)
  yield* unpacker.stdout
  signal.throwIfAborted()
  const exitCode = await unpacker.exitCode.catch((error: unknown) => {
    throw new UnpackerMissingError(program, error)
  })
  await unpacker.stdinDone
  if (exitCode !== 0) throw new CompressedDataInvalidError(`${program} data is damaged or breaks off`)
}

/** Through a Node transform; what it leads to ends with whichever of the two ends first. */
async function* passThrough(chunks: AsyncIterable<Uint8Array>, create: () => Transform): AsyncGenerator<Uint8Array> {
  const transform = create()
  const fed = pipeline(chunks, transform)
  fed.catch(() => undefined) // it destroys the transform, so the loop throws the same
  try {
    for await (const chunk of transform) yield chunk as Uint8Array
    await fed
  } finally {
    transform.destroy()
  }
}

function isZlibError(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return code !== undefined && /^(Z_|ZSTD_|ERR_ZLIB|ERR_BUFFER_TOO)/.test(code)
}

export class CompressedDataInvalidError extends BuildError {
  readonly kind = 'corrupt'
}

export class UnpackerMissingError extends BuildError {
  readonly kind = 'unavailable'
  readonly program: string
  constructor(program: string, cause: unknown) {
    super(`${program} cannot be started, and the archive is packed with it`, { hint: `install ${program === 'xz' ? 'xz-utils' : program} on the builder's machine`, cause })
    this.program = program
  }
}
