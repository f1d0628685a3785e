import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { BlobReader } from '../../content/contentStore.ts'
import { parseDigest, type Digest } from '../../ground/digest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatPlatform, parsePlatform } from '../../ground/platform.ts'
import { readAttachments, type BuildAttachment } from './attachments.ts'
import type { PastBuild } from './pastBuild.ts'
import { BuildMissingError } from './queryBuilds.ts'

/** Which attachment is meant; undefined is any. */
export interface AttachmentChoice {
  readonly digest: string | undefined
  readonly type: string | undefined
  readonly platform: string | undefined
}

/** The first that fits. A digest need not be told by the record: it may be of a part of an image. @throws BuildMissingError; InvalidValueError */
export async function chooseAttachment({ ref, message }: PastBuild, { digest, type, platform }: AttachmentChoice, blobs: BlobReader, signal: AbortSignal): Promise<Digest> {
  if (digest !== undefined) return parseDigest(digest)
  const types = type === undefined ? undefined : (TYPES.get(type) ?? [type])
  const wanted = platform === undefined ? undefined : formatPlatform(parsePlatform(platform))
  const all = await readAttachments(message, blobs, signal)
  const found = all.find((one) => (types === undefined || types.includes(one.type)) && (wanted === undefined || one.platform === wanted))
  if (found !== undefined) return found.descriptor.digest
  throw new BuildMissingError(`build ${ref} has no such attachment`, { hint: all.length === 0 ? 'it has none: what failed is told by its log alone, and what older versions built' : `it has ${all.map(describe).join(', ')}` })
}

/** As buildx calls them. */
const TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['index', [MEDIA_TYPE.ociIndex]],
  ['manifest', [MEDIA_TYPE.ociManifest]],
  ['image', [MEDIA_TYPE.ociConfig]],
  ['provenance', ['https://slsa.dev/provenance/v1', 'https://slsa.dev/provenance/v0.2']],
  ['sbom', ['https://spdx.dev/Document']],
])

function describe({ type, platform }: BuildAttachment): string {
  return platform === '' ? type : `${type} (${platform})`
}

/** As it is kept. @throws BlobNotFoundError */
export async function printAttachment(digest: Digest, blobs: BlobReader, stdout: Writable, signal: AbortSignal): Promise<void> {
  for await (const chunk of blobs.read(digest, 0, signal)) {
    if (!stdout.write(chunk)) await once(stdout, 'drain', { signal })
  }
}
