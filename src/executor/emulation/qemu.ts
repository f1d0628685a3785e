import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
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

/** What to install for it, in the words of the machine's distribution. */
export function packageHint(qemuName: string, osRelease: string): string {
  const family = [...osRelease.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap(([, ids = '']) => ids.split(' '))
  if (family.includes('alpine')) return `apk add qemu-${qemuName}`
  if (family.includes('fedora')) return `dnf install qemu-user-static-${qemuName}`
  if (family.includes('debian')) return 'apt-get install qemu-user-static'
  return 'install the package qemu-user-static'
}

export function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return '' // a machine that does not say which distribution it is gets the general hint
  }
}

const PT_INTERP = 3
const HEADER_BYTES = 4096

/** Whether an ELF program asks for no loader. False for what is no ELF file at all. */
export function isStaticProgram(path: string): boolean {
  const header = readStart(path)
  if (header.length < 64 || header.readUInt32BE(0) !== 0x7f454c46) return false
  const is64 = header[4] === 2
  const isLittle = header[5] === 1
  const read16 = (at: number): number => (isLittle ? header.readUInt16LE(at) : header.readUInt16BE(at))
  const read32 = (at: number): number => (isLittle ? header.readUInt32LE(at) : header.readUInt32BE(at))
  // gabi, "ELF Header": e_phoff (its low half is enough: it follows the header), e_phentsize, e_phnum
  const offset = is64 ? read32(isLittle ? 32 : 36) : read32(28)
  const entryBytes = read16(is64 ? 54 : 42)
  const entries = read16(is64 ? 56 : 44)
  if (entries === 0 || offset + entries * entryBytes > header.length) return false
  return Array.from({ length: entries }, (_, index) => read32(offset + index * entryBytes)).every((type) => type !== PT_INTERP)
}

function readStart(path: string): Buffer {
  const fd = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(HEADER_BYTES)
    return bytes.subarray(0, readSync(fd, bytes, 0, HEADER_BYTES, 0))
  } finally {
    closeSync(fd)
  }
}
