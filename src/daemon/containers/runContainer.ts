import type { RunInput, RunOutput, RunSpec } from '../../api/gen/local_pb.ts'
import type { Engine, RunRequest } from '../../engine/engine.ts'
import type { ResolveMode } from '../../engine/images/imageResolver.ts'
import { openPortForwards } from '../../engine/run/portForward.ts'
import type { NetworkMode } from '../../graph/vertex.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { parseReference } from '../../ground/reference.ts'
import { checkMayRun } from '../peerRights.ts'
import type { Peer } from '../server.ts'
import { serveContainer, toSize } from './serveContainer.ts'

/** `LocalEngine.Run`: the first input says what to run; output follows until the exit code. Ends the container when the client goes. */
export async function* runContainer({ engine, peer }: { readonly engine: Engine; readonly peer: Peer }, inputs: AsyncIterable<RunInput>, signal: AbortSignal): AsyncGenerator<RunOutput> {
  const iterator = inputs[Symbol.asyncIterator]()
  const first = await iterator.next()
  const input = first.done === true ? undefined : first.value.input
  if (input?.case !== 'spec') throw new InvalidValueError('a run begins with its specification')
  checkMayRun(peer, input.value)
  const request = toRequest(input.value)
  const forwards = input.value.ports.map(({ hostIp, hostPort, containerPort, protocol }) => ({ hostIp, hostPort, containerPort, protocol: protocol === 'udp' ? 'udp' : 'tcp' }) as const)
  yield* serveContainer({ open: (progress) => engine.openContainer(request, progress, signal), started: () => openPortForwards(forwards, signal), inputs: iterator }, signal)
}

function toRequest(spec: RunSpec): RunRequest {
  const { volumes, workdir, user, hostname, env, command, readOnly, privileged, session } = spec
  return {
    reference: parseReference(spec.reference),
    platform: spec.platform === '' ? undefined : parsePlatform(spec.platform),
    mode: toMode(spec.pull),
    command,
    entrypoint: spec.entrypoint?.argv,
    env,
    workdir,
    user,
    volumes: volumes.map(({ source, target, readOnly: isReadonly }) => ({ source, target, readonly: isReadonly })),
    network: toNetwork(spec.network),
    hostname,
    extraHosts: spec.addHosts.map(toExtraHost),
    isRootReadonly: readOnly,
    isPrivileged: privileged,
    terminal: spec.terminal === undefined ? undefined : toSize(spec.terminal),
    sessionId: session,
  }
}

function toMode(pull: string): ResolveMode {
  switch (pull) {
    case '':
    case 'missing':
      return 'prefer-local'
    case 'always':
      return 'registry'
    case 'never':
      return 'local'
    default:
      throw new InvalidValueError(`invalid pull policy: ${JSON.stringify(pull)}`, { hint: 'one of always, missing, never' })
  }
}

function toNetwork(network: string): NetworkMode {
  if (network === '') return 'default'
  if (network === 'default' || network === 'host' || network === 'none') return network
  throw new InvalidValueError(`there is no network ${JSON.stringify(network)}`, { hint: 'one of default, host, none' })
}

function toExtraHost(text: string): { readonly host: string; readonly ip: string } {
  const [host = '', ip = ''] = text.split(/[=:](.*)/s)
  return { host, ip }
}
