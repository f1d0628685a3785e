import { mergeGraphs } from '../../graph/graphBuilder.ts'
import type { Vertex } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import { formatPlatform, isSamePlatform, parsePlatform, type Platform } from '../../ground/platform.ts'
import { TEST_IMAGES } from '../../dockerfile/lint/lintText.suite.ts'
import { lowerDockerfile, type TwinKind, type TwinRequest } from '../../dockerfile/lower.ts'
import { lowerRequest } from '../../dockerfile/lowerRequest.suite.ts'
import type { Prospect } from '../../solver/probe/probe.ts'
import { tellableGraph } from './blockedVertices.ts'
import type { BuildPlan } from './buildPlan.ts'
import type { ContextView } from './edits/editSubject.ts'
import { forgive } from './forgivingResolver.ts'
import type { PlanFacts } from './planFacts.ts'
import { planAccelerate } from './planAccelerate.ts'
import { planEdits } from './planEdits.ts'
import { planImages } from './planImages.ts'
import { imageProblems } from './planProblems.ts'
import { planStages, stateOf } from './planStages.ts'
import { planTime } from './planTime.ts'

export interface PlannedText {
  readonly text: string
  /** What is built for; amd64 is what runs natively, and no emulator runs riscv64. */
  readonly platforms: readonly string[]
  /** Lines whose steps are cached; all others run. */
  readonly cached?: readonly number[]
  /** How long the RUN at a line took the last time, natively and emulated. */
  readonly times?: ReadonlyMap<number, readonly [nativeMs: number, emulatedMs: number]>
  /** By how much the RUN at a line is faster with twins. */
  readonly saves?: ReadonlyMap<number, number>
  readonly accelerate?: TwinKind
  readonly context?: ContextView | undefined
}

const HOST = parsePlatform('linux/amd64')

/** The plan of a Dockerfile of which as much is known as is said. */
export async function planText({ text, platforms, cached = [], times = new Map(), saves, accelerate, context }: PlannedText): Promise<BuildPlan> {
  const resolver = forgive(TEST_IMAGES)
  const lowered = await Promise.all(
    platforms.map((name) => parsePlatform(name)).map(async (platform) => ({ platform, lowered: await lowerDockerfile(lowerRequest(text, { targetPlatform: platform, isMultiPlatform: platforms.length > 1, twins: twinsFor(platform, accelerate) }), resolver, new AbortController().signal) })),
  )
  const targets = lowered.map((target) => ({ ...target, isBlocked: imageProblems([target], resolver).length > 0 }))
  const graph = mergeGraphs(targets.map((target) => target.lowered.graph))
  const tellable = tellableGraph(targets, resolver).graph
  const modeOf: PlanFacts['modeOf'] = ({ architecture }) => (architecture === 'riscv64' ? undefined : architecture === 'amd64' ? { kind: 'native' } : { kind: 'emulated', emulator: `qemu-${architecture}` })
  const prospectOf = ({ note: { span } }: Vertex): Prospect => (cached.includes(span?.startLine ?? 0) ? { kind: 'cached', result: 'kept' } : { kind: 'runs', failure: undefined })
  const expectedMs = new Map<Digest, number>()
  for (const { digest, op, platform, note } of graph.values()) {
    const [nativeMs, emulatedMs] = times.get(note.span?.startLine ?? 0) ?? []
    const ms = platform === undefined || modeOf(platform)?.kind === 'emulated' ? emulatedMs : nativeMs
    if (op.kind === 'exec' && ms !== undefined) expectedMs.set(digest, ms)
  }
  const savesMs = savingsAt(saves, [...graph.values()].filter(({ op, platform }) => op.kind === 'exec' && platform !== undefined && modeOf(platform)?.kind === 'emulated'))
  const facts: PlanFacts = { host: HOST, targets, graph, prospects: new Map([...tellable.values()].map((vertex) => [vertex.digest, prospectOf(vertex)])), modeOf, expectedMs, savesMs, accelerate, output: 'none' }
  return {
    version: 1,
    buildPlatform: formatPlatform(HOST),
    platforms,
    problems: imageProblems(targets, resolver),
    stages: planStages(facts),
    images: planImages(facts, (image) => resolver.faultOf(image) === undefined, new Map([...graph.values()].flatMap(({ op }) => (op.kind === 'source' && op.source.kind === 'image' ? [[op.source.manifest, [{ descriptor: { digest: op.source.manifest, sizeBytes: 1_500_000 }, isHere: false }]] as const] : [])))),
    time: planTime(facts),
    accelerate: planAccelerate(facts),
    edits: planEdits(facts, context),
    vertices: [...graph.values()].map(({ digest, note }) => ({ digest, name: note.name, state: stateOf(digest, facts) })),
  }
}

function savingsAt(saves: PlannedText['saves'], emulated: readonly Vertex[]): ReadonlyMap<Digest, number> {
  return new Map(emulated.flatMap(({ digest, note }) => {
    const ms = saves?.get(note.span?.startLine ?? 0)
    return ms === undefined ? [] : [[digest, ms] as const]
  }))
}

/** From the images alone. */
function twinsFor(platform: Platform, kind: TwinKind | undefined): TwinRequest | undefined {
  return kind === undefined || isSamePlatform(platform, HOST) ? undefined : { ...kind, sibling: undefined }
}
