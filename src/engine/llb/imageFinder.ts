import type { ClientImage } from '../../api/llb/clientGraph.ts'
import type { SourcePolicy } from '../../api/policy/sourcePolicy.ts'
import type { ImageResolver } from '../../dockerfile/lower.ts'
import { createImageResolver, type ImageSources, type ResolveMode } from '../images/imageResolver.ts'
import { withLayoutImages, type ClientBlobs } from '../images/layoutImages.ts'
import { withSourcePolicy } from '../policy/policedSources.ts'
import type { ResolveDeps } from './resolveClientGraph.ts'

export interface ImageFinderDeps {
  readonly sources: ImageSources
  readonly policy: SourcePolicy | undefined
  readonly blobsOf: (sessionId: string, store: string) => ClientBlobs
  /** Shows a look-up as a step. */
  readonly watch: <T>(name: string, work: () => Promise<T>) => Promise<T>
  /** Whose layouts are meant where none is named. */
  readonly sessionId: string
}

const MODES: Readonly<Record<ClientImage['resolveMode'], ResolveMode>> = { default: 'prefer-local', pull: 'registry', local: 'prefer-local' }

/** Looks each image up once, as its vertex says. */
export function createImageFinder({ sources, policy, blobsOf, watch, sessionId }: ImageFinderDeps): ResolveDeps['findImage'] {
  const resolvers = new Map<string, ImageResolver>()
  const resolverOf = (mode: ResolveMode, owner: string): ImageResolver => {
    const key = `${mode} ${owner}`
    const known = resolvers.get(key) ?? withSourcePolicy(withLayoutImages(createImageResolver(sources, mode, watch), { content: sources.content, blobsOf: (store) => blobsOf(owner, store), watch }), policy)
    resolvers.set(key, known)
    return known
  }
  return (image, platform, signal) =>
    image.kind === 'layout'
      ? resolverOf('prefer-local', image.sessionId === '' ? sessionId : image.sessionId).resolveImage(image.reference, platform, signal)
      : resolverOf(MODES[image.resolveMode], sessionId).resolveImage(image.reference, platform, signal)
}
