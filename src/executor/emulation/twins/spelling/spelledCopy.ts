import { copyFile, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { OpenFolder } from '../../../../archive/safePath.ts'
import type { Spelling } from './compiledWord.ts'
import { openPathOf, type RootFile } from '../rootFiles.ts'

/** A copy of a file of the sibling's root. */
export interface SpelledCopy {
  /** In the folder of links. */
  readonly path: string
  readonly file: RootFile
  readonly spellings: readonly Spelling[]
}

/** Writes them below `folder`, for every user of a step. */
export async function writeCopies(folder: string, copies: Iterable<SpelledCopy>, sibling: OpenFolder): Promise<void> {
  for (const { path, file, spellings } of copies) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await copyFile(openPathOf(sibling, file.path), join(folder, path))
    await using copy = await open(join(folder, path), 'r+')
    for (const { offset, text } of spellings) await copy.write(text, offset, 'latin1')
    await copy.chmod(0o755)
  }
}
