import { parseAttestations, type ReturnedAttestation } from './returnedAttestations.ts'
import type { Result } from '../../api/gen/gateway_pb.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { objectList, optionalString, parseJsonObject, requiredObject, requiredString } from '../../ground/jsonValue.ts'
import { normalizePlatform, parsePlatform, type Platform } from '../../ground/platform.ts'

/** What a client returns as the result of its build: references, and what it says of each. */
export interface ReturnedResult {
  readonly isMultiPlatform: boolean
  readonly parts: readonly ReturnedPart[]
  /** By the platform that they are of. */
  readonly attestations: ReadonlyMap<string, readonly ReturnedAttestation[]>
}

export interface ReturnedPart {
  /** `linux/arm64`; '' where there is one part alone. */
  readonly key: string
  /** '' is an empty file system. */
  readonly ref: string
  /** Undefined where the client does not say. */
  readonly platform: Platform | undefined
  /** The image's config in JSON; undefined where the client has none. */
  readonly config: Uint8Array | undefined
}

export const CONFIG_KEY = 'containerimage.config'
export const PLATFORMS_KEY = 'refs.platforms'

/** Undefined is no result: nothing is exported. @throws InvalidValueError */
export function parseReturned(result: Result | undefined): ReturnedResult | undefined {
  if (result?.result.case === undefined) return undefined
  const { metadata } = result
  const attestations = parseAttestations(result)
  const single = singleRef(result)
  if (single !== undefined) {
    const [listed] = [...platformsOf(metadata)]
    const config = metadata[CONFIG_KEY] ?? (listed === undefined ? undefined : metadata[`${CONFIG_KEY}/${listed[0]}`])
    return single === '' && config === undefined ? undefined : { isMultiPlatform: false, parts: [{ key: '', ref: single, platform: listed?.[1], config }], attestations }
  }
  const platforms = platformsOf(metadata)
  const refs = mapOfRefs(result)
  if (refs.size === 0) return undefined
  return { isMultiPlatform: true, attestations, parts: inOrder(refs, platforms).map(([key, ref]) => ({ key, ref, platform: platforms.get(key) ?? platformOfKey(key), config: metadata[`${CONFIG_KEY}/${key}`] })) }
}

function singleRef({ result }: Result): string | undefined {
  if (result.case === 'ref') return result.value.id
  return result.case === 'refDeprecated' ? result.value : undefined
}

function mapOfRefs({ result }: Result): ReadonlyMap<string, string> {
  if (result.case === 'refs') return new Map(Object.entries(result.value.refs).map(([key, { id }]) => [key, id]))
  return new Map(result.case === 'refsDeprecated' ? Object.entries(result.value.refs) : [])
}

/** As the client lists them, for a map of the wire has no order; those that it does not list come last. */
function inOrder(refs: ReadonlyMap<string, string>, platforms: ReadonlyMap<string, Platform>): readonly (readonly [key: string, ref: string])[] {
  const listed = [...platforms.keys()].flatMap((key) => {
    const ref = refs.get(key)
    return ref === undefined ? [] : [[key, ref] as const]
  })
  return [...listed, ...[...refs].filter(([key]) => !platforms.has(key)).sort(([a], [b]) => (a < b ? -1 : 1))]
}

function platformsOf(metadata: Result['metadata']): ReadonlyMap<string, Platform> {
  const text = metadata[PLATFORMS_KEY]
  if (text === undefined) return new Map()
  return new Map(
    objectList(parseJsonObject(Buffer.from(text).toString(), PLATFORMS_KEY), 'Platforms').map((entry) => {
      const platform = requiredObject(entry, 'Platform')
      const [variant = '', osVersion = ''] = [optionalString(platform, 'variant'), optionalString(platform, 'os.version')]
      return [requiredString(entry, 'ID'), normalizePlatform({ os: requiredString(platform, 'os'), architecture: requiredString(platform, 'architecture'), variant, osVersion })]
    }),
  )
}

function platformOfKey(key: string): Platform {
  try {
    return parsePlatform(key)
  } catch (error) {
    throw new InvalidValueError('unable to export multiple refs, missing platforms mapping', { hint: `say by the metadata refs.platforms which platform ${JSON.stringify(key)} is`, cause: error })
  }
}
