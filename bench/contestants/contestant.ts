import type { BuildJob } from '../scenario.ts'
import type { ControlGroup } from '../measure/controlGroup.ts'
import type { Argv } from '../measure/runMeasured.ts'

/** A builder that is measured, with a store of its own. Its daemon, where it has one, runs and is warm. */
export interface Contestant extends AsyncDisposable {
  readonly name: ContestantName
  /** For people, with what it is made of: `BuildKit 0.25 (dockerd 28.5.2, buildx 0.29)`. */
  readonly version: string
  readonly env: Readonly<Record<string, string>>
  /** Counts its processes; undefined where the machine lets nobody count. */
  readonly group: ControlGroup | undefined
  /** Why it cannot do `job`; undefined where it can. */
  refusal(job: BuildJob): string | undefined
  /** What a user types for `job`, one after the other. */
  commands(job: BuildJob, target: Target): readonly Argv[]
  /** Has it remove its caches and images. */
  forget(): Promise<void>
}

/** Where the result goes, as far as the job's output needs it. */
export interface Target {
  /** With a registry's name in front where the job pushes. */
  readonly tag: string
  /** A path that does not exist yet, for archives. */
  readonly archive: string
}

export const CONTESTANTS = ['pelago', 'pelago-twins', 'pelago-toolchain', 'buildkit', 'docker', 'buildah'] as const
export type ContestantName = (typeof CONTESTANTS)[number]

export const TITLES: Readonly<Record<ContestantName, string>> = {
  pelago: 'Pelago',
  'pelago-twins': 'Pelago, twins',
  'pelago-toolchain': 'Pelago, toolchain',
  buildkit: 'BuildKit',
  docker: 'Docker’s own',
  buildah: 'Buildah',
}

/** What a contestant gets to start with. */
export interface Stage {
  /** Its own, empty. */
  readonly folder: string
  /** Whether it has to run steps of foreign platforms. */
  readonly isEmulated: boolean
  readonly group: ControlGroup | undefined
}
