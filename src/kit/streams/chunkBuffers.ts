import { passingBuffer } from '../process/passingBuffer.ts'

/** Where chunks are gathered. */
export interface ChunkBuffers {
  readonly sizeBytes: number
  next(): Buffer
}

export function newBuffers(sizeBytes: number): ChunkBuffers {
  return { sizeBytes, next: () => passingBuffer(sizeBytes) }
}

/** `count` of them, which are used again. */
export function buffersInTurn(sizeBytes: number, count: number): ChunkBuffers {
  const buffers: Buffer[] = []
  let turn = 0
  return {
    sizeBytes,
    next() {
      const buffer = (buffers[turn] ??= Buffer.allocUnsafeSlow(sizeBytes))
      turn = (turn + 1) % count
      return buffer
    },
  }
}
