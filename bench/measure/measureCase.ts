import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contestant } from '../contestants/contestant.ts'
import type { Outcome } from '../results/result.ts'
import type { Job } from '../scenario.ts'
import { runMeasured } from './runMeasured.ts'
import type { Sample } from './sample.ts'

export interface CaseOptions {
  /** Counted runs; one before them warms up, where the job is not cold. */
  readonly runs: number
  /** A registry that is empty at first, and takes what is pushed. */
  readonly registry: string
  /** For archives. */
  readonly folder: string
  /** For tags: lower-case letters, digits and dashes. */
  readonly name: string
  readonly signal: AbortSignal
}

/** One run of each in turn, so that all of them meet the machine in the same moods. Whoever fails drops out, with the reason. */
export async function measureCase(contestants: readonly Contestant[], job: Job, options: CaseOptions): Promise<readonly Outcome[]> {
  const entries = contestants.map((contestant) => createEntry(contestant, job))
  for (let run = job.isCold ? 0 : -1, count = 0; run < options.runs; run += 1) {
    for (const entry of entries) {
      options.signal.throwIfAborted()
      if (entry.absence === undefined) await takePart(entry, job, options, { count: (count += 1), isCounted: run >= 0 })
    }
  }
  return entries.map(({ contestant, samples, absence }) => ({ contestant: contestant.name, ...(absence ?? { kind: 'measured', samples }) }))
}

/** A builder in one case, and what it came to so far. */
interface Entry {
  readonly contestant: Contestant
  readonly samples: Sample[]
  absence: { readonly kind: 'refused' | 'failed'; readonly reason: string } | undefined
}

function createEntry(contestant: Contestant, job: Job): Entry {
  const reason = contestant.refusal(job.build)
  return { contestant, samples: [], absence: reason === undefined ? undefined : { kind: 'refused', reason } }
}

async function takePart(entry: Entry, job: Job, options: CaseOptions, { count, isCounted }: { readonly count: number; readonly isCounted: boolean }): Promise<void> {
  try {
    if (job.isCold) await entry.contestant.forget()
    await job.change(count, !isCounted)
    const sample = await runOnce(entry.contestant, job, options, count)
    if (isCounted) entry.samples.push(sample)
  } catch (error) {
    options.signal.throwIfAborted()
    entry.absence = { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

async function runOnce(contestant: Contestant, job: Job, { registry, folder, name }: CaseOptions, count: number): Promise<Sample> {
  const archive = join(folder, `archive-${count}.tar`)
  try {
    // a name of its own for each: an image that others have pushed there is no head start
    const target = { tag: `${registry}/${name}-${contestant.name}:run${count}`, archive }
    return await runMeasured(contestant.commands(job.build, target), contestant.env, contestant.group)
  } finally {
    await rm(archive, { force: true })
    if (job.isCold) await contestant.forget() // what is large for one may be too large for all of them at once
  }
}
