import { excuseBase, isBaseSuspect, type PlatformAudit } from '../../audit/auditPlatform.ts'
import type { BuildResult, PlatformResult } from '../../exporter/exporter.ts'
import { formatCanonicalJson } from '../../ground/canonicalJson.ts'
import { digestOf } from '../../ground/digest.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { Snapshot, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { AuditOrder, LayerOrigins } from '../engine.ts'
import { runStep } from '../stepProgress.ts'
import type { AuditStore } from './auditStore.ts'
import type { BaselineStore } from './baselineStore.ts'
import { auditChain, countSettled, type AuditedChain, type ReadFacts } from './chainAudit.ts'
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
  readonly baselines: BaselineStore
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
    return { audit: await auditResult(chain, judged, deps, signal), spanOf: (layer) => (isMatched ? spans[layer - baseLayers] : undefined) }
  } catch (error) {
    signal.throwIfAborted()
    if (mode === 'error') throw error
    return undefined // a layer that cannot be read is for who uses it to report
  }
}

async function auditResult(chain: readonly Snapshot[], { result: { id, platform, config }, origins, mode }: Judged, deps: BuildAuditDeps, signal: AbortSignal): Promise<PlatformAudit> {
  const { facts, baselines, progress } = deps
  const image: AuditedChain = { platform, config, names: chain.map(facts.nameOf), baseLayers: origins?.baseLayers }
  const readFacts: ReadFacts = async (layer) => {
    const snapshot = chain[layer]
    return snapshot === undefined ? undefined : await facts.read(snapshot, mode === 'error' ? 'fetch' : 'here', signal)
  }
  const known = deps.store.audit(keyOf(image, 'excuse'))
  if (known !== undefined) return known
  const audit = (): Promise<PlatformAudit> => auditAnew(image, 'excuse', deps, readFacts)
  // base images are read when they are met for the first time, which may be seen
  const isQuick = chain.slice(countSettled(image.names, baselines)).every((snapshot) => facts.isKnown(snapshot) || (mode === 'warn' && snapshot.state === 'lazy'))
  return isQuick ? await audit() : await runStep(progress, `audit ${id}`, audit)
}

/** `excuse`: what the base image alone does wrong. */
async function auditAnew(chain: AuditedChain, base: 'excuse' | 'blame', deps: Pick<BuildAuditDeps, 'store' | 'baselines'>, readFacts: ReadFacts): Promise<PlatformAudit> {
  const found = await auditChain(chain, deps.baselines, readFacts)
  const audit = base === 'excuse' && isBaseSuspect(found) ? excuseBase(found, await auditBase(chain, deps, readFacts)) : found
  if (audit.unreadLayers === 0) deps.store.putAudit(keyOf(chain, base), audit) // with another layer it would be another
  return audit
}

async function auditBase(chain: AuditedChain, deps: Pick<BuildAuditDeps, 'store' | 'baselines'>, readFacts: ReadFacts): Promise<PlatformAudit> {
  const base = { ...chain, names: chain.names.slice(0, chain.baseLayers) }
  return deps.store.audit(keyOf(base, 'blame')) ?? (await auditAnew(base, 'blame', deps, readFacts))
}

/** All that an audit depends on. */
function keyOf({ names, platform, config, baseLayers }: AuditedChain, base: 'excuse' | 'blame'): string {
  const { entrypoint, cmd, env, workingDir, volumes } = config.container
  const parts = { layers: names, platform: { ...platform }, configPlatform: { ...config.platform }, entrypoint: entrypoint ?? null, cmd: cmd ?? null, env, workingDir: workingDir ?? null, volumes, base: base === 'excuse' ? (baseLayers ?? null) : 'blamed' }
  return digestOf(formatCanonicalJson(parts))
}
