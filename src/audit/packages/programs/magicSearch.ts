/** Finds a mark in a file that goes by once. */
export interface MagicSearch {
  /** `chunk` is what stands at `position`; pieces come in the order of the file. Gives the offsets right behind each mark that ends in it. */
  push(chunk: Uint8Array, position: number): readonly number[]
}

export interface MagicPlace {
  readonly magic: Uint8Array
  /** It begins at a multiple of this. */
  readonly alignment: number
  /** And in one of these. */
  readonly ranges: readonly (readonly [start: number, end: number])[]
}

export function createMagicSearch({ magic, alignment, ranges }: MagicPlace): MagicSearch {
  /** The end of what came before: a mark may begin there. */
  let before: Uint8Array = new Uint8Array(0)
  const isPlace = (offset: number): boolean => offset % alignment === 0 && ranges.some(([start, end]) => offset >= start && offset < end)
  return {
    push(chunk, position) {
      const isNear = ranges.some(([start, end]) => start < position + chunk.byteLength && end > position - magic.byteLength)
      const bytes = Buffer.concat([before, isNear ? chunk : chunk.subarray(-magic.byteLength)])
      const first = position + chunk.byteLength - bytes.byteLength
      const found: number[] = []
      for (let at = isNear ? bytes.indexOf(magic) : -1; at >= 0; at = bytes.indexOf(magic, at + 1)) if (isPlace(first + at)) found.push(first + at + magic.byteLength)
      before = Uint8Array.from(bytes.subarray(Math.max(0, bytes.byteLength - magic.byteLength + 1)))
      return found
    },
  }
}
