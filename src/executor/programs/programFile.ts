import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { ELF_HEADER_BYTES, isElf, parseElfHeader, parseElfSegments, SEGMENT_TYPE, type ElfHeader } from '../../archive/elf/elfHeader.ts'
import { machineOf, type ElfMachine } from '../../archive/elf/elfMachine.ts'
import { locateIn, resolveIn, type OpenFolder } from '../../archive/safePath.ts'
import { fromText } from '../../kit/byteString.ts'

/** What the kernel would find that is asked to execute a file. */
export type ProgramFile =
  | { readonly kind: 'absent' | 'folder' | 'not-executable' | 'empty' | 'text' | 'unknown' }
  | ElfProgram
  | Script
  /** A file of another kind altogether: `an HTML page`. */
  | { readonly kind: 'other'; readonly what: string }

export interface ElfProgram {
  readonly kind: 'elf'
  /** Undefined for a processor that images know nothing of. */
  readonly machine: ElfMachine | undefined
  /** Its loader, as the file names it; undefined for a static program. */
  readonly loader: string | undefined
  /** Whether the file ends before what it says it holds. */
  readonly isCut: boolean
}

export interface Script {
  readonly kind: 'script'
  readonly interpreter: string
  /** All that stands behind it in the line, as the kernel passes it on. */
  readonly argument: string
  /** Whether the line ends as on Windows, so that the carriage return is a part of it. */
  readonly hasCarriageReturn: boolean
}

/** As much of a first line as the kernel reads (BINPRM_BUF_SIZE); the program headers are nearly always in it, too. */
const START_BYTES = 4096
/** The kernel takes no more of a loader's name (PATH_MAX). */
const MAX_LOADER_BYTES = 4096
const ANY_EXECUTE_BIT = 0o111

/** What stands at `path`, links followed inside `root`. `unknown` is what cannot be looked at. */
export function readProgramFile(root: OpenFolder, path: string): ProgramFile {
  let fd: number
  try {
    using location = locateIn(root, resolveIn(root, fromText(path)))
    fd = openSync(location.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { kind: code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'unknown' }
  }
  try {
    return readOpenFile(fd)
  } finally {
    closeSync(fd)
  }
}

function readOpenFile(fd: number): ProgramFile {
  const stat = fstatSync(fd)
  if (stat.isDirectory()) return { kind: 'folder' }
  if (!stat.isFile()) return { kind: 'unknown' }
  if ((stat.mode & ANY_EXECUTE_BIT) === 0) return { kind: 'not-executable' }
  if (stat.size === 0) return { kind: 'empty' }
  const read = (offset: number, length: number): Buffer => readAt(fd, offset, length)
  const start = read(0, START_BYTES)
  if (isElf(start)) return parseProgram(start, stat.size, read)
  return parseScript(start) ?? guessOther(start)
}

type ReadAt = (offset: number, length: number) => Buffer

function parseProgram(start: Buffer, sizeBytes: number, read: ReadAt): ElfProgram {
  const header = parseElfHeader(start.subarray(0, ELF_HEADER_BYTES))
  if (header === undefined) return { kind: 'elf', machine: undefined, loader: undefined, isCut: true }
  const { offset, entryBytes, count } = header.programHeaders
  const segments = parseElfSegments(header, read(offset, Math.min(entryBytes * count, START_BYTES)))
  const named = segments.find(({ type }) => type === SEGMENT_TYPE.interpreter)
  const loader = named === undefined ? undefined : read(named.offset, Math.min(named.sizeBytes, MAX_LOADER_BYTES)).toString().replace(/\0.*$/s, '')
  return { kind: 'elf', machine: machineOf(header), loader, isCut: isShort(header, sizeBytes) || segments.some((segment) => segment.type === SEGMENT_TYPE.load && segment.offset + segment.sizeBytes > sizeBytes) }
}

function isShort({ programHeaders: { offset, entryBytes, count } }: ElfHeader, sizeBytes: number): boolean {
  return offset + entryBytes * count > sizeBytes
}

/** execve(2), "Interpreter scripts": the name, and all that follows it as one argument. */
export function parseScript(start: Uint8Array): Script | undefined {
  if (start[0] !== 0x23 || start[1] !== 0x21) return undefined
  const [line = ''] = Buffer.from(start).toString('utf8').split('\n', 1)
  const hasCarriageReturn = line.endsWith('\r')
  const [, interpreter = '', argument = ''] = /^#![ \t]*(\S*)[ \t]*(.*?)[ \t]*$/s.exec(line.replace(/\r$/, '')) ?? []
  return { kind: 'script', interpreter, argument, hasCarriageReturn }
}

/** By their beginnings: what downloads that went wrong, and files of other systems, look like. */
const OTHERS: readonly (readonly [beginning: RegExp, what: string])[] = [
  [/^\s*<(?:!doctype|html|head)/i, 'an HTML page, such as a server answers with in the place of a file'],
  [/^\s*<\?xml/i, 'an XML document'],
  [/^\s*\{/, 'a JSON document'],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS: the file itself was not fetched'],
  [/^\x1f\x8b/, 'a gzip archive'],
  [/^\x28\xb5\x2f\xfd/, 'a zstd archive'],
  [/^\xfd7zXZ/, 'an xz archive'],
  [/^PK\x03\x04/, 'a zip archive'],
  [/^MZ/, 'a program for Windows'],
  [/^(?:\xcf\xfa\xed\xfe|\xce\xfa\xed\xfe|\xca\xfe\xba\xbe)/, 'a program for macOS, or of Java'],
  [/^\xef\xbb\xbf#!/, 'a script with a byte order mark before its #!, which the kernel does not know'],
  [/^\0asm/, 'a WebAssembly module'],
]

function guessOther(start: Buffer): ProgramFile {
  const text = start.toString('latin1')
  const what = OTHERS.find(([beginning]) => beginning.test(text))?.[1]
  if (what !== undefined) return { kind: 'other', what }
  return /^[\t\n\r\x20-\x7e\x80-\xff]*$/.test(text) ? { kind: 'text' } : { kind: 'other', what: 'no program of any kind that Linux knows' }
}

function readAt(fd: number, offset: number, length: number): Buffer {
  if (!Number.isSafeInteger(offset)) return Buffer.alloc(0)
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(fd, bytes, 0, length, offset))
}
