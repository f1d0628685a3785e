import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Case, Scale, Scenario } from '../scenario.ts'
import type { BaseName } from '../workshop.ts'
import { writeDockerfile } from './content.ts'
import { LARGE_WORKLOADS } from './workloads/largeWorkloads.ts'
import { SMALL_WORKLOADS } from './workloads/smallWorkloads.ts'

/** A step that costs much under emulation, with the files that it reads. */
export interface Workload {
  readonly name: string
  readonly image: BaseName
  /** Has the compilers of `image` for other platforms; absent: it does not compile. */
  readonly toolchain?: BaseName
  /** A line of shell; its folder has the files. */
  readonly command: (scale: Scale) => string
  /** Writes what the step reads. */
  readonly write?: (folder: string, scale: Scale) => Promise<void> | void
}

const ARCHITECTURES = [['native', 'linux/amd64'], ['emulated', 'linux/arm64']] as const
/** A step may take minutes. */
const MOST_RUNS = 3

export const emulated: Scenario = {
  name: 'emulated',
  title: 'Emulated steps',
  about: 'One step over a Debian base image that is there already, run natively (linux/amd64) and emulated (linux/arm64); no output. With twins, programs whose output does not depend on the machine run natively in the emulated step.',
  isEmulated: true,
  mostRuns: MOST_RUNS,
  cases: casesOf(SMALL_WORKLOADS),
}

export const emulatedInstalls: Scenario = {
  name: 'emulated-installs',
  title: 'Emulated package managers and compilers',
  about: 'The same, with what images are made of: what is installed or compiled is in the base image or in the context, and nothing is fetched. The compilers of C and Rust are those of Debian 13, all else is of Debian 12; with a toolchain, these run natively, too.',
  isEmulated: true,
  mostRuns: MOST_RUNS,
  isLong: true,
  cases: casesOf(LARGE_WORKLOADS),
}

function casesOf(workloads: readonly Workload[]): Scenario['cases'] {
  return (scale) => workloads.flatMap((workload) => ARCHITECTURES.map(([name, platform]) => workloadCase(workload, `${workload.name}, ${name}`, platform, scale)))
}

function workloadCase({ image, toolchain, command, write }: Workload, name: string, platform: string, scale: Scale): Case {
  return {
    name,
    async prepare({ folder, base }) {
      const files = join(folder, 'files')
      mkdirSync(files)
      writeFileSync(join(files, 'empty'), '')
      await write?.(files, scale)
      const reference = await base(image)
      return {
        build: { context: folder, platforms: [platform], output: { kind: 'cache' }, ...(toolchain !== undefined && { toolchain: await base(toolchain) }) },
        isCold: false,
        // to warm up, what the step stands on is enough
        change: async (count, isWarmUp) => writeDockerfile(folder, `FROM ${reference}`, 'COPY files /files', 'WORKDIR /files', `RUN : ${count} && ${isWarmUp ? 'true' : command(scale)}`),
      }
    },
  }
}
