import { readFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createIgnoreMatcher } from '../../dockerfile/ignorefile.ts'
import type { Graph, LocalSource } from '../../graph/vertex.ts'
import { bytesOf, fromText } from '../../kit/byteString.ts'
import { walkFolder } from '../../ops/context/folderWalk.ts'
import type { ContextFiles } from '../../ops/contextFiles.ts'
import { findStat } from '../../ops/files/metadata.ts'
import { resolveInRoot } from '../../ops/files/rootPath.ts'
import type { ContextView } from './edits/editSubject.ts'

/** Manifests of packages are smaller. */
const MAX_TEXT_BYTES = 1024 * 1024
/** Folders whose size is asked for. */
const MEASURED = ['.git', 'node_modules']
const PAUSE_AFTER = 2_000

/** The build's own folder `name`, as its ignore file leaves it; undefined where client and engine do not share it, or no step reads it. */
export async function openContextView(graph: Graph, name: string, files: Pick<ContextFiles, 'sharedFolder'>, signal: AbortSignal): Promise<ContextView | undefined> {
  const source = [...graph.values()].map(({ op }) => (op.kind === 'source' && op.source.kind === 'local' && op.source.name === name ? op.source : undefined)).find((found) => found !== undefined)
  const folder = source === undefined ? undefined : files.sharedFolder(source.sessionId, name)
  if (source === undefined || folder === undefined) return undefined
  const matcher = createIgnoreMatcher(source.excludePatterns)
  const sizes = await measureFolders(folder, source, signal)
  const place = (path: string): ReturnType<typeof resolveInRoot> => resolveInRoot(fromText(folder), fromText(path), 'follow')
  const sizeBytes = (path: string): number | undefined => {
    const stat = matcher.ignores(path.replace(/^\.?\/+/, '')) ? undefined : findStat(place(path))
    return stat?.isFile() === true ? Number(stat.size) : undefined
  }
  return {
    sizeBytes,
    text: (path) => ((sizeBytes(path) ?? Infinity) > MAX_TEXT_BYTES ? undefined : readFileSync(bytesOf(place(path)), 'utf8')),
    bytesUnder: (wanted) => sizes.get(wanted) ?? 0,
  }
}

/** Only where a build takes the whole folder. */
async function measureFolders(folder: string, { excludePatterns, followPaths }: LocalSource, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  if (followPaths.length > 0) return sizes
  for (const name of MEASURED) {
    let bytes = 0
    let walked = 0
    for (const { stat } of walkFolder(fromText(folder), { includePatterns: [`**/${name}`], excludePatterns, followPaths: [] })) {
      if (stat.isFile()) bytes += Number(stat.size)
      if (++walked % PAUSE_AFTER === 0) await nextTurn()
      signal.throwIfAborted()
    }
    sizes.set(name, bytes)
  }
  return sizes
}
