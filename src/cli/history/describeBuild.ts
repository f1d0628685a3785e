import { elapsedMs, parseVertexName, type Trace, type VertexTrace } from '../render/trace.ts'
import { ACCELERATE } from '../../graph/accelerate.ts'
import { CONTEXT_ATTRIBUTE } from '../../driver/clientPaths.ts'
import type { BuildAttachment } from './attachments.ts'
import { dockerfileOf, type PastBuild } from './pastBuild.ts'

/** What `history inspect` tells, with buildx's names where it has them. */
export interface BuildDescription {
  readonly Name: string
  readonly Ref: string
  readonly Context: string
  readonly Dockerfile: string
  readonly Target: string
  readonly Platform: readonly string[]
  readonly NamedContexts: readonly NameValue[]
  /** As `--accelerate` says it; '' where it was off. */
  readonly Accelerate: string
  /** RFC 3339; '' while it runs. */
  readonly StartedAt: string
  readonly CompletedAt: string
  /** Nanoseconds, as Go's. */
  readonly Duration: number
  readonly Status: string
  readonly Error: string
  readonly NumCompletedSteps: number
  readonly NumTotalSteps: number
  readonly NumCachedSteps: number
  readonly NumWarnings: number
  readonly BuildArgs: readonly NameValue[]
  readonly Labels: readonly NameValue[]
  readonly Outputs: readonly OutputDescription[]
  /** Of the image; '' where there is none. */
  readonly Digest: string
  readonly PlatformTimes: readonly PlatformDescription[]
  readonly Steps: readonly StepDescription[]
  readonly Attachments: readonly AttachmentDescription[]
}

export interface AttachmentDescription {
  readonly Digest: string
  readonly Platform: string
  readonly Type: string
}

/** What is kept of a build beside its record. */
export interface BuildRemains {
  readonly trace: Trace
  readonly attachments: readonly BuildAttachment[]
}

export interface NameValue {
  readonly Name: string
  readonly Value: string
}

export interface OutputDescription {
  readonly Type: string
  readonly Names: readonly string[]
  readonly Push: boolean
}

export interface PlatformDescription {
  readonly Platform: string
  readonly Steps: number
  readonly Cached: number
  readonly NativeMs: number
  readonly EmulatedMs: number
}

export interface StepDescription {
  readonly Name: string
  /** '' of what is for all platforms, or of a build for one. */
  readonly Platform: string
  readonly Status: 'cached' | 'done' | 'failed' | 'canceled' | 'running' | 'waiting'
  /** '' where it ran natively. */
  readonly Emulator: string
  /** Of its processes, those that ran as native twins, and all; absent where it was given none. */
  readonly Twins?: { readonly Native: number; readonly Processes: number }
  readonly DurationMs: number
}

/** `nowMs` is the end of what runs. */
export function describeBuild(build: PastBuild, { trace, attachments }: BuildRemains, nowMs: number): BuildDescription {
  const { attributes, message, startedAtMs, completedAtMs } = build
  const steps = trace.vertices.map((vertex) => describeStep(vertex, nowMs))
  return {
    Name: build.name,
    Ref: build.ref,
    Context: attributes.get('context') ?? attributes.get(CONTEXT_ATTRIBUTE) ?? '',
    Dockerfile: dockerfileOf(attributes),
    Target: attributes.get('target') ?? '',
    Platform: (attributes.get('platform') ?? '').split(',').filter((platform) => platform !== ''),
    NamedContexts: valuesUnder(attributes, 'context:'),
    Accelerate: accelerateOf(attributes),
    StartedAt: new Date(startedAtMs).toISOString(),
    CompletedAt: completedAtMs === undefined ? '' : new Date(completedAtMs).toISOString(),
    Duration: ((completedAtMs ?? nowMs) - startedAtMs) * 1e6,
    Status: build.status,
    Error: build.error,
    NumCompletedSteps: message.numCompletedSteps,
    NumTotalSteps: message.numTotalSteps,
    NumCachedSteps: message.numCachedSteps,
    NumWarnings: message.numWarnings,
    BuildArgs: valuesUnder(attributes, 'build-arg:'),
    Labels: valuesUnder(attributes, 'label:'),
    Outputs: message.Exporters.map(({ Type, Attrs }) => ({ Type, Names: (Attrs['name'] ?? '').split(',').filter((name) => name !== ''), Push: Attrs['push'] === 'true' })),
    Digest: message.ExporterResponse['containerimage.digest'] ?? '',
    PlatformTimes: describePlatforms(steps),
    Steps: steps,
    Attachments: attachments.map(({ descriptor, platform, type }) => ({ Digest: descriptor.digest, Platform: platform, Type: type })),
  }
}

function accelerateOf(attributes: ReadonlyMap<string, string>): string {
  const mode = attributes.get(ACCELERATE) ?? 'off'
  return mode === 'off' ? '' : mode
}

function valuesUnder(attributes: ReadonlyMap<string, string>, prefix: string): readonly NameValue[] {
  const found = [...attributes].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ Name: key.slice(prefix.length), Value: value }))
  return found.toSorted((a, b) => (a.Name < b.Name ? -1 : 1))
}

function describeStep(vertex: VertexTrace, nowMs: number): StepDescription {
  const { platform, text } = parseVertexName(vertex.name)
  return { Name: text, Platform: platform ?? '', Status: stepStatus(vertex), Emulator: vertex.emulator ?? '', ...twinsOf(vertex), DurationMs: elapsedMs(vertex.state, nowMs) }
}

function twinsOf({ twins }: VertexTrace): Pick<StepDescription, 'Twins'> {
  return twins?.why !== '' ? {} : { Twins: { Native: twins.native, Processes: twins.native + twins.emulated } }
}

function stepStatus({ state }: VertexTrace): StepDescription['Status'] {
  if (state.kind !== 'done') return state.kind
  switch (state.outcome.kind) {
    case 'executed':
      return 'done'
    case 'cached':
      return 'cached'
    case 'cancelled':
      return 'canceled'
    case 'failed':
      return 'failed'
  }
}

function describePlatforms(steps: readonly StepDescription[]): readonly PlatformDescription[] {
  const byPlatform = Map.groupBy(steps.filter(({ Platform }) => Platform !== ''), ({ Platform }) => Platform)
  const spent = (own: readonly StepDescription[], isCounted: (step: StepDescription) => boolean): number => own.filter((step) => step.Status !== 'cached' && isCounted(step)).reduce((sum, { DurationMs }) => sum + DurationMs, 0)
  return [...byPlatform].map(([platform, own]) => ({
    Platform: platform,
    Steps: own.length,
    Cached: own.filter(({ Status }) => Status === 'cached').length,
    NativeMs: spent(own, ({ Emulator }) => Emulator === ''),
    EmulatedMs: spent(own, ({ Emulator }) => Emulator !== ''),
  }))
}
