import type { Workshop } from './workshop.ts'

/** Something that users do with a builder, in sizes: data, which the same code measures for every builder. */
export interface Scenario {
  /** As the command line names it. */
  readonly name: string
  /** A heading. */
  readonly title: string
  /** A sentence or two for readers: what is done, and what is not counted. */
  readonly about: string
  /** Whether steps of foreign platforms run, so that builders need emulators. */
  readonly isEmulated: boolean
  /** Where a run takes long, and varies little. */
  readonly mostRuns?: number
  /** Whether it takes minutes at the small scale, too, and so is part of that only where it is named. */
  readonly isLong?: boolean
  /** What the cases count, where they are the same work in growing amounts: `files`. */
  readonly growsBy?: string
  cases(scale: Scale): readonly Case[]
}

/** `small` is to see that all works, in minutes; `full` is what is published. */
export type Scale = 'small' | 'full'

export interface Case {
  readonly name: string
  /** Of a scenario that grows: how much there is to do. */
  readonly amount?: number
  /** Makes what the builds take, in a folder that goes afterwards. */
  prepare(workshop: Workshop): Promise<Job>
}

export interface Job {
  readonly build: BuildJob
  /** Whether the builders forget all that they have before each run; not timed. */
  readonly isCold: boolean
  /** Changes what is built, before each run; not timed. The same `count` never comes twice. What is built to warm up is not counted. */
  readonly change: (count: number, isWarmUp: boolean) => Promise<void>
}

/** What every builder is told in its own words. */
export interface BuildJob {
  readonly context: string
  readonly platforms: readonly string[]
  readonly output: BuildOutput
  /** An image with cross compilers that can stand in for those of the steps; absent is none. */
  readonly toolchain?: string
}

/** `cache`: built, and packed nowhere. `store`: an image of the builder's own. */
export type BuildOutput = { readonly kind: 'cache' | 'store' } | { readonly kind: 'registry' | 'archive'; readonly compression: 'gzip' | 'zstd' }

/** A job whose sources never change, and whose caches stay. */
export function warmJob(build: BuildJob): Job {
  return { build, isCold: false, change: async () => undefined }
}
