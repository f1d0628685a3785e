import { InvalidValueError } from '../../../ground/errors.ts'
import { durationAttribute, parseAddress, requiredAttribute, type PlaceAttributes } from '../internal/placeAttributes.ts'
import { parseActionsToken, type ActionsToken } from './actionsToken.ts'

/** The attributes of `type=gha`, as BuildKit reads them. */
export interface GhaAttributes {
  /** A name that keeps the caches of several images of a workflow apart. */
  readonly scope: string
  readonly token: ActionsToken
  readonly service: { readonly version: 1 | 2; readonly url: URL }
  /** So long a request is tried again while the service refuses more of them. */
  readonly timeoutMs: number
  /** By which the REST API tells all keys at once; undefined where each is to be looked up. */
  readonly listing: KeyListing | undefined
}

export interface KeyListing {
  /** `owner/name` */
  readonly repository: string
  readonly token: string
}

export const GHA_ATTRIBUTES: ReadonlySet<string> = new Set(['url', 'url_v2', 'token', 'scope', 'timeout', 'repository', 'ghtoken', 'version'])

const DEFAULT_TIMEOUT_MS = 10 * 60 * 1000

/** @throws InvalidValueError */
export function parseGhaAttributes(attributes: PlaceAttributes, now: number): GhaAttributes {
  const token = parseActionsToken(requiredAttribute('gha', attributes, 'token', 'it is ACTIONS_RUNTIME_TOKEN, which GitHub gives to actions only'))
  if (token.expiresAt <= now) throw new InvalidValueError(`GitHub's token for the cache expired at ${new Date(token.expiresAt).toISOString()}`, { hint: 'it is good for the job that it was given to' })
  const repository = attributes.get('repository') ?? ''
  const listingToken = attributes.get('ghtoken') ?? ''
  if (repository !== '' && !/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(repository)) throw new InvalidValueError(`a cache's repository is owner/name, not ${JSON.stringify(repository)}`)
  return {
    scope: attributes.get('scope') ?? 'buildkit',
    token,
    service: parseService(attributes),
    timeoutMs: durationAttribute(attributes, 'timeout', DEFAULT_TIMEOUT_MS),
    listing: repository === '' || listingToken === '' ? undefined : { repository, token: listingToken },
  }
}

/** The second service where there is an address for it, unless the version says otherwise. */
function parseService(attributes: PlaceAttributes): GhaAttributes['service'] {
  const version = attributes.get('version')
  if (version !== undefined && version !== '1' && version !== '2') throw new InvalidValueError(`GitHub's cache service has the versions 1 and 2, not ${JSON.stringify(version)}`)
  const second = attributes.get('url_v2') ?? ''
  if (version !== '1' && second !== '') return { version: 2, url: parseAddress('url_v2', second) }
  const url = parseAddress('url', requiredAttribute('gha', attributes, 'url', 'it is ACTIONS_RESULTS_URL, which GitHub gives to actions only'))
  const isSecond = version === '2' || (version === undefined && url.hostname === 'results-receiver.actions.githubusercontent.com')
  return { version: isSecond ? 2 : 1, url }
}
