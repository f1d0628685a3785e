import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { warmJob, type Scenario } from '../scenario.ts'
import { writeDockerfile } from './content.ts'

/** In the order in which they are added. */
export const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x', 'linux/386'] as const

const STEPS = 10

export const cached: Scenario = {
  name: 'cached',
  title: 'Nothing changed',
  about: 'A build of ten steps over a base image, in which nothing changed since the last one, into the builder’s own store.',
  isEmulated: false,
  cases: () =>
    [1, 2, 5].map((count) => ({
      name: count === 1 ? '1 platform' : `${count} platforms`,
      async prepare({ folder, base }) {
        const copies = Array.from({ length: STEPS - 1 }, (_, step) => `COPY file${step} /${step}/`)
        writeDockerfile(folder, `FROM ${await base('busybox')}`, ...copies)
        for (let step = 0; step < STEPS - 1; step += 1) writeFileSync(join(folder, `file${step}`), `${step}`)
        return warmJob({ context: folder, platforms: PLATFORMS.slice(0, count), output: { kind: 'store' } })
      },
    })),
}
