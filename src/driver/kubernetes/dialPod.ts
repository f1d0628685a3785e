import { EngineUnavailableError } from '../driver.ts'
import type { Reached } from '../programs/dialEngine.ts'
import { dialJoiner } from '../programs/dialJoiner.ts'
import type { UserProgram } from '../programs/runProgram.ts'
import { clusterFault } from './kubectl.ts'

/** '' is what kubectl itself takes. */
export interface PodPlace {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

/** @throws EngineUnavailableError; signal.reason */
export async function dialPod(kubectl: UserProgram, { namespace, pod, container }: PodPlace, signal: AbortSignal): Promise<Reached> {
  const where = [...(namespace === '' ? [] : ['--namespace', namespace]), ...(container === '' ? [] : ['--container', container])]
  const dialed = await dialJoiner(kubectl, ['exec', ...where, '--stdin', pod, '--'], signal)
  switch (dialed.kind) {
    case 'engine':
      return dialed
    case 'no-program':
      throw new EngineUnavailableError(`the pod ${JSON.stringify(pod)} has neither buildctl nor pelago`, { hint: 'choose one in which an engine runs, or its container: container=NAME' })
    case 'failed':
      throw clusterFault(`no engine answers in the pod ${JSON.stringify(pod)}`, dialed.failure.said)
  }
}
