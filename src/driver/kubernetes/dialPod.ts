import { EngineUnavailableError } from '../driver.ts'
import { dialEngine, type Reached } from '../programs/dialEngine.ts'
import type { UserProgram } from '../programs/runProgram.ts'
import { clusterFault } from './kubectl.ts'

/** '' is what kubectl itself takes. */
export interface PodPlace {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

/** What joins its input and output to the engine of the pod: BuildKit's own, then ours. */
const JOINERS = ['buildctl', 'pelago'] as const
/** How a container's runtime ends where there is no such program. */
const NOT_FOUND: ReadonlySet<number> = new Set([126, 127])

/** @throws EngineUnavailableError; signal.reason */
export async function dialPod(kubectl: UserProgram, { namespace, pod, container }: PodPlace, signal: AbortSignal): Promise<Reached> {
  const where = [...(namespace === '' ? [] : ['--namespace', namespace]), ...(container === '' ? [] : ['--container', container])]
  for (const joiner of JOINERS) {
    const dialed = await dialEngine(kubectl, ['exec', ...where, '--stdin', pod, '--', joiner, 'dial-stdio'], signal)
    if (dialed.kind === 'engine') return dialed
    if (!NOT_FOUND.has(dialed.failure.exitCode) && !dialed.failure.said.includes('executable file not found')) throw clusterFault(`no engine answers in the pod ${JSON.stringify(pod)}`, dialed.failure.said)
  }
  throw new EngineUnavailableError(`the pod ${JSON.stringify(pod)} has neither buildctl nor pelago`, { hint: 'choose one in which an engine runs, or its container: container=NAME' })
}
