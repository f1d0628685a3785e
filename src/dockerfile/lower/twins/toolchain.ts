import { InvalidValueError } from '../../../ground/errors.ts'
import { formatPlatform, isSamePlatform, type Platform } from '../../../ground/platform.ts'
import { TOOLCHAIN_CONTEXT } from '../../../graph/accelerate.ts'
import type { GraphBuilder } from '../../../graph/graphBuilder.ts'
import type { Output } from '../../../graph/vertex.ts'
import { addImage } from '../addImage.ts'
import { addFilesContext, findContext, type BuiltImage, type FilesContext, type NamedContext } from '../contexts/namedContext.ts'
import type { ImageResolver, LowerRequest, ResolvedImage } from '../request.ts'
import { addDebianToolchain } from './debianToolchain.ts'

/** Where the cross compilers are from: what the user names, or the distribution's packages. */
export type Toolchain = { readonly kind: 'image'; readonly image: ResolvedImage } | { readonly kind: 'built'; readonly image: BuiltImage } | { readonly kind: 'files'; readonly files: FilesContext } | { readonly kind: 'packages' }

/** Undefined where none is asked for. @throws InvalidValueError; BuildError where the image that is named is not there for the build platform */
export async function resolveToolchain({ twins, namedContexts, buildPlatform }: LowerRequest, resolver: ImageResolver, signal: AbortSignal): Promise<Toolchain | undefined> {
  if (twins?.hasToolchain !== true) return undefined
  const named = findContext(namedContexts, TOOLCHAIN_CONTEXT, buildPlatform)
  return named === undefined ? { kind: 'packages' } : await resolveNamed(named, { buildPlatform, resolver }, signal)
}

async function resolveNamed(named: NamedContext, { buildPlatform, resolver }: { readonly buildPlatform: Platform; readonly resolver: ImageResolver }, signal: AbortSignal): Promise<Toolchain> {
  switch (named.kind) {
    case 'image':
      return { kind: 'image', image: await resolver.resolveImage(named.reference, buildPlatform, signal) }
    case 'built':
      if (!isSamePlatform(named.image.config.platform, buildPlatform)) throw new InvalidValueError(`context ${TOOLCHAIN_CONTEXT} is for ${formatPlatform(named.image.config.platform)}`, { hint: `it has to run here: name an image for ${formatPlatform(buildPlatform)}, as docker-image://…` })
      return named
    case 'local':
    case 'remote':
      return { kind: 'files', files: named }
    case 'scratch':
    case 'target':
    case 'input':
      throw new InvalidValueError(`context ${TOOLCHAIN_CONTEXT} is ${named.kind === 'target' ? 'a stage of the Dockerfile' : 'nothing'}`, { hint: 'name an image, as docker-image://…, or a folder' })
  }
}

/** What a toolchain made of packages is for. */
export interface ToolchainUse {
  /** The step's files, for the platform that is emulated. */
  readonly root: Output | undefined
  readonly architecture: string
  /** The same image for the build platform. */
  readonly base: Output
}

export interface ToolchainPlace {
  readonly request: LowerRequest
  readonly graph: GraphBuilder
}

/** The root that has it; undefined where there can be none. */
export function addToolchain(toolchain: Toolchain, use: ToolchainUse, { request, graph }: ToolchainPlace): Output | undefined {
  switch (toolchain.kind) {
    case 'image':
      return addImage(toolchain.image, request.buildPlatform, { name: `[context ${TOOLCHAIN_CONTEXT}] ${toolchain.image.reference}`, ignoreCache: false, span: undefined }, graph)
    case 'built':
      graph.addAll(toolchain.image.graph)
      return toolchain.image.root
    case 'files':
      return addFilesContext(toolchain.files, request.sessionOf, graph)
    case 'packages':
      return use.root === undefined || request.networkMode === 'none' ? undefined : addDebianToolchain({ ...use, root: use.root }, request, graph)
  }
}
