import { runScripts } from '../../dockerfile/lint/architectures/runScript.ts'
import { distinctWarnings } from '../../dockerfile/lint/lintDockerfile.ts'
import { formatPlatform } from '../../ground/platform.ts'
import type { LineRange, PlanEdit } from './buildPlan.ts'
import type { ContextView, StepCost } from './edits/editSubject.ts'
import { findEdits } from './edits/findEdits.ts'
import type { PlanFacts } from './planFacts.ts'

/** What in the Dockerfile could be changed for the better. */
export function planEdits(facts: PlanFacts, context: ContextView | undefined): readonly PlanEdit[] {
  const [first] = facts.targets
  if (first === undefined) return []
  const { subject } = first.lowered
  return findEdits({
    dockerfile: subject,
    scripts: runScripts(subject),
    warnings: distinctWarnings(facts.targets.flatMap(({ lowered }) => lowered.warnings)),
    targets: facts.targets.map(({ platform }) => platform),
    timeOf: (lines) => costOf(lines, facts),
    context,
  })
}

function costOf({ startLine, endLine }: LineRange, { graph, expectedMs, modeOf }: PlanFacts): StepCost {
  const steps = [...graph.values()].flatMap(({ digest, op, platform, note: { span } }) => {
    const durationMs = expectedMs.get(digest)
    const isThere = span?.startLine === startLine && span.endLine === endLine
    return op.kind === 'exec' && platform !== undefined && isThere && durationMs !== undefined ? [{ durationMs, platform, isEmulated: modeOf(platform)?.kind === 'emulated' }] : []
  })
  const emulated = steps.filter(({ isEmulated }) => isEmulated)
  const native = steps.filter(({ isEmulated }) => !isEmulated)
  const sum = (some: typeof steps): number => some.reduce((total, { durationMs }) => total + durationMs, 0)
  return { nativeMs: sum(native), nativeSteps: native.length, emulatedMs: sum(emulated), emulatedSteps: emulated.length, emulated: [...new Set(emulated.map(({ platform }) => formatPlatform(platform)))] }
}
