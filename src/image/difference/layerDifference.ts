import { createHash } from 'node:crypto'
import type { TarEntry, TarKind } from '../../archive/tar.ts'
import { readTar } from '../../archive/tarReader.ts'
import { textOfBytes } from '../../kit/byteString.ts'

/** What a layer says of one path. */
export interface FileFacts {
  readonly kind: TarKind
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  readonly linkTarget: string
  /** Of a device its numbers, `major:minor`; '' of all else. */
  readonly device: string
  /** Values in hexadecimal. */
  readonly xattrs: ReadonlyMap<string, string>
  /** sha256 in hexadecimal; of all but files that of nothing. */
  readonly content: string
}

export type FileAspect = 'kind' | 'content' | 'mode' | 'owner' | 'mtime' | 'xattrs' | 'target' | 'device'

export type FileDifference =
  | { readonly kind: 'only-first'; readonly path: string; readonly first: FileFacts }
  | { readonly kind: 'only-second'; readonly path: string; readonly second: FileFacts }
  | { readonly kind: 'changed'; readonly path: string; readonly aspects: readonly FileAspect[]; readonly first: FileFacts; readonly second: FileFacts }

/**
 * What differs between two uncompressed layers, as it is found; what only one of them has comes last. Both are read
 * once, side by side: held is no more than the entries of one for which the other has not come to the same path.
 */
export async function* compareLayers(first: AsyncIterable<Uint8Array>, second: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<FileDifference> {
  const [firstEntries, secondEntries] = [readTar(first), readTar(second)]
  const [onlyFirst, onlySecond] = [new Map<string, FileFacts>(), new Map<string, FileFacts>()]
  try {
    for (;;) {
      signal.throwIfAborted()
      const [a, b] = [await nextFacts(firstEntries), await nextFacts(secondEntries)]
      if (a !== undefined) yield* pair(a, { own: onlyFirst, other: onlySecond, isFirst: true })
      if (b !== undefined) yield* pair(b, { own: onlySecond, other: onlyFirst, isFirst: false })
      if (a === undefined && b === undefined) break
    }
  } finally {
    await Promise.all([firstEntries.return(undefined), secondEntries.return(undefined)])
  }
  for (const [path, facts] of onlyFirst) yield { kind: 'only-first', path, first: facts }
  for (const [path, facts] of onlySecond) yield { kind: 'only-second', path, second: facts }
}

interface Entry {
  readonly path: string
  readonly facts: FileFacts
}

interface Waiting {
  readonly own: Map<string, FileFacts>
  readonly other: Map<string, FileFacts>
  readonly isFirst: boolean
}

function* pair({ path, facts }: Entry, { own, other, isFirst }: Waiting): Generator<FileDifference> {
  const found = other.get(path)
  if (found === undefined) {
    own.set(path, facts)
    return
  }
  other.delete(path)
  const [first, second] = isFirst ? [facts, found] : [found, facts]
  const aspects = aspectsOf(first, second)
  if (aspects.length > 0) yield { kind: 'changed', path, aspects, first, second }
}

function aspectsOf(first: FileFacts, second: FileFacts): readonly FileAspect[] {
  if (first.kind !== second.kind) return ['kind']
  const differs: readonly (readonly [FileAspect, boolean])[] = [
    ['content', first.content !== second.content],
    ['target', first.linkTarget !== second.linkTarget],
    ['device', first.device !== second.device],
    ['mode', first.mode !== second.mode],
    ['owner', first.uid !== second.uid || first.gid !== second.gid],
    ['xattrs', formatXattrs(first) !== formatXattrs(second)],
    ['mtime', first.mtimeNs !== second.mtimeNs],
  ]
  return differs.flatMap(([aspect, isSo]) => (isSo ? [aspect] : []))
}

function formatXattrs({ xattrs }: FileFacts): string {
  return [...xattrs].map(([name, value]) => `${name}=${value}`).sort().join(' ')
}

async function nextFacts(entries: AsyncGenerator<TarEntry>): Promise<Entry | undefined> {
  const next = await entries.next()
  if (next.done === true) return undefined
  const { header, content } = next.value
  const { kind, mode, uid, gid, sizeBytes, mtimeNs, deviceMajor, deviceMinor } = header
  const device = kind === 'character-device' || kind === 'block-device' ? `${deviceMajor}:${deviceMinor}` : ''
  const hash = createHash('sha256')
  if (kind === 'file') for await (const chunk of content) hash.update(chunk)
  const xattrs = new Map([...header.xattrs].map(([name, value]) => [name, Buffer.from(value).toString('hex')]))
  return { path: pathOf(header.path), facts: { kind, mode, uid, gid, sizeBytes, mtimeNs, linkTarget: textOfBytes(header.linkTarget), device, xattrs, content: hash.digest('hex') } }
}

/** Archives of other makers write `./etc/`. */
export function pathOf(path: TarEntry['header']['path']): string {
  return `/${textOfBytes(path).replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '')}`
}
