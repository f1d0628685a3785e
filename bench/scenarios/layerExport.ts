import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildOutput, Case, Scale, Scenario } from '../scenario.ts'
import { mixedBytes, writeDockerfile } from './content.ts'

const MIB = 1024 * 1024
const SIZES_MIB: Readonly<Record<Scale, number>> = { small: 64, full: 1024 }

export const layerExport: Scenario = {
  name: 'export',
  title: 'A large new layer',
  about: 'One file of 64 MB (1 GB at the full scale), half of it random, which is new in each run: copied, compressed, and written to an OCI archive or pushed to a registry on loopback.',
  isEmulated: false,
  cases: (scale) =>
    (['gzip', 'zstd'] as const).flatMap((compression) => [
      exportCase(`${compression}, archive`, SIZES_MIB[scale], { kind: 'archive', compression }),
      exportCase(`${compression}, pushed`, SIZES_MIB[scale], { kind: 'registry', compression }),
    ]),
}

function exportCase(name: string, sizeMib: number, output: BuildOutput): Case {
  return {
    name,
    async prepare({ folder }) {
      writeDockerfile(folder, 'FROM scratch', 'COPY data /data')
      return { build: { context: folder, platforms: ['linux/amd64'], output }, isCold: false, change: async () => writeLarge(join(folder, 'data'), sizeMib) }
    },
  }
}

/** A file of its own each time, and never whole in memory. */
export function writeLarge(path: string, sizeMib: number): void {
  rmSync(path, { force: true })
  const file = openSync(path, 'w')
  try {
    for (let written = 0; written < sizeMib; written += 1) writeSync(file, mixedBytes(MIB))
  } finally {
    closeSync(file)
  }
}
