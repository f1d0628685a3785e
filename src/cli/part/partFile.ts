import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { writeFileAtomically } from '../../kit/files/atomicFile.ts'
import { UsageError } from '../flags/usageError.ts'
import { type BuildPart, formatPart, parsePart } from './buildPart.ts'
import { isPartFile } from './readRevision.ts'

/** A part of many platforms with many annotations is not larger. */
const MAX_PART_BYTES = 4 * 1024 * 1024

/** Where a build is to write its part. */
export interface PartPlace {
  readonly path: string
  /** As the user wrote it. */
  readonly written: string
}

/**
 * Makes sure that a part can be written to `written`, and takes away the part of an earlier build: one that fails
 * leaves none. @throws UsageError where there is a file that is no part
 */
export async function clearPartFile(written: string, workingFolder: string): Promise<PartPlace> {
  const path = resolve(workingFolder, written)
  const found = await stat(path).catch(() => undefined)
  const isEmpty = found?.isFile() === true && found.size === 0 // as mktemp leaves it
  if (found !== undefined && !isEmpty && !(await isPartFile(path))) throw new UsageError(`--part ${written}: there is a ${found.isDirectory() ? 'folder' : 'file that is no part'} of this name`, { hint: 'name another file: it is written when the build is pushed' })
  try {
    await mkdir(dirname(path), { recursive: true })
    await rm(path, { force: true })
  } catch (error) {
    throw new UsageError(`--part ${written}: the file cannot be written there`, { hint: 'name a file in a folder that you may write to', cause: error })
  }
  return { path, written }
}

/** Whole or not at all. */
export async function writePartFile({ path }: PartPlace, part: BuildPart): Promise<void> {
  await writeFileAtomically(path, formatPart(part), { mode: 0o644 })
}

/** @throws UsageError; InvalidValueError */
export async function readPartFile(written: string, workingFolder: string): Promise<BuildPart> {
  const path = resolve(workingFolder, written)
  const found = await stat(path).catch((error: unknown) => {
    throw new UsageError(`cannot read the part ${written}`, { hint: 'give files that pelago build --part has written', cause: error })
  })
  if (!found.isFile() || found.size > MAX_PART_BYTES) throw new UsageError(`${written} is no part of a build`, { hint: 'give files that pelago build --part has written' })
  return parsePart(await readFile(path, 'utf8'), written)
}
