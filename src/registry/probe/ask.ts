import { BuildError } from '../../ground/errors.ts'
import type { HttpResponse } from '../../kit/http.ts'
import type { Endpoint } from '../internal/endpoint.ts'
import type { RegistryRequest, Requester } from '../internal/requester.ts'
import { describeRefusal } from '../registryError.ts'
import { readRefusal } from '../internal/response.ts'
import { observe, type Ability, type Observation } from './observation.ts'

/** Where a probe asks. */
export interface ProbeTarget {
  readonly requester: Requester
  readonly endpoint: Endpoint
  /** Undefined where only the registry is looked at. */
  readonly repository: string | undefined
  readonly signal: AbortSignal
}

export type Question = Pick<RegistryRequest, 'method' | 'target'> & Partial<Pick<RegistryRequest, 'headers' | 'openBody' | 'scopes' | 'maxRedirects'>>

/** One request as the user. @throws RegistryError where it is denied, or nothing answers */
export async function ask({ requester, endpoint, repository, signal }: ProbeTarget, { method, target, ...rest }: Question): Promise<HttpResponse> {
  const subject = repository === undefined ? endpoint.host : `${endpoint.host}/${repository}`
  return await requester.send(endpoint, { headers: new Map(), openBody: undefined, scopes: [], method, target, subject, ...rest }, signal)
}

/** One observation, whatever comes: an error that says something is what was seen. */
export async function look(target: ProbeTarget, ability: Ability, work: () => Promise<Observation>): Promise<Observation> {
  try {
    return await work()
  } catch (error) {
    target.signal.throwIfAborted()
    if (!(error instanceof BuildError)) throw error
    return observe(ability, 'no', error.message, error.hint)
  }
}

/** Reads the answer's body. */
export async function describeAnswer(response: HttpResponse): Promise<string> {
  const refusal = await readRefusal(response)
  return refusal.detail === '' ? `HTTP status ${refusal.status}` : `HTTP status ${refusal.status}, ${describeRefusal(refusal)}`
}
