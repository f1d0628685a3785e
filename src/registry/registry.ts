import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { Digest } from '../ground/digest.ts'
import type { Reference } from '../ground/reference.ts'
import type { Lessons } from './lessons.ts'

/**
 * Image registries by OCI distribution-spec 1.1, as seen from one user: hosts, mirrors, TLS and credentials are
 * settled inside. Every call retries what is worth it (429, 5xx, broken connections) with backoff, and answers
 * challenges. Errors are RegistryErrors that name host and repository and never a credential.
 */
export interface Registry {
  readonly lessons: Lessons
  /** The manifest or index that `reference` names. @throws ImageNotFoundError */
  resolve(reference: Reference, signal: AbortSignal): Promise<Descriptor>
  /** The bytes of a manifest, index or small config, verified. */
  fetchManifest(reference: Reference, descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array>
  /** A blob from `offset`, resumed where the connection breaks; the caller verifies the digest of the whole. */
  readBlob(repository: Repository, blob: NamedBlob, offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>
  hasBlob(repository: Repository, digest: Digest, signal: AbortSignal): Promise<boolean>
  /** Idempotent. `open` may be called again for a retry. `mountFrom` is another repository of the same host that may have it. */
  pushBlob(repository: Repository, blob: UploadBlob, signal: AbortSignal): Promise<UploadOutcome>
  /**
   * Begins to send a blob that is still being made. It fails only in `commit`, and then is for `pushBlob`. `open` gives
   * the bytes from the first on, and may be called again.
   */
  beginBlob(repository: Repository, open: (signal: AbortSignal) => AsyncIterable<Uint8Array>, signal: AbortSignal): BegunBlob
  /** Under the reference's tag, or by digest where it has none. @throws ManifestRefusedError where another media type may be taken */
  pushManifest(reference: Reference, mediaType: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /** Whether the registry itself, no mirror of it, has a manifest where it is to be pushed to. False where it does not say. */
  hasManifest(repository: Repository, digest: Digest, signal: AbortSignal): Promise<boolean>
  /** As `pushManifest`, but only while the reference's tag names `replaces`. @throws TagMovedError */
  replaceManifest(reference: Reference, replacement: { readonly mediaType: string; readonly bytes: Uint8Array; readonly replaces: Digest }, signal: AbortSignal): Promise<void>
  /** What names `digest` as its subject: signatures and the like. */
  listReferrers(repository: Repository, digest: Digest, signal: AbortSignal): Promise<readonly Descriptor[]>
  /** Tells `listener` of each pause that a registry asks for, as it begins, until it is disposed. */
  watchWaits(listener: (wait: RegistryWait) => void): Disposable
}

/** Every descriptor is one. */
export interface NamedBlob {
  readonly digest: Digest
  /** Undefined takes as many as come. */
  readonly sizeBytes: number | undefined
}

/** A registry limits requests; none is sent to it for so long. */
export interface RegistryWait {
  readonly host: string
  readonly waitMs: number
}

/** `host` and `repository` as in Reference. */
export interface Repository {
  readonly host: string
  readonly repository: string
}

/** Reads `host/repository`, as `formatRepository` writes it. */
export function parseRepository(text: string): Repository {
  const slash = text.indexOf('/')
  return { host: text.slice(0, slash), repository: text.slice(slash + 1) }
}

export interface UploadBlob {
  readonly descriptor: Descriptor
  readonly mountFrom: Repository | undefined
  readonly open: () => AsyncIterable<Uint8Array>
  readonly onProgress: (sentBytes: number) => void
}

/** An upload of which the registry shows nothing before `commit`; disposing gives up what was not committed. */
export interface BegunBlob extends AsyncDisposable {
  /** Once all its bytes are made. What the registry has already is not sent to the end. @throws RegistryError; BlobCorruptError */
  commit(blob: Pick<UploadBlob, 'descriptor' | 'onProgress'>): Promise<UploadOutcome>
}

export type UploadOutcome = 'uploaded' | 'mounted' | 'present'

/** Where names and passwords come from: the user's Docker config, or the session of a build. */
export interface CredentialSource {
  /** Undefined: try without. */
  credentials(host: string, signal: AbortSignal): Promise<Credentials | undefined>
}

export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** An OAuth refresh token, Docker's "identity token". */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** A bearer token to be sent as it is. */
  | { readonly kind: 'registry-token'; readonly token: string }
