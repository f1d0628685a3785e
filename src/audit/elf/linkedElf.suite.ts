import { ELF_TYPE, SEGMENT_TYPE } from '../../archive/elf/elfHeader.ts'
import { elfIdentityOf } from '../../archive/elf/elfMachine.ts'

/** An ELF file for tests, with what a linker writes into one and the audit reads. It runs nowhere. */
export interface LinkedElf {
  /** As in a platform. */
  readonly architecture: string
  /** `shared` where there is no loader, unless it says otherwise. */
  readonly type?: number
  readonly loader?: string
  readonly needed?: readonly string[]
  readonly soname?: string
  readonly rpath?: string
  readonly runpath?: string
  /** By library. */
  readonly versionsNeeded?: Readonly<Record<string, readonly string[]>>
  readonly versionsDefined?: readonly string[]
  /** e_flags */
  readonly flags?: number
  readonly osAbi?: number
  /** Bits of x86's property "ISA needed". */
  readonly x86Isa?: number
  /** The section of attributes, whole. */
  readonly attributes?: Uint8Array
  /** Bytes between the dynamic section and the strings that it names, as in a file that was edited by patchelf. */
  readonly gapBytes?: number
}

const ADDRESS = 0x400000
const PT_GNU_PROPERTY = 0x6474e553
const SHT_ATTRIBUTES = 0x70000003

export function makeLinkedElf(elf: LinkedElf): Buffer {
  const identity = elfIdentityOf(elf.architecture)
  if (identity === undefined) throw new TypeError(`unknown architecture ${elf.architecture}`)
  const { bits, byteOrder, machine } = identity
  const write = createWriter(bits, byteOrder === 'little')
  const [headerBytes, entryBytes, sectionBytes] = bits === 32 ? [52, 32, 40] : [64, 56, 64]
  const parts = smallParts(elf)
  const isDynamic = [elf.needed, elf.soname, elf.rpath, elf.runpath, elf.versionsNeeded, elf.versionsDefined].some((part) => part !== undefined)
  const count = parts.length + 1 + (isDynamic ? 1 : 0)
  let end = headerBytes + count * entryBytes
  const placed: Placed[] = parts.map((part) => ({ ...part, offset: (end += part.bytes.byteLength) - part.bytes.byteLength }))
  const linked = isDynamic ? placeTables(elf, end, write) : { placed: [], bytes: Buffer.alloc(0) }
  placed.push(...linked.placed)
  end += linked.bytes.byteLength
  const attributes = Buffer.from(elf.attributes ?? [])
  const sections = elf.attributes === undefined ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(sectionBytes), write.section(SHT_ATTRIBUTES, end, attributes.byteLength)])
  const head = Buffer.alloc(headerBytes)
  head.set(identityBytes(elf, bits, byteOrder))
  const type = elf.type ?? (elf.loader === undefined ? ELF_TYPE.shared : ELF_TYPE.executable)
  write.into(head, 16, [['half', type], ['half', machine], ['word', 1], ['address', 0], ['address', headerBytes], ['address', sections.byteLength === 0 ? 0 : end + attributes.byteLength], ['word', elf.flags ?? 0], ['half', headerBytes], ['half', entryBytes], ['half', count], ['half', sectionBytes], ['half', sections.byteLength / sectionBytes], ['half', 0]])
  const load = write.segment({ type: SEGMENT_TYPE.load, offset: 0, address: ADDRESS, sizeBytes: end })
  const segments = placed.map(({ type: kind, offset, bytes }) => write.segment({ type: kind, offset, address: ADDRESS + offset, sizeBytes: bytes.byteLength }))
  return Buffer.concat([head, load, ...segments, ...parts.map(({ bytes }) => bytes), linked.bytes, attributes, sections])
}

function identityBytes({ osAbi = 0 }: LinkedElf, bits: 32 | 64, byteOrder: 'little' | 'big'): readonly number[] {
  return [0x7f, 0x45, 0x4c, 0x46, bits === 32 ? 1 : 2, byteOrder === 'little' ? 1 : 2, 1, osAbi]
}

interface Part {
  readonly type: number
  readonly bytes: Buffer
}

interface Placed extends Part {
  readonly offset: number
}

function smallParts({ loader, x86Isa }: LinkedElf): readonly Part[] {
  const loaderPart = loader === undefined ? [] : [{ type: SEGMENT_TYPE.interpreter, bytes: Buffer.from(`${loader}\0`) }]
  return x86Isa === undefined ? loaderPart : [...loaderPart, { type: PT_GNU_PROPERTY, bytes: propertyNote(x86Isa) }]
}

/** The dynamic section at `start`, then the gap, then what it names. */
function placeTables(elf: LinkedElf, start: number, write: Writer): { readonly placed: readonly Placed[]; readonly bytes: Buffer } {
  const strings = createStrings()
  const tables = linkTables(elf, strings, write)
  const gap = Buffer.alloc(elf.gapBytes ?? 0)
  const needed = start + tables.dynamicBytes + gap.byteLength
  const defined = needed + tables.needed.byteLength
  const dynamic = tables.dynamic({ strings: ADDRESS + defined + tables.defined.byteLength, needed: ADDRESS + needed, defined: ADDRESS + defined })
  return { placed: [{ type: SEGMENT_TYPE.dynamic, bytes: dynamic, offset: start }], bytes: Buffer.concat([dynamic, gap, tables.needed, tables.defined, strings.bytes()]) }
}

type Field = readonly [kind: 'half' | 'word' | 'address', value: number]

interface Writer {
  into(bytes: Buffer, at: number, fields: readonly Field[]): void
  fields(fields: readonly Field[]): Buffer
  segment(segment: { readonly type: number; readonly offset: number; readonly address: number; readonly sizeBytes: number }): Buffer
  section(type: number, offset: number, sizeBytes: number): Buffer
}

function createWriter(bits: 32 | 64, isLittle: boolean): Writer {
  const widths = { half: 2, word: 4, address: bits / 8 } as const
  const into: Writer['into'] = (bytes, start, fields) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = start
    for (const [kind, value] of fields) {
      if (widths[kind] === 2) view.setUint16(at, value, isLittle)
      else if (widths[kind] === 4) view.setUint32(at, value, isLittle)
      else view.setBigUint64(at, BigInt(value), isLittle)
      at += widths[kind]
    }
  }
  const fields: Writer['fields'] = (list) => {
    const bytes = Buffer.alloc(list.reduce((sum, [kind]) => sum + widths[kind], 0))
    into(bytes, 0, list)
    return bytes
  }
  return {
    into,
    fields,
    segment({ type, offset, address, sizeBytes }) {
      const place: readonly Field[] = [['address', offset], ['address', address], ['address', address], ['address', sizeBytes], ['address', sizeBytes]]
      return bits === 64 ? fields([['word', type], ['word', 4], ...place, ['address', 8]]) : fields([['word', type], ...place, ['word', 4], ['word', 4]])
    },
    section: (type, offset, sizeBytes) => fields([['word', 0], ['word', type], ['address', 0], ['address', 0], ['address', offset], ['address', sizeBytes], ['word', 0], ['word', 0], ['address', 1], ['address', 0]]),
  }
}

interface Strings {
  add(text: string): number
  bytes(): Buffer
}

function createStrings(): Strings {
  let text = '\0'
  return {
    add(added) {
      text += `${added}\0`
      return text.length - added.length - 1
    },
    bytes: () => Buffer.from(text, 'latin1'),
  }
}

interface LinkTables {
  readonly dynamicBytes: number
  readonly dynamic: (addresses: { readonly strings: number; readonly needed: number; readonly defined: number }) => Buffer
  readonly needed: Buffer
  readonly defined: Buffer
}

function linkTables({ needed = [], soname, rpath, runpath, versionsNeeded = {}, versionsDefined = [] }: LinkedElf, strings: Strings, write: Writer): LinkTables {
  const texts: readonly (readonly [tag: number, text: string | undefined])[] = [...needed.map((name) => [1, name] as const), [14, soname], [15, rpath], [29, runpath]]
  const entries = texts.flatMap(([tag, text]) => (text === undefined ? [] : [[tag, strings.add(text)] as const]))
  const libraries = Object.entries(versionsNeeded)
  const dynamic: LinkTables['dynamic'] = (addresses) => {
    const all = [...entries, [5, addresses.strings], [10, strings.bytes().byteLength], [0x6ffffffe, addresses.needed], [0x6fffffff, libraries.length], [0x6ffffffc, addresses.defined], [0x6ffffffd, versionsDefined.length], [0, 0]] as const
    const shown = all.filter(([tag]) => (libraries.length > 0 || (tag !== 0x6ffffffe && tag !== 0x6fffffff)) && (versionsDefined.length > 0 || (tag !== 0x6ffffffc && tag !== 0x6ffffffd)))
    return write.fields(shown.flatMap(([tag, value]): Field[] => [['address', tag], ['address', value]]))
  }
  const neededTable = libraries.map(([library, versions], index) => {
    const aux = versions.map((version, at) => write.fields([['word', 0], ['half', 0], ['half', at + 2], ['word', strings.add(version)], ['word', at === versions.length - 1 ? 0 : 16]]))
    return Buffer.concat([write.fields([['half', 1], ['half', versions.length], ['word', strings.add(library)], ['word', 16], ['word', index === libraries.length - 1 ? 0 : 16 + 16 * versions.length]]), ...aux])
  })
  const definedTable = versionsDefined.map((version, index) => Buffer.concat([write.fields([['half', 1], ['half', 0], ['half', index + 2], ['half', 1], ['word', 0], ['word', 20], ['word', index === versionsDefined.length - 1 ? 0 : 28]]), write.fields([['word', strings.add(version)], ['word', 0]])]))
  return { dynamicBytes: dynamic({ strings: 0, needed: 0, defined: 0 }).byteLength, dynamic, needed: Buffer.concat(neededTable), defined: Buffer.concat(definedTable) }
}

function propertyNote(isa: number): Buffer {
  const words = [4, 16, 5, 0x00554e47, 0xc0008002, 4, isa, 0]
  const bytes = Buffer.alloc(words.length * 4)
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, index * 4)
  return bytes
}

/** A section of build attributes with those of the whole file: numbers, and texts with their NUL. */
export function makeAttributes(vendor: string, attributes: readonly (readonly [tag: number, value: number | string])[]): Buffer {
  const body = Buffer.concat(attributes.map(([tag, value]) => Buffer.concat([Buffer.from([tag]), typeof value === 'number' ? Buffer.from([value]) : Buffer.from(`${value}\0`)])))
  const size = (bytes: number): Buffer => {
    const word = Buffer.alloc(4)
    word.writeUInt32LE(bytes)
    return word
  }
  const file = Buffer.concat([Buffer.from([1]), size(body.byteLength + 5), body])
  const name = Buffer.from(`${vendor}\0`)
  return Buffer.concat([Buffer.from('A'), size(4 + name.byteLength + file.byteLength), name, file])
}
