import type { FileEvidence } from '../fileEvidence.ts'
import { packagesEvidence } from '../fileEvidence.ts'
import { toPackage, type Package } from '../package.ts'

/** What Go's linker begins the build information with; it stands at a multiple of 16 in a segment that may be written. */
export const GO_MAGIC = Buffer.from('\xff Go buildinf:', 'latin1')
export const GO_ALIGNMENT = 16

/** Behind the magic: the size of a pointer, flags, and padding to 32 bytes. */
const FLAGS_AT = 1
const STRINGS_AT = 18
const IS_INLINE = 2
/** What Go puts around the list of modules, so that it is found in memory. */
const SENTINEL_BYTES = 16

/**
 * The modules that a Go program is made of, and its standard library: Go's debug/buildinfo. `bytes` begin right behind
 * the magic. Undefined where it only looks like build information.
 */
export function parseGoBuildInfo(bytes: Uint8Array): FileEvidence | undefined {
  const flags = bytes[FLAGS_AT] ?? 0
  if ((flags & ~3) !== 0) return undefined
  if ((flags & IS_INLINE) === 0) return { kind: 'unread', reason: 'it was built by a Go older than 1.18' }
  const version = readText(bytes, STRINGS_AT)
  const modules = version === undefined ? undefined : readText(bytes, version.end)
  if (version === undefined || modules === undefined || !/^(?:go|devel)/.test(version.text)) return undefined
  const [goVersion = ''] = version.text.split(' ', 1)
  const library = toPackage({ kind: 'golang', name: 'stdlib', version: goVersion.replace(/^go/, '') })
  return packagesEvidence([library, ...parseModules(modules.text)])
}

function readText(bytes: Uint8Array, at: number): { readonly text: string; readonly end: number } | undefined {
  const length = readVarint(bytes, at)
  if (length === undefined || length.end + length.value > bytes.byteLength) return undefined
  const end = length.end + length.value
  return { text: Buffer.from(bytes.subarray(length.end, end)).toString('latin1'), end }
}

/** encoding/binary's Uvarint; undefined where it is longer than any string here. */
function readVarint(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0
  for (let index = 0; index < 4; index += 1) {
    const byte = bytes[at + index]
    if (byte === undefined) return undefined
    value |= (byte & 0x7f) << (7 * index)
    if (byte < 0x80) return { value, end: at + index + 1 }
  }
  return undefined
}

/** Lines of fields between tabs: runtime/debug's BuildInfo. A module that was replaced is what it was replaced by. */
function parseModules(text: string): readonly (Package | undefined)[] {
  const modules: { name: string; version: string }[] = []
  const lines = text.slice(SENTINEL_BYTES, Math.max(SENTINEL_BYTES, text.length - SENTINEL_BYTES)).split('\n')
  for (const [what, name = '', version = ''] of lines.map((line) => line.split('\t'))) {
    const last = modules.at(-1)
    if (what === 'mod' || what === 'dep') modules.push({ name, version })
    else if (what === '=>' && last !== undefined && version !== '') Object.assign(last, { name, version })
  }
  // a program that was built where it was written has no version
  return modules.map(({ name, version }) => toPackage({ kind: 'golang', name, version: version === '(devel)' ? '' : version }))
}
