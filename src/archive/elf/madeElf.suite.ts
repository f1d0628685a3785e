import { SEGMENT_TYPE, type ElfHeader } from './elfHeader.ts'

/** An ELF program for tests: a header, and a segment that names `interpreter` where one is given. It runs nowhere. */
export interface MadeElf extends Pick<ElfHeader, 'machine' | 'bits' | 'byteOrder'> {
  readonly interpreter?: string
}

export function makeElf({ machine, bits, byteOrder, interpreter }: MadeElf): Buffer {
  const isLittle = byteOrder === 'little'
  const [headerBytes, entryBytes] = bits === 32 ? [52, 32] : [64, 56]
  const text = interpreter === undefined ? Buffer.alloc(0) : Buffer.from(`${interpreter}\0`)
  const start = headerBytes + entryBytes
  const bytes = Buffer.alloc(start + text.byteLength)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const half = (at: number, value: number): void => view.setUint16(at, value, isLittle)
  const word = (at: number, value: number): void => view.setUint32(at, value, isLittle)
  const address = (at: number, value: number): void => (bits === 32 ? word(at, value) : view.setBigUint64(at, BigInt(value), isLittle))
  const [words, halves] = bits === 32 ? [28, 40] : [32, 52]
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits === 32 ? 1 : 2, isLittle ? 1 : 2, 1])
  half(16, 2)
  half(18, machine)
  word(20, 1)
  address(words, headerBytes)
  half(halves, headerBytes)
  half(halves + 2, entryBytes)
  half(halves + 4, 1)
  const [offset, size] = bits === 32 ? [4, 16] : [8, 32]
  word(headerBytes, interpreter === undefined ? SEGMENT_TYPE.load : SEGMENT_TYPE.interpreter)
  address(headerBytes + offset, interpreter === undefined ? 0 : start)
  address(headerBytes + size, interpreter === undefined ? start : text.byteLength)
  text.copy(bytes, start)
  return bytes
}
