import { parseGitReference } from '../../../ground/gitReference.ts'
import { isHttpUrl, redactUrls } from '../../../ground/urlText.ts'
import type { GraphBuilder } from '../../../graph/graphBuilder.ts'
import type { CopyAction, GitSource, HttpSource, Output } from '../../../graph/vertex.ts'
import { resolvePath } from '../../../ground/posixPath.ts'
import { gitSource, httpSource } from '../steps/remoteSource.ts'

/** A build context, or one that a build gives a name, that is no folder of the client. */
export interface RemoteContext {
  readonly source: GitSource | HttpSource
  /** As it was written, for people. */
  readonly written: string
  /** Whether the downloaded file is an archive of the files, or is the one file itself. */
  readonly isArchive: boolean
  /** Where in it the files are; '' is all of it. */
  readonly folder: string
}

/** What a downloaded context is called in its own file system: a Dockerfile that comes alone has this name. */
export const CONTEXT_FILE = 'context'

/** Where `text` leads; undefined where it is neither a git reference nor a URL. @throws InvalidValueError */
export function parseRemoteContext(text: string, options: { readonly keepGitFolder: boolean; readonly folder: string }): RemoteContext | undefined {
  const git = parseGitReference(text)
  const common = { written: text, isArchive: false, folder: options.folder }
  if (git !== undefined) return { ...common, source: gitSource(git, { keepGitFolder: options.keepGitFolder || (git.keepGitFolder ?? false), checksum: git.checksum }) }
  return isHttpUrl(text) ? { ...common, source: httpSource(text, { checksum: '', filename: CONTEXT_FILE }) } : undefined
}

/** The vertices that bring the context's files; the last one's output. */
export function addRemoteContext(context: RemoteContext, graph: GraphBuilder, name = fetchStepName(context)): Output {
  const { source, isArchive, folder } = context
  const note = (text: string): Parameters<GraphBuilder['add']>[1] => ({ name: text, ignoreCache: false, span: undefined })
  const fetched = graph.add({ op: { kind: 'source', source }, inputs: [], platform: undefined }, note(name))
  const unpack = { ...COPY, source: `/${CONTEXT_FILE}`, unpackArchives: true, copyFolderContents: false }
  const whole = isArchive ? graph.add({ op: { kind: 'file', actions: [unpack] }, inputs: [fetched], platform: undefined }, note('[internal] unpack build context')) : fetched
  return takeFolder(whole, folder, graph)
}

/** What is in `folder` of a build context; '' is all of it. */
export function takeFolder(context: Output, folder: string, graph: GraphBuilder): Output {
  const path = resolvePath('/', folder)
  if (path === '/') return context
  const take = { ...COPY, source: path, unpackArchives: false, copyFolderContents: true }
  return graph.add({ op: { kind: 'file', actions: [take] }, inputs: [context], platform: undefined }, { name: `[internal] take ${path.slice(1)} of build context`, ignoreCache: false, span: undefined })
}

function fetchStepName({ source, written }: RemoteContext): string {
  return source.kind === 'git' ? `[internal] load git source ${redactUrls(written)}` : '[internal] load remote build context'
}

const COPY = {
  kind: 'copy',
  base: { kind: 'scratch' },
  from: { kind: 'input', index: 0 },
  output: 0,
  target: '/',
  owner: undefined,
  mode: undefined,
  followSymlinks: false,
  createTargetPath: true,
  allowWildcard: false,
  allowEmptyWildcard: false,
  includePatterns: [],
  excludePatterns: [],
  requiredPaths: [],
  replacesTargets: false,
  timestampNs: undefined,
} as const satisfies Partial<CopyAction>
