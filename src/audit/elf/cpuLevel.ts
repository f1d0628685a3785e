import { createElfReader } from '../../archive/elf/elfHeader.ts'

/** What files say of the CPU that they need: x86's GNU property notes, and the build attributes of ARM and RISC-V. Pure; what makes no sense says nothing. */

const NT_GNU_PROPERTY_TYPE_0 = 5
const GNU_PROPERTY_X86_ISA_1_NEEDED = 0xc0008002

/** `v2` to `v4` where a segment of notes has the property "x86 ISA needed" (x86-64 psABI, "Program Property"); '' else. */
export function x86LevelOfNotes(notes: Uint8Array): string {
  const read = createElfReader(notes, X86)
  for (let at = 0; at + 12 <= notes.byteLength; ) {
    const [nameBytes, descriptionBytes, type] = [read.word(at), read.word(at + 4), read.word(at + 8)]
    const start = at + 12 + roundUp(nameBytes, 4)
    const end = start + descriptionBytes
    if (end > notes.byteLength) return ''
    if (type === NT_GNU_PROPERTY_TYPE_0 && nameBytes === 4) {
      const level = levelOfProperties(notes.subarray(start, end))
      if (level !== '') return level
    }
    at = start + roundUp(descriptionBytes, type === NT_GNU_PROPERTY_TYPE_0 ? 8 : 4)
  }
  return ''
}

const X86 = { bits: 64, byteOrder: 'little' } as const

function levelOfProperties(properties: Uint8Array): string {
  const read = createElfReader(properties, X86)
  for (let at = 0; at + 12 <= properties.byteLength; ) {
    const [type, sizeBytes] = [read.word(at), read.word(at + 4)]
    if (type === GNU_PROPERTY_X86_ISA_1_NEEDED && sizeBytes === 4) {
      const bits = read.word(at + 8) // bit 0 is the baseline
      return (bits & 8) !== 0 ? 'v4' : (bits & 4) !== 0 ? 'v3' : (bits & 2) !== 0 ? 'v2' : ''
    }
    at += 8 + roundUp(sizeBytes, 8)
  }
  return ''
}

/** `v4` to `v9` by Tag_CPU_arch, for CPUs that run Linux; '' else. Addenda to the ABI for the Arm Architecture, "Build Attributes". */
export function armLevelOfAttributes(section: Uint8Array, byteOrder: 'little' | 'big'): string {
  const attributes = fileAttributes(section, 'aeabi', byteOrder, isArmText)
  const architecture = attributes.get(TAG_CPU_ARCH)
  return typeof architecture === 'number' && attributes.get(TAG_CPU_ARCH_PROFILE) !== PROFILE_MICROCONTROLLER ? (ARM_LEVELS[architecture] ?? '') : ''
}

const TAG_CPU_ARCH = 6
const TAG_CPU_ARCH_PROFILE = 7
const PROFILE_MICROCONTROLLER = 'M'.charCodeAt(0)

/** By the value of Tag_CPU_arch. */
const ARM_LEVELS: readonly string[] = ['v4', 'v4', 'v4', 'v5', 'v5', 'v5', 'v6', 'v6', 'v6', 'v6', 'v7', 'v6', 'v6', 'v7', 'v8', 'v8', 'v8', 'v8', 'v8', 'v8', 'v8', 'v8', 'v9']

/** Below 32 the tags are told one by one, above it odd ones are texts. */
function isArmText(tag: number): boolean {
  return tag === 4 || tag === 5 || (tag > 32 && tag % 2 === 1)
}

/** The extensions beyond rv64gc that are needed, such as `v` and `zba`, with commas between; '' where there is none. RISC-V ELF psABI, "Attributes". */
export function riscvExtensionsOfAttributes(section: Uint8Array, byteOrder: 'little' | 'big'): string {
  const text = fileAttributes(section, 'riscv', byteOrder, (tag) => tag % 2 === 1).get(TAG_RISCV_ARCH)
  if (typeof text !== 'string') return ''
  const names = text.split('_').map((part) => part.replace(/\d+p\d+$/, ''))
  return names.filter((name) => BEYOND_RV64GC.has(name)).join(',')
}

const TAG_RISCV_ARCH = 5

/** Those of the profiles RVA22 and RVA23 that a program stops without. */
const BEYOND_RV64GC: ReadonlySet<string> = new Set(['v', 'zba', 'zbb', 'zbs', 'zfh', 'zfhmin', 'zicond', 'zcb', 'zfa', 'zvbb', 'zvfhmin'])

type Attributes = ReadonlyMap<number, number | string>

/** The attributes that a section has for the whole file, of one vendor. */
function fileAttributes(section: Uint8Array, vendor: string, byteOrder: 'little' | 'big', isText: (tag: number) => boolean): Attributes {
  const found = new Map<number, number | string>()
  if (section[0] !== FORMAT_VERSION) return found
  const read = createElfReader(section, { bits: 32, byteOrder })
  for (let at = 1; at + 4 < section.byteLength; ) {
    const end = at + read.word(at)
    if (end <= at + 4 || end > section.byteLength) break
    const name = createAttributeReader(section.subarray(at + 4, end))
    if (name.text() === vendor) readVendor(section.subarray(at + 4 + name.at(), end), { byteOrder, isText, found })
    at = end
  }
  return found
}

const FORMAT_VERSION = 'A'.charCodeAt(0)
const TAG_FILE = 1

interface Reading {
  readonly byteOrder: 'little' | 'big'
  readonly isText: (tag: number) => boolean
  readonly found: Map<number, number | string>
}

function readVendor(bytes: Uint8Array, { byteOrder, isText, found }: Reading): void {
  const read = createElfReader(bytes, { bits: 32, byteOrder })
  for (let at = 0; at + 5 <= bytes.byteLength; ) {
    const end = at + read.word(at + 1)
    if (end < at + 5 || end > bytes.byteLength) return
    if (bytes[at] === TAG_FILE) readAttributes(createAttributeReader(bytes.subarray(at + 5, end)), isText, found)
    at = end
  }
}

function readAttributes(reader: AttributeReader, isText: (tag: number) => boolean, found: Map<number, number | string>): void {
  while (!reader.isAtEnd()) {
    const tag = reader.number()
    if (tag === TAG_COMPATIBILITY) reader.number()
    found.set(tag, isText(tag) || tag === TAG_COMPATIBILITY ? reader.text() : reader.number())
  }
}

/** Alone has a number and a text. */
const TAG_COMPATIBILITY = 32

interface AttributeReader {
  at(): number
  isAtEnd(): boolean
  /** LEB128; bits beyond 32 are lost. */
  number(): number
  text(): string
}

function createAttributeReader(bytes: Uint8Array): AttributeReader {
  let at = 0
  return {
    at: () => at,
    isAtEnd: () => at >= bytes.byteLength,
    number() {
      let value = 0
      for (let shift = 0; at < bytes.byteLength; shift += 7) {
        const byte = bytes[at++] ?? 0
        if (shift < 28) value |= (byte & 0x7f) << shift
        if (byte < 0x80) break
      }
      return value
    },
    text() {
      const end = bytes.indexOf(0, at)
      const stop = end < 0 ? bytes.byteLength : end
      const text = Buffer.from(bytes.subarray(at, stop)).toString('latin1')
      at = stop + 1
      return text
    },
  }
}

function roundUp(value: number, align: number): number {
  return Math.ceil(value / align) * align
}
