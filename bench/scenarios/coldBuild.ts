import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scenario } from '../scenario.ts'
import { writeDockerfile, writeFiles } from './content.ts'

export const coldBuild: Scenario = {
  name: 'cold',
  title: 'The first build',
  about: 'Ten steps, five of which run a command, over a base image from a registry on loopback, by a builder that runs but knows nothing yet; into its own store.',
  isEmulated: false,
  cases: () => [
    {
      name: 'ten steps',
      async prepare({ folder, base }) {
        const pairs = Array.from({ length: 5 }, (_, step) => [`COPY d${step} /${step}/`, `RUN cat /${step}/* > /all${step}`]).flat()
        writeDockerfile(folder, `FROM ${await base('busybox')}`, ...pairs)
        writeFiles(folder, 500, 10_000)
        return { build: { context: folder, platforms: ['linux/amd64'], output: { kind: 'store' } }, isCold: true, change: async (count) => writeFileSync(join(folder, 'd0/count'), `${count}`) }
      },
    },
  ],
}
