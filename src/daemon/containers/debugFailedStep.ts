import type { DebugSpec, RunInput, RunOutput } from '../../api/gen/local_pb.ts'
import type { DebugRequest } from '../../engine/debug/debugStep.ts'
import type { Engine } from '../../engine/engine.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { serveContainer, toSize } from './serveContainer.ts'

/** `LocalEngine.Debug`: the first input says what to run and where; output follows until the exit code. */
export async function* debugFailedStep(engine: Engine, inputs: AsyncIterable<RunInput>, signal: AbortSignal): AsyncGenerator<RunOutput> {
  const iterator = inputs[Symbol.asyncIterator]()
  const first = await iterator.next()
  const input = first.done === true ? undefined : first.value.input
  if (input?.case !== 'debug') throw new InvalidValueError('a debug call begins with its specification')
  const request = toRequest(input.value)
  yield* serveContainer({ open: (progress) => engine.openDebug(request, progress, signal), inputs: iterator }, signal)
}

function toRequest({ step, command, env, user, workdir, terminal, session }: DebugSpec): DebugRequest {
  return { step, command, env, user, workdir, terminal: terminal === undefined ? undefined : toSize(terminal), sessionId: session }
}
