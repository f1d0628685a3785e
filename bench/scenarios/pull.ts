import { join } from 'node:path'
import type { Scale, Scenario } from '../scenario.ts'
import { writeDockerfile, writeFiles } from './content.ts'
import { writeLarge } from './layerExport.ts'

/** Of each of four layers: half of it in one file, half in files of 25 kB. */
const LAYER_MIB: Readonly<Record<Scale, number>> = { small: 16, full: 256 }
const LAYERS = 4
const FILE_BYTES = 25_000
const MIB = 1024 * 1024

export const pull: Scenario = {
  name: 'pull',
  title: 'A large base image',
  about: 'A build whose base image of 64 MB (1 GB at the full scale) in four layers is only in a registry on loopback: pulled, unpacked, and one command run in it; no output.',
  isEmulated: false,
  cases: (scale) => [
    {
      name: 'pulled and unpacked',
      async prepare({ folder, base, publish }) {
        const image = join(folder, 'image')
        const names = Array.from({ length: LAYERS }, (_, layer) => `layer${layer}`)
        writeDockerfile(image, `FROM ${await base('busybox')}`, ...names.map((name) => `COPY ${name} /${name}/`))
        for (const name of names) {
          writeFiles(join(image, name), Math.floor((LAYER_MIB[scale] * MIB) / 2 / FILE_BYTES), FILE_BYTES)
          writeLarge(join(image, name, 'large'), LAYER_MIB[scale] / 2)
        }
        const reference = await publish('large-base', image, ['linux/amd64'])
        const context = join(folder, 'context')
        return {
          build: { context, platforms: ['linux/amd64'], output: { kind: 'cache' } },
          isCold: true,
          change: async (count) => writeDockerfile(context, `FROM ${reference}`, `RUN echo ${count} > /count`),
        }
      },
    },
  ],
}
