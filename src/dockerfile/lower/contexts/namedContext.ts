import { InvalidValueError } from '../../../ground/errors.ts'
import type { ImageConfig } from '../../../ground/oci/imageConfig.ts'
import { formatPlatform, type Platform } from '../../../ground/platform.ts'
import { formatFamiliar, formatReference, parseReference } from '../../../ground/reference.ts'
import type { SourceSpan } from '../../../ground/sourceSpan.ts'
import { redactUrls } from '../../../ground/urlText.ts'
import type { GraphBuilder } from '../../../graph/graphBuilder.ts'
import type { Graph, Output } from '../../../graph/vertex.ts'
import { addRemoteContext, parseRemoteContext, type RemoteContext } from './remoteContext.ts'

/** What a build gives a name: it stands for the stage or the image of that name. */
export type NamedContext = ImageContext | ScratchContext | TargetContext | InputContext | BuiltContext | FilesContext

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

/** The result of another build, by the key that the request has for it. */
export interface InputContext {
  readonly kind: 'input'
  readonly key: string
}

/** The result of another build, found: its graph becomes a part of this one's, so that what is not done yet is done for both. */
export interface BuiltContext {
  readonly kind: 'built'
  readonly image: BuiltImage
}

/** An image as a Dockerfile makes it, for one platform. */
export interface BuiltImage {
  readonly graph: Graph
  /** Undefined is an image without files. */
  readonly root: Output | undefined
  /** With the base image's diff ids: those of the new layers are the exporter's to add. History is whole. */
  readonly config: ImageConfig
  /** Of each layer that the Dockerfile adds to the base image's, lowest first, the step that makes it. */
  readonly layerSpans: readonly SourceSpan[]
}

/** A part of an image's files. */
export interface InputPart {
  readonly image: BuiltImage
  /** '' is all of them. */
  readonly folder: string
}

/** The session that has a folder of the client. */
export type SessionOf = (folder: string) => string

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

/** As BuildKit's clients write it: `docker-image://…`, `oci-layout://…`, `local:folder`, `target:stage`, `input:key`, a git reference or a URL. @throws InvalidValueError */
export function parseNamedContext(name: string, text: string): NamedContext {
  return parseSchemed(name, text) ?? parseRemote(name, text)
}

function parseSchemed(name: string, text: string): NamedContext | undefined {
  const [, scheme = '', rest = ''] = /^([a-z-]+):(?:\/\/)?(.*)$/s.exec(text) ?? []
  if (scheme === 'docker-image') return rest === 'scratch' ? { kind: 'scratch' } : { kind: 'image', reference: formatReference(parseReference(rest)) }
  if (scheme === 'oci-layout') return { kind: 'image', reference: text }
  if (scheme === 'local') return { kind: 'local', name, folder: rest, ignorePatterns: [] }
  if (scheme === 'target' && rest !== '') return { kind: 'target', stageName: rest.toLowerCase() }
  return scheme === 'input' && rest !== '' ? { kind: 'input', key: rest } : undefined
}

function parseRemote(name: string, text: string): NamedRemoteContext {
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
export function addFilesContext(files: FilesContext, sessionOf: SessionOf, graph: GraphBuilder): Output {
  if (files.kind === 'remote') return addRemoteContext(files.context, graph, `[context ${files.name}] ${redactUrls(files.context.written)}`)
  const { name, folder, ignorePatterns: excludePatterns } = files
  const source = { kind: 'local', name: folder, sessionId: sessionOf(folder), includePatterns: [], excludePatterns, followPaths: [], sharedKeyHint: `context:${name}` } as const
  return graph.add({ op: { kind: 'source', source }, inputs: [], platform: undefined }, { name: `[context ${name}] load from client`, ignoreCache: false, span: undefined })
}
