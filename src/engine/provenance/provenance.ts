import type { Emulator, Executor } from '../../executor/executor.ts'
import type { Attestation } from '../../exporter/attestation/attestation.ts'
import { reachableVertices } from '../../graph/reachable.ts'
import type { Vertex } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import { formatPlatform } from '../../ground/platform.ts'
import type { GitSources } from '../../ops/remote/git/gitSource.ts'
import type { HttpFiles } from '../../ops/remote/httpFiles.ts'
import type { AttestedBuild, AttestedTarget } from '../attestation/attestedBuild.ts'
import { describeRequest } from './buildRequest.ts'
import { findBuildSources, type RemotePins } from './buildSources.ts'
import { describeExecution } from './execution.ts'
import { formatProvenance, PREDICATE_TYPES } from './predicate.ts'
import type { ProvenanceFacts } from './provenanceFacts.ts'
import type { ProvenanceOrder } from './provenanceOrder.ts'

export interface ProvenanceDeps {
  readonly executor: Pick<Executor, 'emulatorOf'>
  /** What the build's session has found remote sources to be. */
  readonly git: Pick<GitSources, 'foundCommit'>
  readonly http: Pick<HttpFiles, 'foundDigest'>
  readonly version: string
  readonly now: () => number
}

/** A build that is to have provenance. */
export interface ProvenBuild extends AttestedBuild {
  readonly order: ProvenanceOrder
}

/** How the target came to be. The time at which it is finished is that of the first who asks. */
export async function createProvenance({ image }: AttestedTarget, build: ProvenBuild, deps: ProvenanceDeps, signal: AbortSignal): Promise<Attestation> {
  const { order, source, watch } = build
  const vertices = image.root === undefined ? [] : reachableVertices(image.graph, [image.root])
  const sources = findBuildSources(vertices, await findPins(vertices, build, deps))
  const execution = describeExecution(vertices, watch, await findModes(vertices, deps, signal))
  let finishedAtMs: number | undefined
  return {
    predicateType: PREDICATE_TYPES[order.version],
    filename: order.filename,
    isInlineOnly: order.isInlineOnly,
    async predicate(layers) {
      finishedAtMs ??= deps.now()
      const facts: ProvenanceFacts = {
        order,
        builderPlatform: build.builderPlatform,
        builderVersion: deps.version,
        ...describeRequest(build.attributes, source, sources),
        sources,
        invocationId: build.ref,
        startedAtMs: build.startedAtMs,
        finishedAtMs,
        execution,
        definition: { source, vertices, baseLayerCount: image.config.diffIds.length, layers },
      }
      return formatProvenance(facts)
    },
  }
}

async function findPins(vertices: readonly Vertex[], { sessionId }: ProvenBuild, { git, http }: ProvenanceDeps): Promise<RemotePins> {
  const pins = new Map<Digest, Digest | string>()
  for (const { digest, op } of vertices) {
    if (op.kind !== 'source') continue
    const pin = op.source.kind === 'git' ? await git.foundCommit(op.source, sessionId) : op.source.kind === 'http' ? await http.foundDigest(op.source, sessionId) : undefined
    if (pin !== undefined) pins.set(digest, pin)
  }
  return pins
}

async function findModes(vertices: readonly Vertex[], { executor }: ProvenanceDeps, signal: AbortSignal): Promise<(platform: string) => string> {
  const modes = new Map<string, string>()
  for (const { op, platform } of vertices) {
    if (op.kind === 'exec' && platform !== undefined) modes.set(formatPlatform(platform), formatMode(await executor.emulatorOf(platform, signal)))
  }
  return (platform) => modes.get(platform) ?? 'native'
}

function formatMode(emulator: Emulator | undefined): string {
  if (emulator === undefined) return 'native'
  return emulator.version === '' ? emulator.name : `${emulator.name} ${emulator.version}`
}
