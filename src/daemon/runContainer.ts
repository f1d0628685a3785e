import { create } from '@bufbuild/protobuf'
import { RunOutputSchema, type RunInput, type RunOutput, type RunSpec, type WindowSize } from '../api/gen/local_pb.ts'
import type { Engine, RunRequest } from '../engine/engine.ts'
import type { ResolveMode } from '../engine/images/imageResolver.ts'
import { openPortForwards } from '../engine/run/portForward.ts'
import type { RunningProcess, TerminalSize } from '../executor/executor.ts'
import type { NetworkMode } from '../graph/vertex.ts'
import { InvalidValueError } from '../ground/errors.ts'
import { formatPlatform, parsePlatform } from '../ground/platform.ts'
import { parseReference } from '../ground/reference.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import { createEventQueue, type EventQueue } from './eventQueue.ts'
import { toTransferProgress } from './transferProgress.ts'

/** `LocalEngine.Run`: the first input says what to run; output follows until the exit code. Ends the container when the client goes. */
export async function* runContainer(engine: Engine, inputs: AsyncIterable<RunInput>, signal: AbortSignal): AsyncGenerator<RunOutput> {
  const iterator = inputs[Symbol.asyncIterator]()
  const first = await iterator.next()
  const input = first.done === true ? undefined : first.value.input
  if (input?.case !== 'spec') throw new InvalidValueError('a run begins with its specification')
  const request = toRequest(input.value)
  const queue = createEventQueue<RunOutput>()
  const opening = engine.openContainer(request, progressTo(queue), signal).finally(() => queue.end())
  opening.catch(() => undefined) // it is awaited below, once what was told before is out
  yield* queue.read()
  await using container = await opening
  await using stack = new AsyncDisposableStack()
  stack.use(await openPortForwards(input.value.ports.map(({ hostIp, hostPort, containerPort, protocol }) => ({ hostIp, hostPort, containerPort, protocol: protocol === 'udp' ? 'udp' : 'tcp' })), signal))
  const { mode, process } = container
  const platform = request.platform ?? engine.platforms()[0]?.platform
  yield create(RunOutputSchema, { output: { case: 'started', value: { platform: platform === undefined ? '' : formatPlatform(platform), emulator: mode.kind === 'emulated' ? mode.emulator : '' } } })
  void feed(process, iterator).catch(() => undefined) // the client's going away ends the call by `signal`
  for await (const { stream, bytes } of process.output) yield create(RunOutputSchema, { output: { case: stream, value: bytes } })
  yield create(RunOutputSchema, { output: { case: 'exitCode', value: await process.exitCode } })
}

/** How far the layers are that have to be downloaded first; of what is here already nothing is said, as Docker has it. */
function progressTo(queue: EventQueue<RunOutput>): ProgressSink {
  return (event) => {
    if (event.kind !== 'vertex-progress' || !event.id.startsWith('sha256:')) return
    queue.push(create(RunOutputSchema, { output: { case: 'progress', value: toTransferProgress(event) } }))
  }
}

async function feed(process: RunningProcess, inputs: AsyncIterator<RunInput>): Promise<void> {
  for (let next = await inputs.next(); next.done !== true; next = await inputs.next()) await deliver(process, next.value.input)
}

async function deliver(process: RunningProcess, input: RunInput['input']): Promise<void> {
  switch (input.case) {
    case 'stdin':
      await process.write(input.value)
      break
    case 'stdinClosed':
      process.closeInput()
      break
    case 'resize':
      process.resize(toSize(input.value))
      break
    case 'signal':
      process.kill(input.value as NodeJS.Signals)
      break
    case 'spec':
    case undefined:
      throw new InvalidValueError('a run has one specification')
  }
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

function toSize({ columns, rows }: WindowSize): TerminalSize {
  return { columns, rows }
}
