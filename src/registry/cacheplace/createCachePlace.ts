import { InvalidValueError } from '../../ground/errors.ts'
import { createHttpClient, type ProxyOptions } from '../../kit/http.ts'
import type { RetryPolicy } from '../../kit/retry.ts'
import type { CachePlace } from './cachePlace.ts'
import { createGhaPlace } from './gha/ghaPlace.ts'
import { GHA_ATTRIBUTES, parseGhaAttributes } from './gha/ghaAttributes.ts'
import { ENTRY_WAIT } from './gha/indexEntry.ts'
import type { AwsCredentialSource } from './s3/credentials/awsCredentials.ts'
import { createS3Place } from './s3/s3Place.ts'
import { parseS3Attributes, S3_ATTRIBUTES } from './s3/s3Attributes.ts'

/** The attributes that each kind of place knows, beside those of every cache (`type`, `mode`, `ignore-error` and so on). */
export const CACHE_PLACE_ATTRIBUTES: ReadonlyMap<string, ReadonlySet<string>> = new Map([['gha', GHA_ATTRIBUTES], ['s3', S3_ATTRIBUTES]])

export interface CachePlaceOptions {
  readonly userAgent: string
  readonly proxy: ProxyOptions
  readonly retries: RetryPolicy
  /** Of AWS, where the attributes have none. */
  readonly awsCredentials: AwsCredentialSource
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const GITHUB_API = new URL('https://api.github.com/')
/** Requests in flight to one host. */
const CONNECTIONS = 8

/** Asks nothing of the place yet. To be disposed. @throws InvalidValueError for another type, or attributes that it cannot be reached by */
export function createCachePlace(type: string, attributes: ReadonlyMap<string, string>, { userAgent, proxy, retries, awsCredentials, now }: CachePlaceOptions): CachePlace {
  const http = createHttpClient({ userAgent, connectionsPerOrigin: CONNECTIONS, proxy }) // connects when it is first used
  switch (type) {
    case 'gha':
      return createGhaPlace(parseGhaAttributes(attributes, now()), { http, retries, entryWait: ENTRY_WAIT, api: GITHUB_API, now })
    case 's3':
      return createS3Place(parseS3Attributes(attributes), { http, retries, credentials: awsCredentials, now })
    default:
      throw unknownType(type)
  }
}

function unknownType(type: string): InvalidValueError {
  const hint = 'caches are kept in a registry (type=registry), in S3 (type=s3) or a server that speaks its protocol, by GitHub (type=gha), in a folder (type=local) or in the image (type=inline)'
  return new InvalidValueError(`there are no caches of type=${type}`, { hint })
}
