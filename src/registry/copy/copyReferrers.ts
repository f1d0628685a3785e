import { digestOf, type Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import type { Reference } from '../../ground/reference.ts'
import { formatIndex } from '../../image/manifestJson.ts'
import { mapLimited, type Limit } from '../../kit/limit.ts'
import { referrersTag } from '../internal/referrers.ts'
import type { Registry, Repository } from '../registry.ts'
import { ImageNotFoundError, ManifestRefusedError } from '../registryError.ts'
import { createPlacedBlobs, type PlacedBlobs } from '../registryBlobs.ts'
import { readDocuments, type ReadDocument } from './readDocuments.ts'

export interface ReferrersCopy {
  readonly documents: readonly ReadDocument[]
  readonly from: PlacedBlobs
  readonly target: Repository
  readonly limit: Limit
  /** Copies one referrer, and what refers to that. */
  readonly copyArtifact: (artifact: ArtifactCopy, signal: AbortSignal) => Promise<unknown>
}

export interface ArtifactCopy {
  readonly root: Descriptor
  readonly from: PlacedBlobs
  /** By digest. */
  readonly reference: Reference
}

/**
 * Brings what refers to the documents that come from another repository; a target without the referrers API gets the tag
 * that stands in for it. What is gone, or what the target takes nothing of, is left out: the warnings, each one line.
 */
export async function copyReferrers(registry: Registry, copy: ReferrersCopy, signal: AbortSignal): Promise<readonly string[]> {
  const { documents, from, target, limit } = copy
  const subjects = documents.flatMap(({ descriptor: { digest } }) => {
    const place = from.placeOf(digest)?.repository
    return place === undefined || isSame(place, target) ? [] : [{ digest, place }]
  })
  const listed = await mapLimited(subjects, limit, async ({ digest, place }, inner) => ({ digest, place, referrers: await registry.listReferrers(place, digest, inner) }), signal)
  const warnings: string[] = []
  for (const subject of listed) warnings.push(...(await copyOf(registry, subject, copy, signal)))
  return warnings
}

interface Subject {
  readonly digest: Digest
  readonly place: Repository
  readonly referrers: readonly Descriptor[]
}

async function copyOf(registry: Registry, { digest, place, referrers }: Subject, copy: ReferrersCopy, signal: AbortSignal): Promise<readonly string[]> {
  const copied: Descriptor[] = []
  const warnings: string[] = []
  for (const root of referrers) {
    try {
      if (await copyOne(registry, { digest, place, root }, copy, signal)) copied.push(root)
    } catch (error) {
      if (!(error instanceof ManifestRefusedError) && !(error instanceof ImageNotFoundError)) throw error
      warnings.push(`left out ${root.digest}, which refers to ${digest}: ${error.message}`)
    }
  }
  await ensureListed(registry, { digest, copied, target: copy.target }, signal)
  return warnings
}

/** False where it does not refer to the subject: a list is not verified as a manifest is. So there is no circle either. */
async function copyOne(registry: Registry, { digest, place, root }: Pick<Subject, 'digest' | 'place'> & { readonly root: Descriptor }, { target, limit, copyArtifact }: ReferrersCopy, signal: AbortSignal): Promise<boolean> {
  const from = createPlacedBlobs(registry, [{ repository: place, descriptor: root }])
  const [document] = await readDocuments(from, root, limit, signal)
  if (document?.subject !== digest) return false
  await copyArtifact({ root, from, reference: { host: target.host, repository: target.repository, tag: undefined, digest: root.digest } }, signal)
  return true
}

/** OCI distribution-spec, "Pushing Manifests with Subject". */
async function ensureListed(registry: Registry, { digest, copied, target }: { readonly digest: Digest; readonly copied: readonly Descriptor[]; readonly target: Repository }, signal: AbortSignal): Promise<void> {
  if (copied.length === 0) return
  const there = await registry.listReferrers(target, digest, signal)
  const missing = copied.filter((descriptor) => !there.some((other) => other.digest === descriptor.digest))
  if (missing.length === 0) return
  const bytes = formatIndex({ mediaType: MEDIA_TYPE.ociIndex, artifactType: undefined, manifests: [...there, ...missing], subject: undefined, annotations: new Map() })
  await registry.pushManifest({ host: target.host, repository: target.repository, tag: referrersTag(digest), digest: digestOf(bytes) }, MEDIA_TYPE.ociIndex, bytes, signal)
}

function isSame(a: Repository, b: Repository): boolean {
  return a.host === b.host && a.repository === b.repository
}
