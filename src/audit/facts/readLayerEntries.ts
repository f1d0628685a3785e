import type { TarEntry } from '../../archive/tar.ts'
import { readTar } from '../../archive/tarReader.ts'
import { parseWhiteout } from '../../archive/whiteout.ts'
import { asByteString, type ByteString } from '../../kit/byteString.ts'
import type { LayerEntry, LayerFacts } from './layerFacts.ts'
import { whiteoutEntry } from '../whiteoutEntry.ts'

/** A layer of more names is not what anyone runs: what comes after them is not known. */
const MAX_ENTRIES = 2_000_000

/** A regular file of a layer as it streams by. */
export interface PassingFile {
  /** Without empty names and `.`. */
  readonly path: ByteString
  readonly sizeBytes: number
  readonly content: AsyncIterable<Uint8Array>
}

/**
 * Reads an uncompressed layer once, as it streams; `readContent` says what of each file is to be known, and need not read it.
 * @throws TarInvalidError
 */
export async function readLayerEntries<Content>(tar: AsyncIterable<Uint8Array>, readContent: (file: PassingFile) => Promise<Content>, signal: AbortSignal): Promise<LayerFacts<Content>> {
  return await describeEntries(readTar(tar), readContent, signal)
}

/** The same, of a layer's entries however they are come by. */
export async function describeEntries<Content>(layer: AsyncIterable<TarEntry>, readContent: (file: PassingFile) => Promise<Content>, signal: AbortSignal): Promise<LayerFacts<Content>> {
  const entries: LayerEntry<Content>[] = []
  for await (const entry of layer) {
    signal.throwIfAborted()
    const facts = entries.length < MAX_ENTRIES ? await readEntry(entry, readContent) : undefined
    if (facts !== undefined) entries.push(facts)
  }
  return { entries }
}

async function readEntry<Content>({ header, content }: TarEntry, readContent: (file: PassingFile) => Promise<Content>): Promise<LayerEntry<Content> | undefined> {
  const path = normalize(header.path)
  const whiteout = parseWhiteout(path)
  if (whiteout !== undefined) return whiteoutEntry(whiteout)
  switch (header.kind) {
    case 'folder':
      return { kind: 'folder', path }
    case 'symlink':
      return { kind: 'symlink', path, target: header.linkTarget }
    case 'hardlink':
      return { kind: 'hardlink', path, target: normalize(header.linkTarget) }
    case 'file':
      return { kind: 'file', path, mode: header.mode, hasCapabilities: header.xattrs.has('security.capability'), content: await readContent({ path, sizeBytes: header.sizeBytes, content }) }
    case 'character-device':
    case 'block-device':
    case 'fifo':
      return { kind: 'special', path }
  }
}

/** Without empty names and `.`; `..` stays, and leads nowhere later. */
function normalize(path: ByteString): ByteString {
  if (!/^\.?\/|\/\/|\/\.?(?:\/|$)|^\.$/.test(path)) return path
  return asByteString(path.split('/').filter((name) => name !== '' && name !== '.').join('/'))
}
