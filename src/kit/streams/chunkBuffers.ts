import { giveBackBuffer, takeBuffer } from '../process/bufferPool.ts'
import { passingBuffer } from '../process/passingBuffer.ts'

/** Where chunks are gathered. */
export interface ChunkBuffers {
  readonly sizeBytes: number
  next(): Buffer
}

/** Whoever passes chunks on is told by it in what they are to stand. */
export type MakeBuffers = (sizeBytes: number) => ChunkBuffers

export function newBuffers(sizeBytes: number): ChunkBuffers {
  return { sizeBytes, next: () => passingBuffer(sizeBytes) }
}

/** `count` of them, which are used again. */
export function buffersInTurn(sizeBytes: number, count: number): ChunkBuffers {
  return turn(count, sizeBytes, () => Buffer.allocUnsafeSlow(sizeBytes))
}

/** Buffers of the pool. Disposed of once nobody, no other thread either, reads or writes any of them: they are given back then. */
export interface LentBuffers extends Disposable {
  take(sizeBytes: number): Buffer
  /** As `buffersInTurn` has it. */
  inTurn(sizeBytes: number, count: number): ChunkBuffers
}

export function lendBuffers(): LentBuffers {
  const lent: Buffer[] = []
  const take = (sizeBytes: number): Buffer => {
    const buffer = takeBuffer(sizeBytes)
    lent.push(buffer)
    return buffer
  }
  return {
    take,
    inTurn: (sizeBytes, count) => turn(count, sizeBytes, () => take(sizeBytes)),
    [Symbol.dispose]: () => lent.splice(0).forEach(giveBackBuffer),
  }
}

/** Made when they are first needed. */
function turn(count: number, sizeBytes: number, make: () => Buffer): ChunkBuffers {
  const buffers: Buffer[] = []
  let at = 0
  return {
    sizeBytes,
    next() {
      const buffer = (buffers[at] ??= make())
      at = (at + 1) % count
      return buffer
    },
  }
}
