import { createHash, type Hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { openRoot, type OpenFolder } from '../archive/safePath.ts'
import { digestOf, parseDigest, type Digest } from '../ground/digest.ts'
import { bytesOf, fromText, type ByteString } from '../kit/byteString.ts'
import { locateContent, type ContentSelection } from './contentHash.ts'
import { joinPath, ROOT, sortedNames, splitLast } from './internal/bytePath.ts'
import { expandWildcards } from './internal/hashing/selection.ts'
import { isFolder } from './internal/fileTree.ts'
import { readLayerFile, type FileShape, type LayerFile } from './internal/layerFile.ts'
import { readContent } from './internal/readContent.ts'
import type { SnapshotId, SnapshotStore } from './snapshotStore.ts'

/**
 * What BuildKit calls content in a cache: its `cache/contenthash`, which for each file is Docker's old checksum of a tar
 * header and what follows it. Every file is read for it, which is why it is only for caches that machines share.
 * Undefined where BuildKit's way is not followed: of what patterns select, and of folders by wildcard.
 */
export async function buildkitDigest(snapshots: SnapshotStore, snapshot: SnapshotId | undefined, selections: readonly ContentSelection[], signal: AbortSignal): Promise<Digest | undefined> {
  await using view = await snapshots.openView(snapshot, signal)
  using root = openRoot(view.path)
  const reading = { root, folder: fromText(view.path), signal }
  const digests: Digest[] = []
  for (const selection of distinct(selections)) {
    const digest = await digestSelected(selection, reading)
    if (digest === undefined) return undefined
    digests.push(digest)
  }
  return digestOf(digests.join('\0'))
}

interface Reading {
  readonly root: OpenFolder
  readonly folder: ByteString
  readonly signal: AbortSignal
}

/** By path, and without what lies in others, which tells nothing more. */
function distinct(selections: readonly ContentSelection[]): readonly ContentSelection[] {
  const isPlain = ({ wildcard, includePatterns, excludePatterns }: ContentSelection): boolean => !wildcard && includePatterns.length === 0 && excludePatterns.length === 0
  const plain = selections.filter(isPlain)
  const isInside = (path: string, other: ContentSelection): boolean => other.path !== path && path.startsWith(other.path.endsWith('/') ? other.path : `${other.path}/`)
  const kept = plain.filter(({ path, followSymlinks }, index) => {
    const alike = plain.filter((other) => other.followSymlinks === followSymlinks)
    return plain.findIndex((other) => other.path === path && other.followSymlinks === followSymlinks) === index && !alike.some((other) => isInside(path, other))
  })
  return [...kept, ...selections.filter((selection) => !isPlain(selection))].sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function digestSelected({ path, wildcard, followSymlinks, includePatterns, excludePatterns }: ContentSelection, reading: Reading): Promise<Digest | undefined> {
  if (includePatterns.length > 0 || excludePatterns.length > 0) return undefined
  if (!wildcard) return await digestTree(locateContent(fromText(path), followSymlinks, reading.root), reading)
  const matches = expandWildcards(reading.root, reading.folder, fromText(path))
  if (matches.some((match) => isFolder(joinPath(reading.folder, match)))) return undefined
  const parts: Buffer[] = []
  for (const match of matches) parts.push(Buffer.concat([bytesOf(splitLast(match)[1]), Buffer.from(await digestTree(locateContent(match, followSymlinks, reading.root), reading))]))
  return digestOf(Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.of(0), part]))))
}

async function digestTree(path: ByteString, reading: Reading): Promise<Digest> {
  const place = joinPath(reading.folder, path)
  const file = readLayerFile(place)
  const hash = createHash('sha256')
  if (file.shape.kind === 'folder') return await digestFolder({ path, file, hash }, reading)
  writeHeader(hash, file)
  if (file.shape.kind === 'file') for await (const chunk of readContent(place, reading.signal)) hash.update(chunk)
  return finish(hash)
}

interface FolderVisit {
  readonly path: ByteString
  readonly file: LayerFile
  readonly hash: Hash
}

/** Its header, then what is in it by name. The header of a root is empty, as BuildKit has it of a client's folder. */
async function digestFolder({ path, file, hash }: FolderVisit, reading: Reading): Promise<Digest> {
  await nextTurn()
  reading.signal.throwIfAborted()
  const header = createHash('sha256')
  if (path !== ROOT) writeHeader(header, file)
  hash.update('\0').update(finish(header))
  for (const name of sortedNames(joinPath(reading.folder, path))) hash.update('\0').update(bytesOf(name)).update(await digestTree(joinPath(path, name), reading))
  return finish(hash)
}

const TYPE_FLAGS: Readonly<Record<FileShape['kind'], string>> = { file: '0', symlink: '2', 'character-device': '3', 'block-device': '4', folder: '5', fifo: '6', socket: '0', whiteout: '3' }

function writeHeader(hash: Hash, { shape, mode, uid, gid, xattrs }: LayerFile): void {
  const sizeBytes = shape.kind === 'file' ? shape.sizeBytes : 0
  const { major, minor } = 'major' in shape ? shape : { major: 0, minor: 0 }
  hash.update(`namemode${mode}uid${uid}gid${gid}size${sizeBytes}typeflag${TYPE_FLAGS[shape.kind]}linkname`)
  if (shape.kind === 'symlink') hash.update(bytesOf(shape.target))
  hash.update(`unamegnamedevmajor${major}devminor${minor}`)
  for (const [name, value] of [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(name).update(value)
}

function finish(hash: Hash): Digest {
  return parseDigest(`sha256:${hash.digest('hex')}`)
}
