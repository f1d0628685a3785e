import { lendBuffers } from '../../kit/streams/chunkBuffers.ts'
import { BLOCK_BYTES } from '../tar.ts'
import { createEntrySizes } from './entrySizes.ts'

/** How large blocks become. */
export interface CutSizes {
  /** A block is not ended by a name before it has as much. */
  readonly minBytes: number
  /** No block has more. */
  readonly maxBytes: number
}

/**
 * A tar stream in blocks that begin where entries do. Which entry begins one is told by its name, so that an entry that
 * is new, gone, or of another length moves the borders near it and no others. A larger entry has blocks of its own.
 * The blocks depend on the bytes alone, however they are cut into chunks; what is no tar archive gives blocks too. Each
 * has a buffer of its own, out of `buffers`.
 */
export async function* cutAtEntries(chunks: AsyncIterable<Uint8Array>, sizes: CutSizes, buffers: BlockBuffers): AsyncGenerator<Uint8Array> {
  const cutter = createCutter(sizes, buffers)
  for await (const chunk of chunks) yield* cutter.push(chunk)
  yield* cutter.end()
}

/** Buffers of one length that are used again and again. Disposed of when nobody uses any of them. */
export interface BlockBuffers extends Disposable {
  take(): Buffer
  /** The buffer that `block` is a part of. */
  giveBack(block: Uint8Array): void
}

export function createBlockBuffers(sizeBytes: number): BlockBuffers {
  const lent = lendBuffers()
  const free: Buffer[] = []
  return {
    take: () => free.pop() ?? lent.take(sizeBytes),
    giveBack: ({ buffer }) => void free.push(Buffer.from(buffer as ArrayBuffer)),
    [Symbol.dispose]: () => lent[Symbol.dispose](),
  }
}

interface Cutter {
  push(chunk: Uint8Array): Iterable<Uint8Array>
  end(): Iterable<Uint8Array>
}

function createCutter(sizes: CutSizes, buffers: BlockBuffers): Cutter {
  const block = createBlock(sizes.maxBytes, buffers)
  const entries = createEntrySizes()
  const header = Buffer.alloc(BLOCK_BYTES)
  let headerBytes = 0
  /** Until the next header. */
  let contentBytes = 0
  let isAlone = false

  function* takeHeader(): Generator<Uint8Array> {
    contentBytes = Math.ceil(entries.ofHeader(header) / BLOCK_BYTES) * BLOCK_BYTES
    const isLarge = BLOCK_BYTES + contentBytes > sizes.maxBytes
    const isFull = block.sizeBytes() + BLOCK_BYTES + contentBytes > sizes.maxBytes
    if (isAlone || isFull || (isMarked(header) && block.sizeBytes() >= sizes.minBytes)) yield* block.flush()
    yield* block.append(header)
    isAlone = isLarge
    headerBytes = 0
  }

  return {
    *push(chunk) {
      for (let offset = 0; offset < chunk.byteLength; ) {
        const wanted = contentBytes > 0 ? contentBytes : BLOCK_BYTES - headerBytes
        const piece = chunk.subarray(offset, offset + wanted)
        offset += piece.byteLength
        if (contentBytes > 0) {
          entries.passContent(piece)
          yield* block.append(piece)
          contentBytes -= piece.byteLength
        } else {
          header.set(piece, headerBytes)
          headerBytes += piece.byteLength
          if (headerBytes === BLOCK_BYTES) yield* takeHeader()
        }
      }
    },
    *end() {
      yield* block.append(header.subarray(0, headerBytes))
      yield* block.flush()
    },
  }
}

interface Block {
  sizeBytes(): number
  append(piece: Uint8Array): Iterable<Uint8Array>
  flush(): Iterable<Uint8Array>
}

function createBlock(maxBytes: number, buffers: BlockBuffers): Block {
  let bytes: Buffer | undefined
  let filled = 0
  const block: Block = {
    sizeBytes: () => filled,
    *append(piece) {
      for (let offset = 0; offset < piece.byteLength; ) {
        const part = piece.subarray(offset, offset + maxBytes - filled)
        bytes ??= buffers.take()
        bytes.set(part, filled)
        filled += part.byteLength
        offset += part.byteLength
        if (filled === maxBytes) yield* block.flush()
      }
    },
    *flush() {
      if (bytes === undefined) return
      yield bytes.subarray(0, filled)
      bytes = undefined
      filled = 0
    },
  }
  return block
}

/** One of sixteen names is marked: the upper four bits of the hash. */
const MARK_SHIFT = 28
const NAME_BYTES = 100

function isMarked(header: Uint8Array): boolean {
  return hashName(header) >>> MARK_SHIFT === 0
}

/** FNV-1a. */
function hashName(header: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < NAME_BYTES && header[at] !== 0; at += 1) hash = Math.imul(hash ^ (header[at] ?? 0), 0x01000193)
  return hash
}
