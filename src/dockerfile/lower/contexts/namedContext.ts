import { InvalidValueError } from '../../../ground/errors.ts'
import { formatPlatform, type Platform } from '../../../ground/platform.ts'
import { formatFamiliar, formatReference, parseReference } from '../../../ground/reference.ts'
import { redactUrls } from '../../../ground/urlText.ts'
import type { GraphBuilder } from '../../../graph/graphBuilder.ts'
import type { Output } from '../../../graph/vertex.ts'
import { addRemoteContext, parseRemoteContext, type RemoteContext } from './remoteContext.ts'

/** What a build gives a name: it stands for the stage or the image of that name. */
export type NamedContext = ImageContext | ScratchContext | TargetContext | FilesContext

export interface ImageContext {
  readonly kind: 'image'
  /** In full; or `oci-layout://…`, which the resolver of images knows. */
  readonly reference: string
}

export interface ScratchContext {
  readonly kind: 'scratch'
}

/** Another stage of the Dockerfile. */
export interface TargetContext {
  readonly kind: 'target'
  /** In lower case. */
  readonly stageName: string
}

/** Files without an image's config. */
export type FilesContext = LocalContext | NamedRemoteContext

/** A folder of the client. */
export interface LocalContext {
  readonly kind: 'local'
  readonly name: string
  /** By which the client's session knows it. */
  readonly folder: string
  readonly ignorePatterns: readonly string[]
}

export interface NamedRemoteContext {
  readonly kind: 'remote'
  readonly name: string
  readonly context: RemoteContext
}

/** Contexts by name, `name::os/arch` for one platform alone. */
export type NamedContexts = ReadonlyMap<string, NamedContext>

/** As BuildKit's clients write it: `docker-image://…`, `oci-layout://…`, `local:folder`, `target:stage`, a git reference or a URL. @throws InvalidValueError */
export function parseNamedContext(name: string, text: string): NamedContext {
  const [, scheme = '', rest = ''] = /^([a-z-]+):(?:\/\/)?(.*)$/s.exec(text) ?? []
  if (scheme === 'docker-image') return rest === 'scratch' ? { kind: 'scratch' } : { kind: 'image', reference: formatReference(parseReference(rest)) }
  if (scheme === 'oci-layout') return { kind: 'image', reference: text }
  if (scheme === 'local') return { kind: 'local', name, folder: rest, ignorePatterns: [] }
  if (scheme === 'target' && rest !== '') return { kind: 'target', stageName: rest.toLowerCase() }
  if (scheme === 'input') throw new InvalidValueError(`context ${name} is a result of another build (${text}): such inputs are not supported yet`)
  const context = parseRemoteContext(text, { keepGitFolder: false, folder: '' })
  if (context === undefined) throw new InvalidValueError(`unsupported source of context ${name}: ${text}`, { hint: 'give a folder, docker-image://, oci-layout://, target:stage, a URL or a git repository' })
  return { kind: 'remote', name, context }
}

/** The context that stands for an image or a stage, whoever wrote it how. @throws InvalidValueError where a name is none of an image */
export function contextKey(name: string, platform: Platform | undefined): string {
  const familiar = formatFamiliar(parseReference(name)).replace(/:latest$/, '')
  return platform === undefined ? familiar : `${familiar}::${formatPlatform(platform)}`
}

/** One for the platform comes before one for all. Undefined where there is none. */
export function findContext(contexts: NamedContexts | undefined, name: string, platform: Platform): NamedContext | undefined {
  if (contexts === undefined || contexts.size === 0) return undefined
  return contexts.get(contextKey(name, platform)) ?? contexts.get(contextKey(name, undefined))
}

/** The vertices that bring its files. */
export function addFilesContext(files: FilesContext, sessionId: string, graph: GraphBuilder): Output {
  if (files.kind === 'remote') return addRemoteContext(files.context, graph, `[context ${files.name}] ${redactUrls(files.context.written)}`)
  const { name, folder, ignorePatterns: excludePatterns } = files
  const source = { kind: 'local', name: folder, sessionId, includePatterns: [], excludePatterns, followPaths: [], sharedKeyHint: `context:${name}` } as const
  return graph.add({ op: { kind: 'source', source }, inputs: [], platform: undefined }, { name: `[context ${name}] load from client`, ignoreCache: false, span: undefined })
}
