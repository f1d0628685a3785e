import type { ContestantName } from '../contestants/contestant.ts'
import type { Sample } from '../measure/sample.ts'
import type { Scale } from '../scenario.ts'

/** All that one call of the benchmarks came to: what its JSON has. */
export interface BenchReport {
  readonly machine: Machine
  /** Of the builders that took part. */
  readonly versions: Readonly<Partial<Record<ContestantName, string>>>
  /** ISO 8601. */
  readonly startedAt: string
  readonly tookMs: number
  readonly cases: readonly CaseResult[]
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernel: string
  readonly node: string
  /** Of the minute before the start: what else the machine did. */
  readonly load: number
}

export interface CaseResult {
  readonly scenario: string
  readonly case: string
  readonly scale: Scale
  /** Of a scenario that grows. */
  readonly amount?: number
  readonly outcomes: readonly Outcome[]
}

/** What became of one builder in one case. */
export type Outcome = { readonly contestant: ContestantName } & ({ readonly kind: 'measured'; readonly samples: readonly Sample[] } | { readonly kind: 'refused' | 'failed'; readonly reason: string })
