import { findFact } from '../../api/errorMapping.ts'
import type { StatusDetail } from '../../api/grpc/status.ts'
import type { KeptStep } from '../../engine/debug/failedStepStore.ts'
import { formatErrorOp } from '../../engine/provenance/llbJson.ts'
import type { ResultId } from '../../solver/op.ts'
import type { DetailsOf } from './answerAsBuildKit.ts'

/**
 * What a failed step has left, as a client is told of it with the error (`errdefs.Solve`): its operation, and an id for
 * each of its inputs and mounts by which a container can be made of them.
 */
const SOLVE_TYPE = 'github.com/moby/buildkit/errdefs.Solve+json'

const SCHEME = 'failed-step:'

/** Ids are '' for what has no files of a result: caches, secrets, empty folders. */
function describeFailedStep(step: KeptStep): StatusDetail {
  const { id, name, exec, platform, inputs } = step
  const idOf = (kind: string) => (result: ResultId, index: number): string => (result === '' ? '' : `${SCHEME}${id}:${kind}:${index}`)
  const value = { inputIDs: inputs.map(idOf('input')), mountIDs: mountResults(step).map(idOf('mount')), op: formatErrorOp({ op: exec, platform }), description: { 'llb.customname': name } }
  return { typeUrl: SOLVE_TYPE, value: Buffer.from(JSON.stringify(value)) }
}

/** Undefined where the id is none of these, for which no steps are read, or the step is not kept any more. */
export function findFailedResult(id: string, steps: () => readonly KeptStep[]): ResultId | undefined {
  const [, stepId, kind, index] = /^failed-step:([^:]+):(input|mount):(\d+)$/.exec(id) ?? []
  if (stepId === undefined) return undefined
  const step = steps().find((kept) => kept.id === stepId)
  if (step === undefined) return undefined
  return (kind === 'input' ? step.inputs : mountResults(step))[Number(index)]
}

/** As the step has left them. */
function mountResults({ exec, inputs, outputs }: KeptStep): readonly ResultId[] {
  let nextOutput = 0
  return exec.mounts.map((mount) => {
    if (mount.kind !== 'bind') return ''
    const result = mount.isOutput ? outputs[nextOutput++] : mount.input === undefined ? undefined : inputs[mount.input]
    return result ?? ''
  })
}

/** For `answerAsBuildKit`: nothing of an error that is not about a step that is kept. */
export function failedStepDetails(steps: () => readonly KeptStep[]): DetailsOf {
  return (error) => {
    const id = findFact(error, 'failedStep')
    const step = id === undefined ? undefined : steps().find((kept) => kept.id === id)
    return step === undefined ? [] : [describeFailedStep(step)]
  }
}
