import { SEGMENT_TYPE } from '../../../archive/elf/elfHeader.ts'

/** A segment of a program that only looks like one. */
export interface MadeSegment {
  readonly type: number
  readonly address?: number
  readonly memoryBytes?: number
}

export const NOTE: MadeSegment = { type: SEGMENT_TYPE.note }
export const LOADS: readonly MadeSegment[] = [{ type: SEGMENT_TYPE.load }, { type: SEGMENT_TYPE.load, address: 0x20_0000, memoryBytes: 0x1_0001 }]

/** For tests: the beginning of a static program of 64 bits, little-endian unless `ident` says otherwise, whose entry is 0x1234. It runs nowhere. */
export function makeEmulator(segments: readonly MadeSegment[], ident: readonly number[] = [2, 1]): Buffer {
  const start = Buffer.alloc(64 + 56 * segments.length)
  start.set([0x7f, 0x45, 0x4c, 0x46, ...ident, 1])
  start.writeUInt16LE(3, 16)
  start.writeBigUInt64LE(0x1234n, 24)
  start.writeBigUInt64LE(64n, 32)
  start.writeUInt16LE(56, 54)
  start.writeUInt16LE(segments.length, 56)
  for (const [index, { type, address = 0, memoryBytes = 0 }] of segments.entries()) {
    start.writeUInt32LE(type, 64 + 56 * index)
    start.writeBigUInt64LE(BigInt(address), 64 + 56 * index + 16)
    start.writeBigUInt64LE(BigInt(memoryBytes), 64 + 56 * index + 40)
  }
  return start
}
