import type { BuildResult, PlatformResult } from '../../exporter/exporter.ts'
import { mergeGraphs } from '../../graph/graphBuilder.ts'
import type { Graph, Output } from '../../graph/vertex.ts'
import { once } from '../../kit/once.ts'
import { createSingleFlight } from '../../kit/singleFlight.ts'
import { toSnapshot } from '../../ops/snapshotResult.ts'
import type { SnapshotId } from '../../snapshot/snapshotStore.ts'
import type { SolvedRecord } from '../../solver/solvedRecords.ts'
import type { Waiter } from '../../solver/vertexStory.ts'
import type { AttestedBuild } from '../attestation/attestedBuild.ts'
import { readClientAttestations } from '../attestation/clientAttestations.ts'
import { attestResult } from '../attestation/attestResult.ts'
import { recordProvenance, type RecordedProvenance } from '../attestation/recordedProvenance.ts'
import type { ImportedCaches } from '../cache/importCaches.ts'
import type { AuditMode, Built, BuiltPlatform } from '../engine.ts'
import type { BuildDeps } from './buildDeps.ts'
import { explainMissing } from './missingSource.ts'
import { openResultFiles } from './resultFiles.ts'
import { checkSteps } from './stepChecks.ts'

/** What is built, as a graph for each platform, and for whom. */
export interface BuiltParts extends Pick<Built, 'isMultiPlatform' | 'epochSeconds'> {
  readonly platforms: readonly BuiltPlatform[]
  readonly waiter: Waiter
  readonly imported: ImportedCaches | undefined
  readonly attested: AttestedBuild
  readonly entitlements: readonly string[]
  readonly auditMode: AuditMode
}

/**
 * Checks that every step can and may run here; once somebody asks for the result, all platforms are solved as one graph.
 * @throws VertexFailedError
 */
export function createBuilt(deps: BuildDeps, parts: BuiltParts): Built {
  const { platforms, isMultiPlatform, epochSeconds, waiter } = parts
  const graph = mergeGraphs(platforms.map(({ image }) => image.graph))
  checkSteps(graph, { executor: deps.executor, devices: deps.devices, entitlements: parts.entitlements })
  let solved: Promise<Evaluated> | undefined
  const forgetCaches = once(() => deps.caches.forget(freshCaches(graph)))
  const explained = async <T>(work: Promise<T>): Promise<T> => work.catch((error: unknown) => Promise.reject(explainMissing(error, graph, deps.files) as Error))
  const evaluateOnce = (inner: AbortSignal): Promise<Evaluated> => (solved ??= forgetCaches().then(() => explained(evaluate(deps, { graph, parts }, inner))))
  const solveRoot = async (index: number, inner: AbortSignal): Promise<SnapshotId | undefined> => {
    const root = platforms[index]?.image.root
    if (root === undefined) return undefined
    await forgetCaches()
    const [result] = await explained(deps.solver.solve(graph, [root], waiter, inner))
    return toSnapshot(result)
  }
  const solving = createSingleFlight<number, SnapshotId | undefined>()
  const roots = new Map<number, SnapshotId | undefined>()
  const solveOne = async (index: number, inner: AbortSignal): Promise<SnapshotId | undefined> => {
    if (!roots.has(index)) roots.set(index, await solving.run(index, (shared) => solveRoot(index, shared), inner))
    return roots.get(index)
  }
  return {
    kind: 'built',
    platforms,
    isMultiPlatform,
    evaluate: async (inner) => (await evaluateOnce(inner)).result,
    provenance: async (inner) => (await evaluateOnce(inner)).provenance,
    solve: solveOne,
    openFiles: async (index, inner) => openResultFiles(deps, { snapshot: await solveOne(index, inner), waiter }, inner),
    evaluateCache: async (inner) => {
      const { result, records } = await evaluateOnce(inner)
      return { records, roots: result.platforms.flatMap(({ snapshot }) => snapshot ?? []), foreignLayers: parts.imported?.foreignLayers ?? (() => undefined) }
    },
    foreignBlobs: parts.imported?.foreignBlobs,
    audit: { mode: parts.auditMode, origins: platforms.map(({ image: { config, layerSpans } }) => ({ baseLayers: config.diffIds.length, spans: layerSpans })) },
    epochSeconds,
  }
}

interface Evaluation {
  readonly graph: Graph
  readonly parts: BuiltParts
}

interface Evaluated {
  readonly result: BuildResult
  readonly records: readonly SolvedRecord[]
  readonly provenance: readonly RecordedProvenance[]
}

async function evaluate(deps: BuildDeps, { graph, parts: { platforms, isMultiPlatform, waiter, attested } }: Evaluation, signal: AbortSignal): Promise<Evaluated> {
  const roots = platforms.flatMap(({ image: { root } }) => root ?? [])
  const { results: solved, records } = await deps.solver.solveRecorded(graph, roots, waiter, signal)
  const resultOf = new Map(roots.map((root, index) => [outputKey(root), solved[index]]))
  const results: PlatformResult[] = []
  const provenance: RecordedProvenance[] = []
  for (const { image, attestations: claims = [], ...platform } of platforms) {
    const result = { ...platform, snapshot: image.root === undefined ? undefined : toSnapshot(resultOf.get(outputKey(image.root))), config: image.config }
    const own = await readClientAttestations(claims, signal)
    const attestations = [...own, ...(await attestResult({ image, result }, attested, { ...deps, ...deps.attest }, signal))]
    results.push({ ...result, attestations })
    provenance.push(...(await recordProvenance({ image, result }, attestations, { build: attested, deps: deps.attest.provenance }, signal)))
  }
  return { result: { platforms: results, isMultiPlatform }, records, provenance }
}

/** Of steps that are to run anew: their caches begin anew, too. */
function freshCaches(graph: Graph): ReadonlySet<string> {
  const fresh = [...graph.values()].filter(({ note }) => note.ignoreCache)
  return new Set(fresh.flatMap(({ op }) => (op.kind === 'exec' ? op.mounts.flatMap((mount) => (mount.kind === 'cache' ? [mount.cacheId] : [])) : [])))
}

function outputKey({ vertex, index }: Output): string {
  return `${vertex}:${index}`
}
