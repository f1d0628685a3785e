/** Pieces of bytes as one: their number, their lengths, and they themselves, each from a multiple of four on. */
export function packSections(sections: readonly Uint8Array[]): Uint8Array {
  const header = Uint32Array.of(sections.length, ...sections.map(({ byteLength }) => byteLength))
  const packed = new Uint8Array(header.byteLength + sections.reduce((sum, { byteLength }) => sum + aligned(byteLength), 0))
  packed.set(bytesOf(header))
  let at = header.byteLength
  for (const section of sections) {
    packed.set(section, at)
    at += aligned(section.byteLength)
  }
  return packed
}

/** Views of what was packed. @throws RangeError for what `packSections` did not make of so many */
export function unpackSections(packed: Uint8Array, count: number): readonly Uint8Array[] {
  const bytes = packed.byteOffset % 4 === 0 ? packed : Uint8Array.from(packed)
  const lengths = bytes.byteLength < 4 * (count + 1) ? undefined : wordsOf(bytes.subarray(4, 4 * (count + 1)))
  if (lengths === undefined || wordsOf(bytes.subarray(0, 4))[0] !== count) throw new RangeError('not so many sections')
  let at = 4 * (count + 1)
  const sections = [...lengths].map((length) => {
    const section = bytes.subarray(at, at + length)
    at += aligned(length)
    return section
  })
  if (at !== bytes.byteLength) throw new RangeError('sections are cut')
  return sections
}

export function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

export function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4)
}

export function shortsOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint16Array {
  return new Uint16Array(buffer, byteOffset, byteLength / 2)
}

function aligned(length: number): number {
  return (length + 3) & ~3
}
