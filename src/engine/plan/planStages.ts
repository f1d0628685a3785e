import type { LoweredStage, LoweredStep } from '../../dockerfile/lower.ts'
import type { Output, Vertex } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import { formatPlatform } from '../../ground/platform.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import { redactUrls } from '../../ground/urlText.ts'
import type { LineRange, PlanMode, PlanPlace, PlanRun, PlanStage, PlanState, PlanStep } from './buildPlan.ts'
import type { PlanFacts } from './planFacts.ts'

/** The stages of the Dockerfile, with what becomes of each step for each platform. */
export function planStages(facts: PlanFacts): readonly PlanStage[] {
  const [first] = facts.targets
  if (first === undefined) return []
  const places = placesOf(facts)
  return first.lowered.subject.dockerfile.stages.map(({ index, from }) => {
    const own = stagesOf(facts, index)
    const runsOn = [...new Set(own.map(({ lowered }) => formatPlatform(lowered.platform)))]
    const steps = planSteps(own, facts, places)
    const end = Math.max(from.span.endLine, ...own.flatMap(({ lowered }) => lowered.stage.steps.map(({ instruction }) => instruction.span.endLine)))
    const isOnce = own.length === facts.targets.length && steps.every(({ runs }) => runs.length <= 1)
    return { index, name: from.stageName, base: from.base, lines: { startLine: from.span.startLine, endLine: end }, isNeeded: own.length > 0, runsOn, isOnce, steps }
  })
}

/** A stage as one of the platforms has it. */
interface TargetStage {
  readonly target: string
  readonly lowered: LoweredStage
}

function stagesOf({ targets }: PlanFacts, index: number): readonly TargetStage[] {
  return targets.flatMap(({ platform, lowered }) => lowered.stages.filter(({ stage }) => stage.index === index).map((stage) => ({ target: formatPlatform(platform), lowered: stage })))
}

/** A step of one platform, and the vertices that it is. */
interface TargetStep {
  readonly target: string
  readonly span: SourceSpan
  readonly text: string
  readonly vertices: readonly Digest[]
}

function planSteps(stages: readonly TargetStage[], facts: PlanFacts, places: ReadonlyMap<Digest, PlanPlace>): readonly PlanStep[] {
  const steps = stages.flatMap((stage) => stepsOf(stage, facts))
  return [...Map.groupBy(steps, ({ span, text }) => `${span.startLine} ${text}`).values()].flatMap((same) => {
    const [step] = same
    if (step === undefined) return []
    const runs = [...Map.groupBy(same, ({ vertices }) => vertices.join(' ')).values()].map((group) => planRun(group, facts, places))
    return [{ lines: linesOf(step.span), text: step.text, runs }]
  })
}

/** Its base image first, then all that makes files. */
function stepsOf({ target, lowered: { stage, base, steps } }: TargetStage, { graph }: PlanFacts): readonly TargetStep[] {
  const from = stage.base.kind === 'image' ? [{ target, span: stage.from.span, text: textOf(stage.from.text), vertices: base === undefined ? [] : [base.vertex] }] : []
  const made = steps.flatMap((step) => {
    const vertices = verticesOf(step, graph)
    return vertices.length === 0 ? [] : [{ target, span: step.instruction.span, text: `${step.isTrigger ? 'ONBUILD ' : ''}${textOf(step.instruction.text)}`, vertices }]
  })
  return [...from, ...made]
}

/** Empty where it changes the config alone. A linked COPY is two: one that copies, and one that puts the layer in its place. */
export function verticesOf({ before, after }: Pick<LoweredStep, 'before' | 'after'>, graph: PlanFacts['graph']): readonly Digest[] {
  if (after === undefined || isSame(before, after)) return []
  const vertex = graph.get(after.vertex)
  const linked = vertex?.op.kind === 'merge' ? vertex.inputs.filter((input) => !isSame(before, input)).map((input) => input.vertex) : []
  return [...linked, after.vertex]
}

function isSame(a: Output | undefined, b: Output): boolean {
  return a?.vertex === b.vertex && a.index === b.index
}

function planRun(group: readonly TargetStep[], facts: PlanFacts, places: ReadonlyMap<Digest, PlanPlace>): PlanRun {
  const vertices = (group[0]?.vertices ?? []).flatMap((digest) => facts.graph.get(digest) ?? [])
  const isBlocked = facts.targets.some(({ platform, isBlocked: blocks }) => blocks && formatPlatform(platform) === group[0]?.target)
  const states = vertices.length === 0 && isBlocked ? ['blocked'] : vertices.map(({ digest }) => stateOf(digest, facts))
  const state = (['blocked', 'runs', 'unknown'] as const).find((one) => states.includes(one)) ?? 'cached'
  const times = vertices.flatMap(({ digest }) => facts.expectedMs.get(digest) ?? [])
  const { mode, emulator } = modeOf(vertices, facts)
  const untils = vertices.flatMap(({ digest }) => untilOf(digest, facts)).flatMap((digest) => places.get(digest) ?? [])
  return {
    platforms: group.map(({ target }) => target),
    state,
    mode,
    emulator,
    hasTwins: vertices.some(({ op }) => op.kind === 'exec' && op.twins !== undefined),
    failure: vertices.map(({ digest }) => failureOf(digest, facts)).find((message) => message !== undefined),
    until: state === 'unknown' ? [...new Set(untils)] : [],
    expectedMs: times.length === 0 || state === 'cached' ? undefined : times.reduce((sum, ms) => sum + ms, 0),
    vertices: vertices.map(({ digest }) => digest),
  }
}

export function stateOf(vertex: Digest, { prospects }: Pick<PlanFacts, 'prospects'>): PlanState {
  return prospects.get(vertex)?.kind ?? 'blocked'
}

function untilOf(vertex: Digest, { prospects }: PlanFacts): readonly Digest[] {
  const prospect = prospects.get(vertex)
  return prospect?.kind === 'unknown' ? [...prospect.until] : []
}

function failureOf(vertex: Digest, { prospects }: PlanFacts): string | undefined {
  const prospect = prospects.get(vertex)
  return prospect?.kind === 'runs' ? prospect.failure?.message : undefined
}

function modeOf(vertices: readonly Vertex[], facts: PlanFacts): { readonly mode: PlanMode; readonly emulator?: string } {
  const platform = vertices.find(({ op }) => op.kind === 'exec')?.platform
  if (platform === undefined) return { mode: 'none' }
  const mode = facts.modeOf(platform)
  return mode === undefined ? { mode: 'impossible' } : { mode: mode.kind, ...(mode.kind === 'emulated' && { emulator: mode.emulator }) }
}

/** Where each vertex stands in the Dockerfile: the first place of those that have it in common. */
export function placesOf(facts: PlanFacts): ReadonlyMap<Digest, PlanPlace> {
  const places = new Map<Digest, PlanPlace>()
  const add = (digest: Digest, place: Omit<PlanPlace, 'isImage'>): void => {
    if (!places.has(digest)) places.set(digest, { ...place, isImage: isImage(facts.graph.get(digest)) })
  }
  for (const { stage, step } of facts.targets.flatMap(({ lowered }) => lowered.stages).flatMap((own) => stepsOf({ target: '', lowered: own }, facts).map((step) => ({ stage: own.stage.index, step })))) {
    for (const digest of step.vertices) add(digest, { stage, line: step.span.startLine, text: step.text })
  }
  for (const vertex of facts.graph.values()) {
    const { span, name } = vertex.note
    if (isImage(vertex) && span !== undefined) add(vertex.digest, { stage: stageAt(span, facts), line: span.startLine, text: name })
  }
  return places
}

function isImage(vertex: Vertex | undefined): boolean {
  return vertex?.op.kind === 'source' && vertex.op.source.kind === 'image'
}

function stageAt({ startLine }: SourceSpan, { targets }: PlanFacts): number {
  const stages = targets[0]?.lowered.subject.dockerfile.stages ?? []
  return stages.findLast(({ from }) => from.span.startLine <= startLine)?.index ?? 0
}

function textOf(text: string): string {
  return redactUrls(text.replace(/\s+/g, ' ').replace(/^\S+/, (keyword) => keyword.toUpperCase()))
}

export function linesOf({ startLine, endLine }: LineRange): LineRange {
  return { startLine, endLine }
}
