import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileStat, TreeSource } from '../../api/fileSync.ts'
import { parseIgnoreFile } from '../../dockerfile/ignorefile.ts'
import { openFolderTree } from '../../ops/contextWalk.ts'
import { looksLikePart } from './buildPart.ts'

const FILE_TYPE = 0o170000
const REGULAR = 0o100000
const SYMBOLIC_LINK = 0o120000
const OWNER_EXECUTES = 0o100

/** A part is not larger; other files of the kind are. */
const MAX_PART_BYTES = 1024 * 1024

export interface ContextFolder {
  readonly folder: string
  /** Where the ignore file of the Dockerfile's own would be; the folder's `.dockerignore` is used where there is none. */
  readonly ownIgnoreFile: string | undefined
}

/**
 * Digest of what a build may see of a folder, equal on every machine that has the same files: names, kinds, contents,
 * targets of links and whether the owner may execute. `.git`, and parts of earlier builds, are left out.
 */
export async function digestContext({ folder, ownIgnoreFile }: ContextFolder, signal: AbortSignal): Promise<string> {
  const ignored = (ownIgnoreFile === undefined ? undefined : await readText(ownIgnoreFile)) ?? (await readText(join(folder, '.dockerignore'))) ?? ''
  const tree = openFolderTree(folder, { includePatterns: [], excludePatterns: [...parseIgnoreFile(ignored), '.git', '**/.git'], followPaths: [] })
  const hash = createHash('sha256')
  for await (const file of tree.walk(signal)) {
    const line = await describeFile(tree, file, signal)
    if (line !== undefined) hash.update(`${line}\n`)
  }
  return `sha256:${hash.digest('hex')}`
}

/** Undefined for what does not count. */
async function describeFile(tree: TreeSource, { path, mode, linkTarget, sizeBytes }: FileStat, signal: AbortSignal): Promise<string | undefined> {
  const name = JSON.stringify(path)
  switch (mode & FILE_TYPE) {
    case REGULAR: {
      const content = await digestFile(tree, { path: linkTarget === '' ? path : linkTarget, mayBePart: linkTarget === '' && sizeBytes <= MAX_PART_BYTES && path.endsWith('.json') }, signal)
      return content === undefined ? undefined : `file ${name} ${(mode & OWNER_EXECUTES) === 0 ? '-' : 'x'} ${content}`
    }
    case SYMBOLIC_LINK:
      return `link ${name} ${JSON.stringify(linkTarget)}`
    default:
      return `${(mode & FILE_TYPE).toString(8)} ${name}`
  }
}

/** A file of several names comes as a link to the first of them: it is read by that. */
async function digestFile(tree: TreeSource, { path, mayBePart }: { readonly path: string; readonly mayBePart: boolean }, signal: AbortSignal): Promise<string | undefined> {
  const hash = createHash('sha256')
  let isHead = true
  for await (const chunk of tree.read(path, signal)) {
    if (isHead && mayBePart && looksLikePart(chunk)) return undefined
    isHead = false
    hash.update(chunk)
  }
  return hash.digest('hex')
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
