import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { parseElfHeader, parseElfSegments, SEGMENT_TYPE } from '../../archive/elf/elfHeader.ts'
import { findProgram, type Environment } from '../../kit/enterNamespaces.ts'

/** An emulator for one architecture. */
export interface Qemu {
  /** Such as `qemu-aarch64`, whatever the file is called. */
  readonly name: string
  readonly path: string
}

export type QemuSearch =
  | { readonly kind: 'found'; readonly qemu: Qemu }
  | { readonly kind: 'missing' }
  /** It is there, but needs libraries that no image has. */
  | { readonly kind: 'dynamic'; readonly path: string }

/** Looks for `qemu-NAME-static` and `qemu-NAME` on PATH. */
export function findQemu(qemuName: string, environment: Environment): QemuSearch {
  const name = `qemu-${qemuName}`
  const candidates = [`${name}-static`, name].map((file) => findProgram(file, environment)).filter((path) => path !== undefined)
  const path = candidates.find(isStaticProgram)
  if (path !== undefined) return { kind: 'found', qemu: { name, path } }
  const [dynamic] = candidates
  return dynamic === undefined ? { kind: 'missing' } : { kind: 'dynamic', path: dynamic }
}

export function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return '' // a machine that does not say which distribution it is gets the general hint
  }
}

const START_BYTES = 4096

/** Whether an ELF program asks for no loader. False for what is no ELF file at all. */
export function isStaticProgram(path: string): boolean {
  const start = readStart(path)
  const header = parseElfHeader(start)
  if (header === undefined || header.programHeaders.count === 0) return false
  const segments = parseElfSegments(header, start.subarray(header.programHeaders.offset))
  return segments.length === header.programHeaders.count && segments.every(({ type }) => type !== SEGMENT_TYPE.interpreter)
}

function readStart(path: string): Buffer {
  const fd = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(START_BYTES)
    return bytes.subarray(0, readSync(fd, bytes, 0, START_BYTES, 0))
  } finally {
    closeSync(fd)
  }
}
