import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeLarge } from '../layerExport.ts'
import { mixedBytes } from '../content.ts'
import type { Workload } from '../emulated.ts'

const MIB = 1024 * 1024

/** Those of a bare Debian. */
export const SMALL_WORKLOADS: readonly Workload[] = [
  {
    name: 'fork loop',
    image: 'debian',
    command: (scale) => `i=0; while [ $i -lt ${scale === 'full' ? 2_000 : 200} ]; do /bin/true; i=$((i+1)); done`,
  },
  {
    name: 'shell loop, Debian 13',
    image: 'debian13',
    command: (scale) => `i=0; while [ $i -lt ${scale === 'full' ? 200_000 : 20_000} ]; do i=$((i+1)); done`,
  },
  {
    name: 'gzip -6',
    image: 'debian',
    command: () => 'gzip -6 < data > /dev/null',
    write: (folder, scale) => writeLarge(join(folder, 'data'), scale === 'full' ? 100 : 8),
  },
  {
    name: 'grep, sed, sort',
    image: 'debian',
    command: (scale) => `grep -v '7 ' words | sed 's/ag\\(.*\\)in/in\\1ag/' | LC_ALL=C sort > /sorted && ${scale === 'full' ? 'sort -R /sorted > /dev/null' : 'true'}`,
    write: (folder, scale) => writeFileSync(join(folder, 'words'), writeWords(scale === 'full' ? 32 * MIB : 2 * MIB)),
  },
]

/** Lines of text that sorting has work with. */
function writeWords(sizeBytes: number): string {
  const text = mixedBytes(sizeBytes / 2).toString('hex')
  return text.replaceAll(/.{40}/g, '$& again\n')
}
