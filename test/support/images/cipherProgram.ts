import { makeElf } from '../../../src/archive/elf/madeElf.suite.ts'

/** A static program whose one segment is header and code. */
function makeArm64Program(instructions: readonly number[]): Buffer {
  const [base, start] = [0x40_0000, 64 + 56]
  const bytes = Buffer.alloc(start + 4 * instructions.length)
  bytes.set(makeElf({ machine: 183, bits: 64, byteOrder: 'little' }))
  bytes.writeBigUInt64LE(BigInt(base + start), 24)
  bytes.writeUInt32LE(5, 68)
  for (const [at, value] of [[80, base], [88, base], [96, bytes.byteLength], [104, bytes.byteLength], [112, 4096]] as const) bytes.writeBigUInt64LE(BigInt(value), at)
  for (const [index, instruction] of instructions.entries()) bytes.writeUInt32LE(instruction, start + 4 * index)
  return bytes
}

/** For arm64: exits with the field API of ID_AA64ISAR1_EL1 (Arm ARM, D19.2): which cipher of its own the processor signs pointers by, 0 for none. */
export const CIPHER_PROGRAM = makeArm64Program([
  0xd5380620, // mrs x0, ID_AA64ISAR1_EL1
  0xd3482c00, // ubfx x0, x0, #8, #4
  0xd2800ba8, // mov x8, #93 (exit)
  0xd4000001, // svc #0
])
