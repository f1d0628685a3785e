import { createHash, hash } from 'node:crypto'
import type { TarEntry } from '../../archive/tar.ts'
import { readTar } from '../../archive/tarReader.ts'
import { parseWhiteout } from '../../archive/whiteout.ts'
import { BuildError } from '../../ground/errors.ts'
import { asByteString, type ByteString } from '../../kit/byteString.ts'
import { createSymbolScan } from './symbolScan.ts'
import { whiteoutEntry, type WhiteoutEntry } from '../whiteoutEntry.ts'

/** What one layer holds, as far as it is about sizes: never the bytes. Paths have no `/`, `.` or `..` at their ends; '' is the root. */
export interface LayerFiles {
  readonly entries: readonly LayerEntry[]
  readonly fileCount: number
  /** Of the files; holes of sparse ones included. */
  readonly sizeBytes: number
}

export type LayerEntry =
  | SizedFile
  | { readonly kind: 'hardlink'; readonly path: ByteString; readonly target: ByteString }
  | { readonly kind: 'folder'; readonly path: ByteString }
  /** Links, devices, pipes: no bytes. */
  | { readonly kind: 'other'; readonly path: ByteString }
  | WhiteoutEntry

export interface SizedFile {
  readonly kind: 'file'
  readonly path: ByteString
  readonly sizeBytes: number
  /** Equal for equal bytes: the first half of their sha256. */
  readonly content: string
  /** What `strip` would take. */
  readonly symbolBytes: number
}

export class TooManyFilesError extends BuildError {
  readonly kind = 'conflict'
}

/** Reads an uncompressed layer once, as it streams. @throws TarInvalidError; TooManyFilesError where it holds more than `maxEntries` */
export async function readLayerFiles(tar: AsyncIterable<Uint8Array>, maxEntries: number, signal: AbortSignal): Promise<LayerFiles> {
  const entries: LayerEntry[] = []
  let [fileCount, sizeBytes] = [0, 0]
  for await (const entry of readTar(tar)) {
    signal.throwIfAborted()
    const found = await readEntry(entry)
    if (found === undefined) continue
    if (entries.push(found) > maxEntries) throw new TooManyFilesError('the image holds too many files', { hint: 'look at one platform: --platform' })
    if (found.kind !== 'file') continue
    fileCount += 1
    sizeBytes += found.sizeBytes
  }
  return { entries, fileCount, sizeBytes }
}

async function readEntry({ header, content }: TarEntry): Promise<LayerEntry | undefined> {
  const path = normalize(header.path)
  const whiteout = parseWhiteout(path)
  if (whiteout !== undefined) return whiteoutEntry(whiteout)
  switch (header.kind) {
    case 'file':
      return { kind: 'file', path, sizeBytes: header.sizeBytes, ...(await readContent(content, header.sizeBytes)) }
    case 'hardlink':
      return { kind: 'hardlink', path, target: normalize(header.linkTarget) }
    case 'folder':
      return { kind: 'folder', path }
    case 'symlink':
    case 'character-device':
    case 'block-device':
    case 'fifo':
      return { kind: 'other', path }
  }
}

/** Names that lead nowhere or upwards are left out: nothing here is opened by its path. */
function normalize(path: ByteString): ByteString {
  if (!/(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) return path
  return asByteString(path.split('/').filter((name) => name !== '' && name !== '.' && name !== '..').join('/'))
}

/** Half of a sha256 tells files apart as well, in half the memory. */
const KEPT_BYTES = 16

async function readContent(content: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<Pick<SizedFile, 'content' | 'symbolBytes'>> {
  const scan = createSymbolScan(sizeBytes)
  let first: Uint8Array | undefined
  let rest: ReturnType<typeof createHash> | undefined
  for await (const chunk of content) {
    scan.push(chunk)
    if (first === undefined) first = Uint8Array.from(chunk) // the source may use its chunk again
    else (rest ??= createHash('sha256').update(first)).update(chunk)
  }
  const digest = rest?.digest() ?? hash('sha256', first ?? new Uint8Array(0), 'buffer')
  return { content: digest.toString('latin1', 0, KEPT_BYTES), symbolBytes: scan.symbolBytes() }
}
