import type { WrittenSource } from '../../api/policy/writtenSource.ts'
import type { Digest } from '../../ground/digest.ts'
import type { GitObjects } from '../../ops/remote/git/gitSource.ts'
import type { AttestationChain } from './attestationChain.ts'
import type { LookedUpImage } from './imageLookup.ts'

/** What a source stands for now. `written` is what was looked up: what the policies have in the place of what was asked. */
export type SourceMeta =
  | { readonly kind: 'image'; readonly written: WrittenSource; readonly image: LookedUpImage; readonly chain: AttestationChain | undefined }
  | { readonly kind: 'git'; readonly written: WrittenSource; readonly commit: GitMeta }
  | { readonly kind: 'http'; readonly written: WrittenSource; readonly file: HttpMeta }
  /** There is nothing to be said of it, such as of a folder of the client. */
  | { readonly kind: 'other'; readonly written: WrittenSource }

export interface GitMeta {
  /** What the ref names: the commit, or an annotated tag's own object. */
  readonly object: string
  readonly commit: string
  /** `refs/tags/v1`; the commit where the source names that. */
  readonly ref: string
  /** Undefined where they were not asked for. */
  readonly objects: GitObjects | undefined
}

export interface HttpMeta {
  readonly digest: Digest
  readonly filename: string
  /** As the server says it; '' where it does not. */
  readonly lastModified: string
  /** Undefined where it was not asked for. */
  readonly checksum: string | undefined
}
