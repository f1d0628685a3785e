import { platformMismatch } from '../../dockerfile/lower.ts'
import { EmulatorMissingError } from '../../executor/executor.ts'
import type { BuildError } from '../../ground/errors.ts'
import { formatPlatform } from '../../ground/platform.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import { PlatformMissingError } from '../../registry/resolve.ts'
import type { VertexFailedError } from '../../solver/vertexFailedError.ts'
import type { PlanProblem } from './buildPlan.ts'
import type { ForgivingResolver } from './forgivingResolver.ts'
import type { PlanFacts, PlanTarget } from './planFacts.ts'
import { linesOf } from './planStages.ts'

/** Images that are missing, each once for a platform. */
export function imageProblems(targets: readonly Pick<PlanTarget, 'platform' | 'lowered'>[], resolver: Pick<ForgivingResolver, 'faultOf'>): readonly PlanProblem[] {
  return collect(
    targets.flatMap(({ platform: target, lowered }) =>
      lowered.subject.images.flatMap(({ written, platform, found, span, isBase }) => {
        const fault = resolver.faultOf(found)
        if (fault?.kind === 'missing') return [toProblem(fault.error instanceof PlatformMissingError ? 'platform-missing' : 'image-missing', { message: fault.error.message.startsWith(written) ? fault.error.message : `${written}: ${fault.error.message}`, hint: fault.error.hint }, span, [formatPlatform(target)])]
        const mismatch = fault === undefined || !isBase ? undefined : platformMismatch(written, fault.config, platform)
        return mismatch === undefined ? [] : [toProblem('platform-missing', mismatch, span, [formatPlatform(target)])]
      }),
    ),
  )
}

/** Steps that cannot run here, may not, or lack what they need; where it is an emulator that is missing, once for its platform. */
export function stepProblems(errors: readonly VertexFailedError[], { targets }: Pick<PlanFacts, 'targets'>): readonly PlanProblem[] {
  return collect(
    errors.map((error) => {
      const platforms = targets.filter(({ lowered }) => lowered.graph.has(error.vertex)).map(({ platform }) => formatPlatform(platform))
      const { cause } = error
      if (cause instanceof EmulatorMissingError) return toProblem('emulator-missing', cause, error.span, platforms)
      return toProblem('step', error, error.span, platforms)
    }),
  )
}

function toProblem(kind: PlanProblem['kind'], { message, hint }: Pick<BuildError, 'message' | 'hint'>, span: SourceSpan | undefined, platforms: readonly string[]): PlanProblem {
  return { kind, message, hint, lines: span === undefined ? undefined : linesOf(span), platforms }
}

/** Each once; its lines are those of the first. */
function collect(problems: readonly PlanProblem[]): readonly PlanProblem[] {
  return [...Map.groupBy(problems, ({ kind, message }) => `${kind} ${message}`).values()].flatMap((same) => {
    const [problem] = same
    return problem === undefined ? [] : [{ ...problem, platforms: [...new Set(same.flatMap(({ platforms }) => platforms))] }]
  })
}
