import { chmod, lutimes, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { tool } from '../support/images/unpackedImage.ts'
import type { CaseFile, ParityCase } from './caseFile.ts'

/** The time of every file of a context: long ago, so that a builder's own "now" is told from it. */
const CONTEXT_TIME = new Date('2001-02-03T04:05:06.789Z')

/** @param place puts the test's own addresses into a text. */
export async function writeCaseContext(folder: string, { files, setup }: ParityCase, place: (text: string) => string): Promise<void> {
  for (const file of files) await writeFileOf(folder, file, place)
  for (const command of setup) await tool('sh', '-euc', `cd ${folder}; ${command}`)
  const paths = await readdir(folder, { recursive: true })
  for (const path of [...paths.toSorted().toReversed(), '.']) await lutimes(join(folder, path), CONTEXT_TIME, CONTEXT_TIME)
}

async function writeFileOf(folder: string, file: CaseFile, place: (text: string) => string): Promise<void> {
  const path = join(folder, file.path)
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  switch (file.kind) {
    case 'file':
      await writeFile(path, place(file.text))
      return void await chmod(path, file.mode)
    case 'folder':
      await mkdir(path, { recursive: true })
      return void await chmod(path, file.mode)
    case 'link':
      return void await symlink(file.target, path)
  }
}
