import { copyFile, link, mkdir, mkdtemp, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { OpenFolder } from '../../../../archive/safePath.ts'
import type { Spelling } from './compiledWord.ts'
import { keyOf, openPathOf, type RootFile } from '../rootFiles.ts'

/** A copy of a file of the sibling's root, or the toolchain's. */
export interface SpelledCopy {
  /** In the folder of links. */
  readonly path: string
  /** Where the step has the root of the file. */
  readonly folder: string
  readonly file: RootFile
  readonly spellings: readonly Spelling[]
}

/** What a copy is made of. */
export function copyKey({ folder, file, spellings }: SpelledCopy): string {
  return JSON.stringify([folder, keyOf(file), spellings])
}

/** Copies that were made, by what they are made of; each is made once, in a folder of its own below `folder`. */
export interface CopyPlace {
  readonly folder: string
  readonly made: Map<string, Promise<string>>
  /** By where the step has them. */
  readonly roots: ReadonlyMap<string, OpenFolder>
}

/** Puts them into the folder `to`, for every user of a step. */
export async function placeCopies(to: string, copies: Iterable<SpelledCopy>, place: CopyPlace): Promise<void> {
  for (const copy of copies) {
    const [key, path] = [copyKey(copy), join(to, copy.path)]
    const made = place.made.get(key) ?? makeCopy(copy, place)
    place.made.set(key, made)
    made.catch(() => place.made.delete(key)) // the next one tries again
    await mkdir(dirname(path), { recursive: true })
    await link(await made, path)
  }
}

async function makeCopy({ folder, file, spellings }: SpelledCopy, place: CopyPlace): Promise<string> {
  const root = place.roots.get(folder)
  if (root === undefined) throw new TypeError(`no root at ${folder}`)
  await mkdir(place.folder, { recursive: true })
  const path = join(await mkdtemp(join(place.folder, 'of-')), 'copy')
  await copyFile(openPathOf(root, file.path), path)
  await using copy = await open(path, 'r+')
  for (const { offset, text } of spellings) await copy.write(text, offset, 'latin1')
  await copy.chmod(0o755)
  return path
}
