import type { TreeFilter } from '../api/fileSync.ts'
import { formatCanonicalJson } from '../ground/canonicalJson.ts'
import type { Digest } from '../ground/digest.ts'
import type { LocalSource } from '../graph/vertex.ts'
import { fromText, type ByteString } from '../kit/byteString.ts'
import type { ContentHasher } from '../snapshot/contentHash.ts'
import type { SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { Op, OpContext } from '../solver/op.ts'
import type { ContextMirror, ContextMirrors } from './context/contextMirror.ts'
import { openContextSync, type ContextSync } from './context/contextSync.ts'
import { createSyncReceiver } from './context/remoteFolder.ts'
import { syncSharedFolder } from './context/sharedFolder.ts'
import type { ContextFiles } from './contextFiles.ts'
import { createTransferReport } from './transferReport.ts'

export interface LocalSourceDeps {
  readonly files: ContextFiles
  readonly snapshots: SnapshotStore
  readonly mirrors: ContextMirrors
  /** Told the digests of the files that were read, so that none is read again to be compared. */
  readonly hasher: Pick<ContentHasher, 'seed' | 'seedChanges'>
  readonly now: () => number
}

/** A client's folder as a snapshot. Nothing changed since the last time: the same snapshot; little changed: a small one on top of that. */
export function createLocalSource(source: LocalSource, { files, snapshots, mirrors, hasher, now }: LocalSourceDeps): Op {
  const { name, sessionId } = source
  const filter: TreeFilter = { includePatterns: source.includePatterns, excludePatterns: source.excludePatterns, followPaths: source.followPaths }

  async function fill(sync: ContextSync, context: OpContext, signal: AbortSignal): Promise<void> {
    const folder = files.sharedFolder(sessionId, name)
    if (folder !== undefined) return syncSharedFolder(fromText(folder), filter, sync, signal)
    const report = createTransferReport(`transferring ${name}`, context, now)
    await files.receiveFolder(sessionId, name, filter, createSyncReceiver(sync, (sizeBytes) => report.add(sizeBytes)), signal)
    report.end()
  }

  /** Undefined where the client does not say which folder it is: there is nothing then to compare it with. */
  function mirrorName(): string | undefined {
    if (source.isCompared === false) return undefined
    const folder = files.sharedFolder(sessionId, name)
    const sharedKey = files.sharedKey(sessionId)
    if (folder === undefined && sharedKey === '') return undefined
    return formatCanonicalJson({ name, sharedKey, hint: source.sharedKeyHint, folder, ...filter })
  }

  function tellContents(current: ContextMirror, previous: ContextMirror | undefined): void {
    const isOnTop = previous !== undefined && current.levels === previous.levels + 1 // else it was folded, or brought anew
    if (isOnTop) hasher.seedChanges(current.snapshot, previous.snapshot, changesOf(current, previous))
    else hasher.seed(current.snapshot, contentsOf(current))
  }

  return {
    async cacheMap() {
      return { digest: undefined, inputs: [] }
    },
    async execute(_inputs, context, signal) {
      const mirror = mirrorName()
      const previous = mirror === undefined ? undefined : await mirrors.read(mirror)
      await using sync = openContextSync(previous, snapshots, signal)
      await fill(sync, context, signal)
      const current = await sync.finish()
      if (current !== previous) tellContents(current, previous)
      if (mirror !== undefined && current !== previous) await mirrors.write(mirror, current)
      return [current.snapshot]
    },
  }
}

function* contentsOf({ files }: ContextMirror): Generator<readonly [path: ByteString, content: Digest]> {
  for (const [path, { content }] of files) {
    if (content !== undefined) yield [path, content]
  }
}

/** What is new, changed or gone. */
function* changesOf({ files }: ContextMirror, { files: before }: ContextMirror): Generator<readonly [path: ByteString, content: Digest | undefined]> {
  for (const [path, file] of files) {
    if (before.get(path) !== file) yield [path, file.content]
  }
  for (const path of before.keys()) {
    if (!files.has(path)) yield [path, undefined]
  }
}
