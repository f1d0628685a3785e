import { BuildError } from '../../ground/errors.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { listStatements, readPredicate, type AttachedStatement, type AttestedIndex } from '../../registry/attestations/attachedStatements.ts'
import type { Registry } from '../../registry/registry.ts'
import { isImage } from '../../registry/resolve.ts'
import type { TemplateValue } from '../format/goTemplate.ts'

/** What is said of an index's images, as templates of `docker buildx imagetools inspect` read it. */
export interface AttestationFields {
  /** Of one image `{ SLSA }`, of several that by platform; empty where nothing is said. */
  readonly Provenance: TemplateValue
  /** `{ SPDX, AdditionalSPDXs }`, likewise. */
  readonly SBOM: TemplateValue
}

/** Reads all statements that it gives back, and no others. */
export async function readAttestations(registry: Registry, index: AttestedIndex, signal: AbortSignal): Promise<AttestationFields> {
  const images = index.entries.filter(isImage)
  const provenance = new Map<string, TemplateValue>()
  const sboms = new Map<string, TemplateValue>()
  for (const image of images) {
    const statements = await listStatements(registry, index, image.digest, signal)
    const read = (statement: AttachedStatement): Promise<TemplateValue> => readPredicate(registry, index.reference, statement, signal) as Promise<TemplateValue>
    const name = image.platform === undefined ? '' : formatPlatform(image.platform)
    const slsa = statements.find(({ predicateType }) => predicateType.startsWith(SLSA_PREFIX))
    const [spdx, ...others] = statements.filter(({ predicateType }) => predicateType === SPDX_TYPE)
    if (slsa !== undefined) provenance.set(name, { SLSA: await read(slsa) })
    if (spdx !== undefined) sboms.set(name, { SPDX: await read(spdx), ...(others.length > 0 && { AdditionalSPDXs: await readAll(others, read) }) })
  }
  return { Provenance: byPlatform(provenance, images), SBOM: byPlatform(sboms, images) }
}

async function readAll(statements: readonly AttachedStatement[], read: (statement: AttachedStatement) => Promise<TemplateValue>): Promise<readonly TemplateValue[]> {
  const values: TemplateValue[] = []
  for (const statement of statements) values.push(await read(statement))
  return values
}

function byPlatform(values: ReadonlyMap<string, TemplateValue>, images: readonly Descriptor[]): TemplateValue {
  const [only] = values.values()
  return images.length === 1 ? (only ?? {}) : Object.fromEntries(values)
}

const SLSA_PREFIX = 'https://slsa.dev/provenance/'
const SPDX_TYPE = 'https://spdx.dev/Document'

/** What is attached to each image, in a few words, by the digest of its manifest: `provenance (SLSA v1), SBOM (SPDX)`. */
export async function describeAttestations(registry: Registry, index: AttestedIndex, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const described = new Map<string, string>()
  for (const { digest } of index.entries.filter(isImage)) {
    const statements = await listStatements(registry, index, digest, signal).catch(missingToUndefined)
    if (statements === undefined) described.set(digest, 'its attestation is named, but not there')
    else if (statements.length > 0) described.set(digest, statements.map(({ predicateType }) => nameOf(predicateType)).join(', '))
  }
  return described
}

/** An index that was copied in part may name what its registry does not have: the rest is shown all the same. */
function missingToUndefined(error: unknown): undefined {
  if (!(error instanceof BuildError) || error.kind !== 'not-found') throw error
}

function nameOf(predicateType: string): string {
  if (predicateType === SPDX_TYPE) return 'SBOM (SPDX)'
  return predicateType.startsWith(SLSA_PREFIX) ? `provenance (SLSA ${predicateType.slice(SLSA_PREFIX.length)})` : predicateType
}
