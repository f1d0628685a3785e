import { BuildError } from '../../ground/errors.ts'
import { HttpConnectionError } from '../../kit/http.ts'
import type { LocatedLogin } from '../auth/dockerConfig.ts'
import { connect, type ConnectionOptions } from '../internal/connection.ts'
import type { Endpoint } from '../internal/endpoint.ts'
import { toUnavailable } from '../internal/requester.ts'
import { pullScope } from '../internal/scope.ts'
import type { ProbeTarget } from './ask.ts'
import { observe, type LeftBehind, type Observation } from './observation.ts'
import { probeReading } from './probeReading.ts'
import { probeService } from './probeService.ts'
import { probeTls } from './probeTls.ts'
import { probeWriting } from './probeWriting.ts'

export interface ProbeRequest {
  readonly host: string
  /** Undefined looks at the registry alone. */
  readonly repository: string | undefined
  /** An image of the repository to read; undefined takes one that is there. */
  readonly tag: string | undefined
  /** Whether something may be pushed to find out what is taken. */
  readonly mayWrite: boolean
  readonly login: LocatedLogin | undefined
}

export interface ProbeResult {
  readonly observations: readonly Observation[]
  readonly left: readonly LeftBehind[]
}

/** What a registry can do, told from what it answers. Nothing is changed there but where `mayWrite` says so. */
export async function probeRegistry(request: ProbeRequest, options: ConnectionOptions, signal: AbortSignal): Promise<ProbeResult> {
  const { requester, http } = connect({ ...options, retries: { ...options.retries, attempts: 1 } })
  await using connections = new AsyncDisposableStack()
  connections.use(http)
  const { host, repository, login } = request
  let endpoint: Endpoint | undefined
  let service: readonly Observation[]
  try {
    endpoint = await requester.askOrigin(host, async (found) => found, signal)
    service = await probeService({ requester, endpoint, repository, signal }, { http, login, scope: repository === undefined ? '' : pullScope({ host, repository }), now: options.now })
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof BuildError)) throw error
    const { message, hint } = error instanceof HttpConnectionError ? toUnavailable(error, host, host) : error
    const isTls = endpoint?.base.protocol === 'https:' && error instanceof HttpConnectionError && error.failure === 'certificate'
    return { observations: [observe('reachable', 'no', message, hint), ...(endpoint !== undefined && isTls ? [await probeTls(endpoint, options.now(), signal)] : [])], left: [] }
  }
  const observations = [...service, await probeTls(endpoint, options.now(), signal)]
  if (repository === undefined) return { observations, left: [] }
  const target: ProbeTarget & { readonly repository: string } = { requester, endpoint, repository, signal }
  const read = await probeReading(target, request.tag)
  if (!request.mayWrite) return { observations: [...observations, ...read], left: [] }
  const written = await probeWriting(target)
  return { observations: latest([...observations, ...read, ...written.observations]), left: written.left }
}

/** What writing found out of something says more than what reading did. */
function latest(observations: readonly Observation[]): readonly Observation[] {
  return [...new Map(observations.map((observation) => [observation.ability, observation])).values()]
}
