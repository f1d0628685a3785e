import type { BuiltImage } from '../../dockerfile/lower/contexts/namedContext.ts'
import type { Built, BuiltPlatform, ResultRequest } from '../../engine/engine.ts'
import { plainConfig } from '../../engine/llb/plainConfig.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { formatImageConfig, parseImageConfig } from '../../image/imageConfigJson.ts'
import type { ReturnedAttestation } from './returnedAttestations.ts'
import type { ReturnedPart, ReturnedResult } from './returnedResult.ts'

/** What a reference stands for: one platform of something built. */
export interface FoundRef {
  readonly built: Built
  readonly index: number
}

export interface FoundPart {
  readonly part: ReturnedPart
  /** Undefined is an empty file system. */
  readonly found: FoundRef | undefined
}

/** What was built, where all of it is returned, and nothing is said of it but what the engine has said; else undefined. */
export function findWhole({ isMultiPlatform, attestations }: ReturnedResult, parts: readonly FoundPart[]): Built | undefined {
  const built = parts[0]?.found?.built
  if (attestations.size > 0 || built?.isMultiPlatform !== isMultiPlatform || built.platforms.length !== parts.length) return undefined
  const isSame = built.platforms.every(({ id, image }, index) => {
    const matching = parts.find(({ found }) => found?.built === built && found.index === index)
    return matching !== undefined && (matching.part.key === '' || matching.part.key === id) && isOwnConfig(matching.part.config, image)
  })
  return isSame ? built : undefined
}

function isOwnConfig(config: Uint8Array | undefined, image: BuiltImage): boolean {
  return config === undefined || Buffer.from(config).equals(formatImageConfig(image.config))
}

/** The results that are returned as a whole, each with what the client says of it. @throws InvalidValueError; ImageInvalidError */
export function assembleResult({ isMultiPlatform, attestations }: ReturnedResult, { parts, attributes, find }: Assembling): ResultRequest {
  const platforms = parts.map(assemblePart)
  const stray = [...attestations.keys()].find((key) => !platforms.some(({ id }) => id === key))
  if (stray !== undefined) throw new InvalidValueError(`there are attestations for ${JSON.stringify(stray)}, which is no platform of the result`, { hint: `it has ${platforms.map(({ id }) => id).join(', ')}` })
  return { kind: 'result', isMultiPlatform, attributes, platforms: platforms.map((platform) => withAttestations(platform, attestations.get(platform.id), find)) }
}

/** What a result is put together with. */
export interface Assembling {
  readonly parts: readonly FoundPart[]
  readonly attributes: ReadonlyMap<string, string>
  /** @throws InvalidValueError for a reference that no build gave */
  readonly find: (ref: string) => FoundRef
}

function withAttestations(platform: BuiltPlatform, returned: readonly ReturnedAttestation[] | undefined, find: Assembling['find']): BuiltPlatform {
  if (returned === undefined) return platform
  const attestations = returned.map(({ ref, ...attestation }) => {
    const { built, index } = find(ref)
    return { ...attestation, open: (signal: AbortSignal) => built.openFiles(index, signal) }
  })
  return { ...platform, attestations }
}

function assemblePart({ part, found }: FoundPart): BuiltPlatform {
  const known = found?.built.platforms[found.index]
  const said = part.config === undefined ? undefined : parseImageConfig(part.config)
  const platform = [part.platform, said?.platform, known?.platform].find((candidate) => candidate !== undefined)
  if (platform === undefined) throw new InvalidValueError('an empty result says nothing of its platform', { hint: 'say it by the metadata refs.platforms, or by an image config' })
  const { image = NOTHING } = known ?? {}
  return { id: part.key === '' ? formatPlatform(platform) : part.key, platform, image: { ...image, config: said ?? configFor(platform, known?.image.config) } }
}

const NOTHING: Omit<BuiltImage, 'config'> = { graph: new Map(), root: undefined, layerSpans: [] }

/** What is known of the image, for the platform that the client calls it. */
function configFor(platform: Platform, known: ImageConfig | undefined): ImageConfig {
  return known === undefined ? plainConfig(platform) : { ...known, platform }
}
