import { BuildHistoryEventType } from '../../api/gen/control_pb.ts'
import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { createEngineBlobs } from '../../driver/engineBlobs.ts'
import { parseJsonObject, type JsonObject } from '../../ground/jsonValue.ts'
import { readSmallBlob } from '../../image/imageView.ts'
import { UsageError } from '../flags/usageError.ts'
import { recordedAttestations, type BuildAttachment } from './attachments.ts'

/** How much of a build's provenance its metadata have. */
export type MetadataProvenance = 'min' | 'max' | 'disabled'

/** By buildx's variable. @throws UsageError */
export function readMetadataProvenance(env: Readonly<NodeJS.ProcessEnv>): MetadataProvenance {
  const text = env['BUILDX_METADATA_PROVENANCE'] ?? ''
  switch (text) {
    case '':
    case 'true':
    case 'min':
      return 'min'
    case 'max':
      return 'max'
    case 'false':
    case 'disabled':
      return 'disabled'
    default:
      throw new UsageError(`invalid BUILDX_METADATA_PROVENANCE: ${JSON.stringify(text)}`, { hint: 'set it to min, max or disabled' })
  }
}

/** Half of it would be the Dockerfile's steps; the rest is a list of sources. */
const MAX_PROVENANCE_BYTES = 32 * 1024 * 1024

/**
 * The provenance that the engine keeps of the build `ref`, as buildx puts it into the metadata: `buildx.build.provenance`,
 * of several platforms one each with the platform behind it. None where the engine keeps none.
 */
export async function readBuildProvenance(engine: EngineClient, ref: string, mode: MetadataProvenance, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  if (mode === 'disabled') return new Map()
  const found = (await findProvenance(engine, ref, signal)).filter(({ type }) => type.startsWith('https://slsa.dev/provenance/'))
  const blobs = createEngineBlobs(engine)
  const fields = new Map<string, string>()
  for (const { descriptor, platform } of found) {
    const predicate = Buffer.from(await readSmallBlob(blobs, descriptor, MAX_PROVENANCE_BYTES, signal)).toString()
    fields.set(found.length === 1 ? 'buildx.build.provenance' : `buildx.build.provenance/${platform}`, cut(parseJsonObject(predicate, 'provenance'), mode))
  }
  return fields
}

async function findProvenance({ control }: EngineClient, ref: string, signal: AbortSignal): Promise<readonly BuildAttachment[]> {
  const found: BuildAttachment[] = []
  try {
    for await (const { type, record } of control.listenBuildHistory({ Ref: ref, EarlyExit: true }, { signal })) {
      if (type !== BuildHistoryEventType.DELETED && record !== undefined) found.push(...recordedAttestations(record))
    }
  } catch (error) {
    if (!(error instanceof UnsupportedByPeerError)) throw error // an engine without a history
  }
  return found
}

/** What `min` leaves out, of SLSA v1 and of v0.2. */
const LEFT_OUT: ReadonlySet<string> = new Set(['buildConfig', 'metadata'])

function cut(predicate: JsonObject, mode: MetadataProvenance): string {
  const isKept = (path: string, key: string): boolean => mode === 'max' || !LEFT_OUT.has(key) || !PLACES.has(path)
  const keep = (path: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (isKept(path, key) ? [[key, keep(`${path}/${key}`, inner)]] : [])))
  }
  return JSON.stringify(keep('', Object.fromEntries(predicate.fields)))
}

const PLACES: ReadonlySet<string> = new Set(['', '/buildDefinition/internalParameters', '/runDetails'])
