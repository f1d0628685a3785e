import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildOutput, Case, Scenario } from '../scenario.ts'
import { writeDockerfile, writeFiles } from './content.ts'

const SIZES = { small: { files: 2_000, fileBytes: 25_000 }, full: { files: 20_000, fileBytes: 25_000 } } as const

export const oneFile: Scenario = {
  name: 'one-file',
  title: 'One file of many changed',
  about: 'A COPY of 2,000 files, 50 MB (20,000 files, 500 MB at the full scale), of which one changed: built without an output, as an image of the builder’s own, and pushed to a registry on loopback.',
  isEmulated: false,
  cases: (scale) => [
    oneFileCase('build only', SIZES[scale], { kind: 'cache' }),
    oneFileCase('into the store', SIZES[scale], { kind: 'store' }),
    oneFileCase('pushed', SIZES[scale], { kind: 'registry', compression: 'gzip' }),
  ],
}

function oneFileCase(name: string, { files, fileBytes }: { readonly files: number; readonly fileBytes: number }, output: BuildOutput): Case {
  return {
    name,
    async prepare({ folder }) {
      writeDockerfile(folder, 'FROM scratch', 'COPY app /app')
      writeFiles(join(folder, 'app'), files, fileBytes)
      return {
        build: { context: folder, platforms: ['linux/amd64'], output },
        isCold: false,
        change: async (count) => writeFileSync(join(folder, 'app/d0/f0'), `changed for the ${count}th time`),
      }
    },
  }
}
