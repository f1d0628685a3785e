import type { VertexIdentity } from '../../../graph/graphDigest.ts'
import type { Output, VertexNote } from '../../../graph/vertex.ts'
import type { StageContext } from '../stageState.ts'

/** What a heredoc becomes: a file of its own in an empty file system. */
export interface InlineFile {
  readonly name: string
  readonly mode: number
  readonly text: string
}

/** BuildKit's name of such a step. */
const NOTE: VertexNote = { name: '[internal] preparing inline document', ignoreCache: false, span: undefined }

export function addInlineFile(file: InlineFile, { graph }: Pick<StageContext, 'graph'>): Output {
  return graph.add(inlineVertex(file), NOTE)
}

function inlineVertex({ name, mode, text }: InlineFile): VertexIdentity {
  const action = { kind: 'mkfile', base: { kind: 'scratch' }, output: 0, path: `/${name}`, mode, data: Buffer.from(text), owner: undefined, timestampNs: undefined } as const
  return { op: { kind: 'file', actions: [action] }, inputs: [], platform: undefined }
}
