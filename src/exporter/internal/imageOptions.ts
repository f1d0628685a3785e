import { InvalidValueError } from '../../ground/errors.ts'
import { parseReference, type Reference } from '../../ground/reference.ts'
import type { AttestationStyle } from '../attestation/attestationManifest.ts'
import { readAnnotations, type Annotation } from './annotations.ts'
import type { AttributeReader } from './attributeReader.ts'
import { readEpochOptions, type EpochOptions } from './epochOptions.ts'
import type { PackOptions } from '../layerPacker.ts'

/** How an image is made, wherever it goes. */
export interface ImageOptions extends EpochOptions {
  readonly mediaTypes: 'oci' | 'docker'
  readonly pack: PackOptions
  readonly annotations: readonly Annotation[]
  readonly attestationStyle: AttestationStyle
  /** Of attestations that are meant for stored and pushed images alone. */
  readonly takesInlineOnly: boolean
}

const LEVEL_BOUNDS = { uncompressed: [0, 0], gzip: [0, 9], zstd: [0, 22] } as const

/** What is not the same for all exporters of images. */
export interface ImageDefaults {
  readonly mediaTypes: 'oci' | 'docker'
  readonly takesInlineOnly: boolean
}

/** Attributes common to all exporters of images. @throws InvalidValueError */
export function readImageOptions(attributes: AttributeReader, { mediaTypes, takesInlineOnly }: ImageDefaults): ImageOptions {
  const { compression, level } = readCompression(attributes)
  const annotations = readAnnotations(attributes)
  const { epochSeconds, rewritesTimes } = readEpochOptions(attributes)
  const wantsOci = attributes.flag('oci-mediatypes', mediaTypes === 'oci')
  const isForced = attributes.flag('force-compression', false)
  attributes.ignore(...MEANINGLESS)
  return {
    // Docker's media types have neither annotations nor zstd
    mediaTypes: wantsOci || annotations.length > 0 || compression === 'zstd' ? 'oci' : 'docker',
    pack: { compression, level, isForced, clampTimeSeconds: rewritesTimes ? epochSeconds : undefined },
    annotations,
    attestationStyle: attributes.flag('oci-artifact', true) ? 'artifact' : 'image',
    takesInlineOnly: attributes.flag('attestation-inline', takesInlineOnly),
    epochSeconds,
    rewritesTimes,
  }
}

/** Of layers. @throws InvalidValueError */
export function readCompression(attributes: AttributeReader): Pick<PackOptions, 'compression' | 'level'> {
  const compression = attributes.choice('compression', ['gzip', 'zstd', 'uncompressed'], 'gzip')
  const [minLevel, maxLevel] = LEVEL_BOUNDS[compression]
  const level = attributes.integer('compression-level', minLevel, maxLevel)
  // zstd has no level 0: it stands for its default
  return { compression, level: level === 0 && compression !== 'gzip' ? undefined : level }
}

/** Of BuildKit's attributes those that are settled otherwise: unpacking is lazy, no build info is written, foreign layers stay. */
const MEANINGLESS = ['unpack', 'buildinfo-attrs', 'prefer-nondist-layers', 'dest', 'context', 'name-canonical', 'registry.insecure'] as const

/** A name as the user gave it. */
export interface ImageName {
  readonly reference: Reference
  /** Whether the tag was written, and is not just the default. */
  readonly hasTag: boolean
}

/** `name=a,b`. @throws InvalidValueError */
export function readNames(attributes: AttributeReader): readonly ImageName[] {
  const names = (attributes.text('name') ?? '').split(',').filter((name) => name !== '')
  return names.map((name) => {
    const reference = parseReference(name)
    if (reference.digest !== undefined) throw new InvalidValueError(`an image cannot be named by digest: ${JSON.stringify(name)}`, { hint: 'leave out the part from "@" on' })
    return { reference, hasTag: name.endsWith(`:${reference.tag ?? ''}`) }
  })
}
