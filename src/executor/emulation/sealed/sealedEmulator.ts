import { ELF_TYPE, parseElfHeader } from '../../../archive/elf/elfHeader.ts'
import { findRoom, type FileStart } from './extraSegment.ts'

/*
 * An emulator in which other code has the first word: a copy of it with one segment more, which the kernel maps behind
 * the others, and whose first byte is the program's entry. Nothing of the emulator itself is changed, so the code hands
 * over to it by a jump, in the same process, as if it had not been there: in any root file system, with the open files,
 * the name and the rights that the kernel gave. The entry of the program header table that the new segment takes is one
 * that a static program does without: a note.
 */

export interface SealedCode {
  /** Runs at any address, and begins with its entry. */
  readonly code: Uint8Array
  /** What stands behind the code; is told where the emulator begins, counted from the code's first byte. */
  readonly data: (emulatorEntry: bigint) => Uint8Array
}

/** What is to be written over a copy of the emulator. */
export interface Seal {
  /** Instead of `start`. */
  readonly start: Buffer
  /** Behind the end of the file, at `offset`. */
  readonly segment: Buffer
  readonly offset: number
}

/** Undefined where the emulator has no place for the segment, or is no 64-bit program in little-endian. */
export function sealEmulator(file: FileStart, { code, data }: SealedCode): Seal | undefined {
  const room = findRoom(file)
  if (room === undefined || !IS_PROGRAM.has(parseElfHeader(file.start)?.type ?? 0)) return undefined
  const sealed = Buffer.from(file.start)
  const segment = Buffer.concat([code, data(sealed.readBigUInt64LE(ENTRY_AT) - BigInt(room.address))])
  sealed.writeBigUInt64LE(BigInt(room.address), ENTRY_AT)
  sealed.set(room.tableFor(segment.byteLength, 'to be executed'), room.tableOffset)
  return { start: sealed, segment, offset: room.offset }
}

/** Of e_type: one that is linked to a place, one that is not. */
const IS_PROGRAM: ReadonlySet<number> = new Set([ELF_TYPE.executable, ELF_TYPE.shared])
/** e_entry, of 64 bits */
const ENTRY_AT = 24
