import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { warmJob, type Case, type Job, type Scenario } from '../scenario.ts'
import type { Workshop } from '../workshop.ts'
import { writeDockerfile, writeFiles } from './content.ts'
import { writeLarge } from './layerExport.ts'

/*
 * The same work in growing amounts, to see that time and memory grow as it does, and no faster.
 */

const GIB_IN_MIB = 1024
const SMALL_FILE_BYTES = 200
const EIGHT_PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x', 'linux/386', 'linux/ppc64le', 'linux/riscv64', 'linux/arm/v6']
/** Runs of the larger amounts take minutes. */
const MOST_RUNS = 3

export const growingFiles: Scenario = {
  name: 'files',
  title: 'More files',
  about: 'A COPY of small files, one of which changed since the last build; no output.',
  isEmulated: false,
  mostRuns: MOST_RUNS,
  growsBy: 'files',
  cases: (scale) =>
    casesOf('files', scale === 'full' ? [1_000, 10_000, 50_000, 200_000] : [500, 2_000], async (files, { folder }) => {
      writeDockerfile(folder, 'FROM scratch', 'COPY app /app')
      writeFiles(join(folder, 'app'), files, SMALL_FILE_BYTES)
      return {
        build: { context: folder, platforms: ['linux/amd64'], output: { kind: 'cache' } },
        isCold: false,
        change: async (count) => writeFileSync(join(folder, 'app/d0/f0'), `changed for the ${count}th time`),
      }
    }),
}

export const growingPlatforms: Scenario = {
  name: 'platforms',
  title: 'More platforms',
  about: 'A layer of 4 MB and one of four files for each platform, new in each run; into the builder’s own store. Nothing is emulated.',
  isEmulated: false,
  mostRuns: MOST_RUNS,
  growsBy: 'platforms',
  cases: () =>
    casesOf('platforms', [1, 2, 4, 8], async (count, { folder }) => {
      writeDockerfile(folder, 'FROM scratch', 'ARG TARGETPLATFORM', 'COPY data /data', 'COPY few /${TARGETPLATFORM}/')
      writeFiles(join(folder, 'few'), 4, SMALL_FILE_BYTES)
      return {
        build: { context: folder, platforms: EIGHT_PLATFORMS.slice(0, count), output: { kind: 'store' } },
        isCold: false,
        change: async (run) => {
          writeFileSync(join(folder, 'few/run'), `${run}`)
          writeLarge(join(folder, 'data'), 4)
        },
      }
    }),
}

export const growingSteps: Scenario = {
  name: 'steps',
  title: 'More steps',
  about: 'A Dockerfile of many COPY steps, in which nothing changed; no output.',
  isEmulated: false,
  mostRuns: MOST_RUNS,
  growsBy: 'steps',
  cases: (scale) =>
    casesOf('steps', scale === 'full' ? [10, 100, 500] : [10, 40], async (steps, { folder }) => {
      writeDockerfile(folder, 'FROM scratch', ...Array.from({ length: steps }, (_, step) => `COPY f${step % 10} /${step}`))
      for (let file = 0; file < 10; file += 1) writeFileSync(join(folder, `f${file}`), `${file}`)
      return warmJob({ context: folder, platforms: ['linux/amd64'], output: { kind: 'cache' } })
    }),
}

export const growingLayers: Scenario = {
  name: 'layers',
  title: 'Larger layers',
  about: 'One new file, half of it random, packed with zstd and pushed to a registry on loopback.',
  isEmulated: false,
  mostRuns: 1,
  growsBy: 'MiB',
  cases: (scale) =>
    casesOf('MiB', scale === 'full' ? [GIB_IN_MIB, 3 * GIB_IN_MIB, 10 * GIB_IN_MIB] : [16, 64], async (mib, { folder }) => {
      writeDockerfile(folder, 'FROM scratch', 'COPY data /data')
      return {
        build: { context: folder, platforms: ['linux/amd64'], output: { kind: 'registry', compression: 'zstd' } },
        isCold: true, // ten gigabytes a run would fill a disk
        change: async () => writeLarge(join(folder, 'data'), mib),
      }
    }),
}

function casesOf(unit: string, amounts: readonly number[], prepare: (amount: number, workshop: Workshop) => Promise<Job>): readonly Case[] {
  return amounts.map((amount) => ({ name: `${amount} ${amount === 1 ? unit.replace(/s$/, '') : unit}`, amount, prepare: (workshop) => prepare(amount, workshop) }))
}
