import { auditPlatform, excuseBase, type PlatformAudit } from '../../audit/auditPlatform.ts'
import type { LayerFacts } from '../../audit/facts/layerFacts.ts'
import type { BuildResult, PlatformResult } from '../../exporter/exporter.ts'
import { formatCanonicalJson } from '../../ground/canonicalJson.ts'
import { digestOf } from '../../ground/digest.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { Snapshot, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { AuditOrder, LayerOrigins } from '../engine.ts'
import { runStep } from '../stepProgress.ts'
import type { AuditStore } from './auditStore.ts'
import { AuditFailedError, describeAudit, tellFindings, type LocatedAudit } from './auditReport.ts'
import type { LayerFactsSource } from './layerFactsSource.ts'

/** The audit of what one build came to. */
export interface BuildAudit {
  /** Judges once, however often it is asked, and tells what it finds. @throws AuditFailedError where errors are not to leave the engine */
  readonly approve: (result: BuildResult, signal: AbortSignal) => Promise<void>
  /** For the client, as JSON; undefined where nothing was judged. */
  response(): string | undefined
}

export interface BuildAuditDeps {
  readonly snapshots: SnapshotStore
  readonly store: AuditStore
  readonly facts: LayerFactsSource
  readonly progress: ProgressSink
}

export function createBuildAudit(deps: BuildAuditDeps, { mode, origins }: AuditOrder): BuildAudit {
  let judged: readonly LocatedAudit[] | undefined
  return {
    async approve({ platforms }, signal) {
      if (mode === 'off' || judged !== undefined) return
      const audits: LocatedAudit[] = []
      for (const [index, result] of platforms.entries()) {
        const audit = await judge({ result, origins: origins[index], mode }, deps, signal)
        if (audit !== undefined) audits.push(audit)
      }
      judged = audits
      tellFindings(audits, deps.progress)
      if (mode === 'error' && audits.some(({ audit }) => audit.findings.some(({ severity }) => severity === 'error'))) throw new AuditFailedError(audits)
    },
    response: () => (judged === undefined ? undefined : describeAudit(judged)),
  }
}

interface Judged {
  readonly result: PlatformResult
  readonly origins: LayerOrigins | undefined
  readonly mode: 'error' | 'warn'
}

/** Undefined where it could not be done, and need not be. */
async function judge(judged: Judged, deps: BuildAuditDeps, signal: AbortSignal): Promise<LocatedAudit | undefined> {
  const { result, origins, mode } = judged
  try {
    const chain = result.snapshot === undefined ? [] : deps.snapshots.chain(result.snapshot)
    const baseLayers = origins?.baseLayers ?? 0
    const spans = origins?.spans ?? []
    // where a step made no layer, which step a layer is of is not known
    const isMatched = spans.length === chain.length - baseLayers
    return { audit: await auditChain(chain, judged, deps, signal), spanOf: (layer) => (isMatched ? spans[layer - baseLayers] : undefined) }
  } catch (error) {
    signal.throwIfAborted()
    if (mode === 'error') throw error
    return undefined // a layer that cannot be read is for who uses it to report
  }
}

async function auditChain(chain: readonly Snapshot[], { result, origins, mode }: Judged, { store, facts, progress }: BuildAuditDeps, signal: AbortSignal): Promise<PlatformAudit> {
  const key = keyOf(chain.map(facts.nameOf), result, origins)
  const known = store.audit(key)
  if (known !== undefined) return known
  const readAll = async (): Promise<readonly (LayerFacts | undefined)[]> => {
    const read = []
    for (const snapshot of chain) read.push(await facts.read(snapshot, mode === 'error' ? 'fetch' : 'here', signal))
    return read
  }
  // base images are read when they are met for the first time, which may be seen
  const isQuick = chain.every((snapshot) => facts.isKnown(snapshot) || (mode === 'warn' && snapshot.state === 'lazy'))
  const layers = isQuick ? await readAll() : await runStep(progress, `audit ${result.id}`, readAll)
  const { platform, config } = result
  const image = { platform, config, layers, baseLayers: origins?.baseLayers }
  const audit = excuseBase(image, auditPlatform(image))
  if (audit.unreadLayers === 0) store.putAudit(key, audit) // with another layer it would be another
  return audit
}

/** All that an audit depends on. */
function keyOf(layers: readonly string[], { platform, config }: PlatformResult, origins: LayerOrigins | undefined): string {
  const { entrypoint, cmd, env, workingDir, volumes } = config.container
  const parts = { layers, platform: { ...platform }, configPlatform: { ...config.platform }, entrypoint: entrypoint ?? null, cmd: cmd ?? null, env, workingDir: workingDir ?? null, volumes, base: origins?.baseLayers ?? null }
  return digestOf(formatCanonicalJson(parts))
}
