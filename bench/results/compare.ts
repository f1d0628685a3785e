import type { ContestantName } from '../contestants/contestant.ts'
import { MEASURES, type Measure } from '../measure/sample.ts'
import type { CaseResult, Outcome } from './result.ts'
import { summarize, type Summary } from './statistics.ts'

/** One builder in one case, in figures to show. */
export interface Standing {
  readonly contestant: ContestantName
  readonly figures: Readonly<Partial<Record<Measure, Summary>>>
  /** Its median over BuildKit's: below 1 it is faster, or takes less. Empty where BuildKit was not measured. */
  readonly ratios: Readonly<Partial<Record<Measure, number>>>
}

export const YARDSTICK: ContestantName = 'buildkit'

/** Of those that were measured, in the order of `outcomes`. */
export function compareOutcomes(outcomes: readonly Outcome[]): readonly Standing[] {
  const measured = outcomes.flatMap((outcome) => (outcome.kind === 'measured' ? [{ contestant: outcome.contestant, figures: figuresOf(outcome.samples) }] : []))
  const yardstick = measured.find(({ contestant }) => contestant === YARDSTICK)?.figures
  return measured.map(({ contestant, figures }) => ({ contestant, figures, ratios: yardstick === undefined ? {} : ratiosOf(figures, yardstick) }))
}

/** Where Pelago, as it is without a word more, takes longer than the fastest of the others, and how many times as long: worst first. */
export function findBehind(cases: readonly CaseResult[]): readonly Behind[] {
  return cases.flatMap((result) => behindOf(result)).toSorted((a, b) => b.times - a.times)
}

export interface Behind {
  readonly scenario: string
  readonly case: string
  readonly peer: ContestantName
  /** Above 1. */
  readonly times: number
}

function behindOf({ scenario, case: name, outcomes }: CaseResult): readonly Behind[] {
  const standings = compareOutcomes(outcomes).map(({ contestant, figures }) => ({ contestant, wallMs: figures.wallMs?.median ?? Infinity }))
  const ours = standings.find(({ contestant }) => contestant === 'pelago')?.wallMs ?? Infinity
  const [best] = standings.filter(({ contestant }) => !isPelago(contestant)).toSorted((a, b) => a.wallMs - b.wallMs)
  if (best === undefined || ours === Infinity || ours <= best.wallMs) return []
  return [{ scenario, case: name, peer: best.contestant, times: ours / best.wallMs }]
}

export function isPelago(contestant: ContestantName): boolean {
  return contestant === 'pelago' || contestant === 'pelago-twins' || contestant === 'pelago-toolchain'
}

function figuresOf(samples: readonly Partial<Record<Measure, number | undefined>>[]): Standing['figures'] {
  const entries = MEASURES.flatMap((measure) => {
    const summary = summarize(samples.flatMap((sample) => sample[measure] ?? []))
    return summary === undefined ? [] : [[measure, summary] as const]
  })
  return Object.fromEntries(entries)
}

function ratiosOf(figures: Standing['figures'], yardstick: Standing['figures']): Standing['ratios'] {
  const entries = MEASURES.flatMap((measure) => {
    const [own, other] = [figures[measure]?.median, yardstick[measure]?.median]
    return own === undefined || other === undefined || other === 0 ? [] : [[measure, own / other] as const]
  })
  return Object.fromEntries(entries)
}
