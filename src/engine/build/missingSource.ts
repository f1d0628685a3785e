import { createIgnoreMatcher } from '../../dockerfile/ignorefile.ts'
import type { Graph, LocalSource } from '../../graph/vertex.ts'
import { fromText } from '../../kit/byteString.ts'
import type { ContextFiles } from '../../ops/contextFiles.ts'
import { SourceNotFoundError } from '../../ops/files/fileErrors.ts'
import { suggestSibling } from '../../ops/files/sourceHint.ts'
import { VertexFailedError } from '../../solver/vertexFailedError.ts'

/**
 * `error`, but with a better reason where a COPY has not found a file of the client's: only what is asked for is
 * brought, so what the ignore file leaves out, and what else there is, can be told here alone.
 */
export function explainMissing(error: unknown, graph: Graph, files: Pick<ContextFiles, 'sharedFolder'>): unknown {
  if (!(error instanceof VertexFailedError) || !(error.cause instanceof SourceNotFoundError)) return error
  const { path, reference } = error.cause
  const vertex = graph.get(error.vertex)
  const hint = foldersOf(error, graph).map((folder) => hintFor(path, folder, files)).find((found) => found !== undefined)
  if (vertex === undefined || hint === undefined) return error
  return new VertexFailedError(vertex, new SourceNotFoundError(path, reference, hint))
}

/** The client's folders that the failed vertex copies from. */
function foldersOf({ vertex }: VertexFailedError, graph: Graph): readonly LocalSource[] {
  const inputs = graph.get(vertex)?.inputs ?? []
  return inputs.flatMap((input) => {
    const op = graph.get(input.vertex)?.op
    return op?.kind === 'source' && op.source.kind === 'local' ? [op.source] : []
  })
}

function hintFor(path: string, { sessionId, name, excludePatterns }: LocalSource, files: Pick<ContextFiles, 'sharedFolder'>): string | undefined {
  const relative = path.replace(/^\/+/, '')
  const matcher = createIgnoreMatcher(excludePatterns)
  const pattern = matcher.ignoringPattern(relative)
  if (pattern !== undefined) return `.dockerignore leaves it out, by the pattern ${JSON.stringify(pattern)}: add ${JSON.stringify(`!${relative}`)} below that`
  const folder = files.sharedFolder(sessionId, name)
  return folder === undefined ? undefined : suggestSibling(fromText(folder), path, (sibling) => !matcher.ignores(sibling.replace(/^\/+/, '')))
}
