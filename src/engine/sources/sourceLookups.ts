import type { Policy } from '../../api/gen/sourcepolicy_pb.ts'
import type { Platform } from '../../ground/platform.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { ResolveMode } from '../images/imageResolver.ts'
import type { SourceMeta } from './sourceMeta.ts'
import type { WrittenSource } from '../../api/policy/writtenSource.ts'
import type { LookedUpImage } from './imageLookup.ts'

/** Who asks. */
export interface Asker {
  readonly sessionId: string
  readonly progress: ProgressSink
}

export interface ImageLookup {
  readonly name: string
  /** Rules that may forbid it, or put another in its place. */
  readonly policies: readonly Policy[]
  /** Undefined is the engine's own. */
  readonly platform: Platform | undefined
  readonly mode: ResolveMode
  /** By which it is shown; '' is BuildKit's name for it. */
  readonly title: string
}

export interface LayoutLookup extends Omit<ImageLookup, 'mode'> {
  /** Where the client serves the layout: '' is the asker's session, and the store that the name says. */
  readonly sessionId: string
  readonly store: string
}

export interface MetaLookup extends Omit<ImageLookup, 'name'> {
  /** Who vouches for what is said of an image: with the statements of these types. Undefined where that is not asked for. */
  readonly chain: { readonly predicateTypes: ReadonlySet<string> } | undefined
  /** Whether the objects of a commit are wanted. */
  readonly wantsObjects: boolean
  /** A checksum of a file with something behind it; undefined where none is asked for. */
  readonly checksum: { readonly algorithm: 'sha256' | 'sha384' | 'sha512'; readonly suffix: Uint8Array } | undefined
}

/** What sources stand for now, looked up for a client's frontend and shown as steps of its build. Nothing of them is brought but what says so. */
export interface SourceLookups {
  image(lookup: ImageLookup, asker: Asker, signal: AbortSignal): Promise<LookedUpImage>
  layout(lookup: LayoutLookup, asker: Asker, signal: AbortSignal): Promise<LookedUpImage>
  /** Of any source: of a repository it is asked, and a file is downloaded. @throws DefinitionError where it is no source */
  meta(source: WrittenSource, lookup: MetaLookup, asker: Asker, signal: AbortSignal): Promise<SourceMeta>
}
