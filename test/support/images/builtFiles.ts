import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pelago, RunOptions } from '../pelago.ts'
import { tool } from './unpackedImage.ts'

let count = 0

/** Builds, and gives the folder with the files of the result; owners are kept for root. */
export async function buildFiles(pelago: Pelago, args: readonly string[], options?: RunOptions): Promise<string> {
  count += 1
  const archive = join(pelago.folder, `files-${count}.tar`)
  const root = join(pelago.folder, `files-${count}`)
  await pelago.succeed(['build', '-o', `type=tar,dest=${archive}`, ...args], options)
  await mkdir(root)
  await tool('tar', '-xpf', archive, '--numeric-owner', '-C', root)
  return root
}
