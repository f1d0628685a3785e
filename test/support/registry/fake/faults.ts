import type { Digest } from '../../../../src/ground/digest.ts'

/** How a fake registry misbehaves. Changed by the test, at any time. */
export interface Faults {
  /** Each answer with a blob ends after so many bytes, by a broken connection. */
  dropAfterBytes: number | undefined
  /** So many of the next requests for manifests and blobs are answered by a status. */
  failing: { count: number; status: number; retryAfter: string | undefined; headers?: Readonly<Record<string, string>>; body?: string }
  /** Each answer ends its connection. */
  closesConnections: boolean
  /** Bodies come in chunks, without their length. */
  hidesLength: boolean
  /** What HEAD is answered by. */
  headStatus: number | undefined
  manifests: ManifestFaults
  uploads: UploadFaults
  /** What `docker-content-digest` says. */
  toldDigest: Digest | 'nothing' | 'nonsense' | undefined
  /** Blobs and manifests come with their first byte changed. */
  corrupts: boolean
  /** Blobs that are no more there: `gone` says so, `gone-unsaid` tells of them by HEAD, `damaged` comes with its first byte changed. */
  blobs: ReadonlyMap<string, 'gone' | 'gone-unsaid' | 'damaged'>
  ignoresRange: boolean
  /** Ranges are refused with 416. */
  refusesRange: boolean
  /** What is asked for from the middle is never answered. */
  holdsRanges: boolean
  /** Blobs are to be had there: `http://127.0.0.1:1234`. */
  redirectsTo: string | undefined
  /** Whether it answers what refers to a manifest. */
  hasReferrersApi: boolean
  login: Login
}

export interface ManifestFaults {
  /** Content types that are refused. */
  refusedTypes: ReadonlySet<string>
  /** What has no config of an image, or layers that are none, is refused. */
  refusesArtifacts: boolean
  /** So many of the next manifests are refused, whatever they are. */
  refusedNext: number
  /** How it refuses. */
  refusal: { status: number; body: string }
  /** Other bytes are kept than were pushed. */
  keepsOthers: boolean
  /** What `content-type` says; '' leaves it out. */
  contentType: string | undefined
  /** What is said to stand under a name, for conditions. */
  etag: string | undefined
  /** What has a condition is refused with 412. */
  failsCondition: boolean
}

export interface UploadFaults {
  /** So many of the next uploads of a whole blob end by a broken connection. */
  dropped: number
  /** Uploads of a whole blob are never answered. */
  isHeld: boolean
  /** A PUT of more is refused with 413. */
  maxPutBytes: number | undefined
  /** A PATCH of more is refused with 413. */
  maxPatchBytes: number | undefined
  /** PUTs are redirected there: `http://127.0.0.1:1234`. */
  redirectsTo: string | undefined
  /** What `?mount=` is answered by; `ignored` begins an upload instead. */
  mount: number | 'ignored' | undefined
  /** Where sessions are, instead of here: `http://127.0.0.1:1234`. */
  elsewhere: string | undefined
  /** How `location` is written. */
  location: 'path' | 'absolute' | 'query' | 'relative'
  /** So many of the next requests within a session are answered by this status, and the session is forgotten. */
  forgotten: { count: number; status: number }
  /** What PATCH is answered by. */
  patchStatus: number | undefined
  /** What a PUT with a body is answered by. */
  wholePutStatus: number | undefined
  /** What a POST is answered by that does not bring the whole blob. */
  sessionStatus: number | undefined
  /** What was uploaded is not kept. */
  losesBlobs: boolean
  /** What is answered instead of 201 and 202. */
  doneStatus: number | undefined
}

export type Login =
  | { readonly kind: 'none' }
  | BasicLogin
  /** Bearer tokens from `/token`: for anyone where `username` is ''. */
  | TokenLogin

export interface BasicLogin {
  readonly kind: 'basic'
  readonly username: string
  readonly password: string
  /** `www-authenticate` as it is sent, instead of its own; ORIGIN stands for the fake's. */
  readonly challenges?: readonly string[]
}

export interface TokenLogin extends Omit<BasicLogin, 'kind'> {
  readonly kind: 'token'
  readonly identityToken: string
  /** A token is good for so many requests. */
  readonly usesPerToken?: number
  /** What the token's answer says of its life; '' leaves it out. */
  readonly expiresIn?: number | ''
}

export function noFaults(): Faults {
  return {
    dropAfterBytes: undefined,
    failing: { count: 0, status: 500, retryAfter: undefined },
    closesConnections: false,
    hidesLength: false,
    headStatus: undefined,
    manifests: { refusedTypes: new Set(), refusesArtifacts: false, refusedNext: 0, refusal: { status: 400, body: '{"errors":[{"code":"MANIFEST_INVALID","message":"manifest invalid"}]}' }, keepsOthers: false, contentType: undefined, etag: undefined, failsCondition: false },
    uploads: {
      dropped: 0, isHeld: false, maxPutBytes: undefined, maxPatchBytes: undefined, redirectsTo: undefined, mount: undefined, elsewhere: undefined, location: 'path', forgotten: { count: 0, status: 404 },
      patchStatus: undefined, wholePutStatus: undefined, sessionStatus: undefined, losesBlobs: false, doneStatus: undefined,
    },
    toldDigest: undefined,
    corrupts: false,
    blobs: new Map(),
    ignoresRange: false,
    refusesRange: false,
    holdsRanges: false,
    redirectsTo: undefined,
    hasReferrersApi: false,
    login: { kind: 'none' },
  }
}
