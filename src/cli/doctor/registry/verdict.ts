import type { LeftBehind, Observation } from '../../../registry/probe/observation.ts'
import { isFine } from '../finding.ts'
import { holdsSeveralPlatforms, judgeRegistry } from './judgeRegistry.ts'

export interface RegistryCheck {
  /** Host, with repository where there is one. */
  readonly name: string
  readonly host: string
  readonly isWritten: boolean
  readonly observations: readonly Observation[]
  readonly left: readonly LeftBehind[]
}

/** What it all comes to, in a line. */
export function formatRegistryVerdict({ name, host, observations }: RegistryCheck): string {
  const failed = judgeRegistry(observations, host).filter(({ state }) => state === 'fail').map(({ check }) => check)
  return verdict(name, failed, holdsSeveralPlatforms(observations))
}

/** What was done to find it out, and what is left of that: lines for people. */
export function formatTraces({ name, host, isWritten, observations, left }: RegistryCheck): readonly string[] {
  if (!isWritten) return name === host ? [] : ['nothing was written: --write tries what it takes, with blobs and manifests of a few hundred bytes that have no tag']
  if (left.length > 0) return ['left there, without a tag:', ...left.map(({ kind, digest, sizeBytes }) => `  ${kind} ${digest}, ${sizeBytes} B`)]
  return observations.some(({ ability, outcome }) => ability === 'push' && outcome === 'yes') ? ['all that was pushed to try it was removed again'] : []
}

function verdict(name: string, failed: readonly string[], holds: boolean | undefined): string {
  if (holds === false) return `${name} cannot hold an image of several platforms`
  if (failed.length > 0) return `${name} cannot be used as it is: see ${failed.join(', ')}`
  return holds === true ? `${name} holds images of several platforms` : `${name} can be reached`
}

const ANSWERS: ReadonlyMap<boolean | undefined, string> = new Map([[true, 'yes'], [false, 'no']])

/** One document for machines. */
export function describeRegistry(check: RegistryCheck): object {
  const findings = judgeRegistry(check.observations, check.host)
  return {
    registry: check.host,
    repository: check.name === check.host ? '' : check.name.slice(check.host.length + 1),
    isFine: isFine(findings),
    severalPlatforms: ANSWERS.get(holdsSeveralPlatforms(check.observations)) ?? 'not tried',
    findings: findings.map(({ check: name, state, detail, remedy = '' }) => ({ check: name, state, detail, remedy })),
    left: check.left,
  }
}
