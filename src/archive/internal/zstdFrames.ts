/**
 * Zstandard streams may be several frames, some of them to be skipped (RFC 8878; zstd:chunked layers are made so), but
 * Node's decompressor ends with the chunk in which the first frame ends. So chunks are cut where frames end.
 */
export async function* cutAtFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const scanner = createScanner()
  for await (const chunk of chunks) {
    for (let offset = 0; offset < chunk.byteLength; ) {
      const end = scanner.findFrameEnd(chunk, offset)
      yield chunk.subarray(offset, end)
      offset = end
    }
  }
}

interface Scanner {
  /** Where the frame that goes on at `offset` ends; the chunk's length where it goes on behind it. */
  findFrameEnd(chunk: Uint8Array, offset: number): number
}

function createScanner(): Scanner {
  const grammar = frames()
  let step = advance(grammar, []).next
  let taken: number[] = []
  let passed = 0
  return {
    findFrameEnd(chunk, start) {
      for (let offset = start; offset < chunk.byteLength; ) {
        const length = Math.min(step.sizeBytes - passed, chunk.byteLength - offset)
        if (step.kind === 'take') taken.push(...chunk.subarray(offset, offset + length))
        passed += length
        offset += length
        if (passed < step.sizeBytes) break
        const { next, isFrameEnd } = advance(grammar, taken)
        step = next
        taken = []
        passed = 0
        if (isFrameEnd) return offset
      }
      return chunk.byteLength
    },
  }
}

type Step = { readonly kind: 'take'; readonly sizeBytes: number } | { readonly kind: 'skip'; readonly sizeBytes: number } | { readonly kind: 'frame-end' }
type Grammar = Generator<Step, never, readonly number[]>

const MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const RLE_BLOCK = 1

/** What stands in the stream: bytes to be taken, which come back, and bytes to be skipped. */
function* frames(): Grammar {
  for (;;) {
    const magic = littleEndian(yield { kind: 'take', sizeBytes: 4 })
    if (magic === MAGIC) yield* frame()
    else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) yield { kind: 'skip', sizeBytes: littleEndian(yield { kind: 'take', sizeBytes: 4 }) }
    else yield { kind: 'skip', sizeBytes: Infinity } // no frame: the decompressor will say so
    yield { kind: 'frame-end' }
  }
}

function* frame(): Generator<Step, void, readonly number[]> {
  const [descriptor = 0] = yield { kind: 'take', sizeBytes: 1 }
  const hasChecksum = (descriptor & 0b100) !== 0
  yield { kind: 'skip', sizeBytes: headerRestBytes(descriptor) }
  for (let isLast = false; !isLast; ) {
    const block = littleEndian(yield { kind: 'take', sizeBytes: 3 })
    isLast = (block & 1) !== 0
    yield { kind: 'skip', sizeBytes: ((block >> 1) & 3) === RLE_BLOCK ? 1 : block >>> 3 }
  }
  if (hasChecksum) yield { kind: 'skip', sizeBytes: 4 }
}

/** Window descriptor, dictionary id and content size, as the frame header descriptor announces them. */
function headerRestBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0b100000) !== 0
  const contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0
  return (isSingleSegment ? 0 : 1) + dictionary + contentSize
}

/** The next step that needs bytes. */
function advance(grammar: Grammar, taken: readonly number[]): { readonly next: Step & { kind: 'take' | 'skip' }; readonly isFrameEnd: boolean } {
  let isFrameEnd = false
  for (let { value } = grammar.next(taken); ; { value } = grammar.next([])) {
    if (value.kind === 'frame-end') isFrameEnd = true
    else if (value.sizeBytes > 0) return { next: value, isFrameEnd }
  }
}

function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0)
}
