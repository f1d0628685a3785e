import type { TarEntry } from '../../archive/tar.ts'
import { asByteString, fromBytes, type ByteString } from '../../kit/byteString.ts'
import { createElfScan } from '../elf/elfScan.ts'
import { isElf } from '../../archive/elf/elfHeader.ts'
import type { FileContent, LayerFacts } from './layerFacts.ts'
import { describeEntries, readLayerEntries, type PassingFile } from './readLayerEntries.ts'

/** Linux reads no more of a file to see what it is (BINPRM_BUF_SIZE). */
const HEAD_BYTES = 256
/** Of the texts that are kept whole; a longer one is looked at no further. */
const MAX_TEXT_BYTES = 64 << 10

/**
 * Reads an uncompressed layer once, as it streams. Of files that are neither programs nor libraries only the first bytes
 * are looked at; of those, what `createElfScan` holds.
 * @throws TarInvalidError
 */
export async function readLayerFacts(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<LayerFacts> {
  return await readLayerEntries(tar, readContent, signal)
}

/** The same, of a layer's entries however they are come by. */
export async function describeLayer(entries: AsyncIterable<TarEntry>, signal: AbortSignal): Promise<LayerFacts> {
  return await describeEntries(entries, readContent, signal)
}

async function readContent({ path, sizeBytes, content }: PassingFile): Promise<FileContent> {
  if (sizeBytes === 0) return { kind: 'empty' }
  if (isSearchPaths(path) && sizeBytes <= MAX_TEXT_BYTES) return { kind: 'search-paths', text: await readText(content) }
  let head: Uint8Array = new Uint8Array(0)
  let elf: ReturnType<typeof createElfScan> | undefined
  for await (const chunk of content) {
    if (elf !== undefined) {
      elf.push(chunk)
      continue
    }
    head = head.byteLength === 0 ? chunk.subarray(0, HEAD_BYTES) : Buffer.concat([head, chunk.subarray(0, HEAD_BYTES)])
    if (head.byteLength < Math.min(HEAD_BYTES, sizeBytes)) {
      head = Uint8Array.from(head) // the source may use its chunk again
      continue
    }
    if (!isElf(head)) break
    head = Uint8Array.from(head) // as above
    elf = createElfScan(sizeBytes)
    const before = head.byteLength - Math.min(chunk.byteLength, HEAD_BYTES)
    if (before > 0) elf.push(head.subarray(0, before))
    elf.push(chunk)
  }
  return describe(head, elf)
}

function describe(head: Uint8Array, elf: ReturnType<typeof createElfScan> | undefined): FileContent {
  const facts = elf?.finish()
  if (facts !== undefined) return { kind: 'elf', elf: facts }
  if (head[0] === 0x23 && head[1] === 0x21) return { kind: 'script', line: firstLine(head.subarray(2)) }
  const magic = Buffer.from(head.subarray(0, 4)).toString('hex')
  const system = magic.startsWith('4d5a') ? 'Windows' : MACH_O.has(magic) ? 'macOS' : undefined
  return system === undefined ? { kind: 'other' } : { kind: 'foreign', system }
}

/** Of Mach-O files, 32 and 64 bits, both orders. What holds several of them begins as Java's classes do, and is not told. */
const MACH_O: ReadonlySet<string> = new Set(['feedface', 'feedfacf', 'cefaedfe', 'cffaedfe'])

function firstLine(bytes: Uint8Array): ByteString {
  const end = bytes.indexOf(0x0a)
  return fromBytes(end < 0 ? bytes : bytes.subarray(0, end))
}

/** glibc's `ld.so.conf` with the files that it includes by convention, and musl's `ld-musl-ARCH.path`. */
function isSearchPaths(path: ByteString): boolean {
  return /^etc\/(?:ld\.so\.conf|ld\.so\.conf\.d\/[^/]+\.conf|ld-musl-[^/]+\.path)$/.test(path)
}

async function readText(content: AsyncIterable<Uint8Array>): Promise<ByteString> {
  const parts: string[] = []
  for await (const chunk of content) parts.push(fromBytes(chunk))
  return asByteString(parts.join(''))
}
