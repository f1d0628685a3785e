import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
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

/** As a part, too, is no larger than that. */
const SMALL_BYTES = 1024 * 1024
const PART_HEAD_BYTES = 256

/** The files that a build may see, and where they are. */
interface ContextTree extends TreeSource {
  readonly folder: string
}

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
  const files = openFolderTree(folder, { includePatterns: [], excludePatterns: [...parseIgnoreFile(ignored), '.git', '**/.git'], followPaths: [] })
  const hash = createHash('sha256')
  for await (const file of files.walk(signal)) {
    const line = await describeFile({ ...files, folder }, file, signal)
    if (line !== undefined) hash.update(`${line}\n`)
  }
  return `sha256:${hash.digest('hex')}`
}

/** Undefined for what does not count. */
async function describeFile(tree: ContextTree, { path, mode, linkTarget, sizeBytes }: FileStat, signal: AbortSignal): Promise<string | undefined> {
  const name = JSON.stringify(path)
  switch (mode & FILE_TYPE) {
    case REGULAR: {
      // a file of several names comes as a link to the first of them
      const content = linkTarget === '' && sizeBytes <= SMALL_BYTES ? digestSmall(join(tree.folder, path)) : await digestLarge(tree, linkTarget === '' ? path : linkTarget, signal)
      return content === undefined ? undefined : `file ${name} ${(mode & OWNER_EXECUTES) === 0 ? '-' : 'x'} ${content}`
    }
    case SYMBOLIC_LINK:
      return `link ${name} ${JSON.stringify(linkTarget)}`
    default:
      return `${(mode & FILE_TYPE).toString(8)} ${name}`
  }
}

/** In one go: for most files of a context a stream takes ten times as long. Undefined for a part. */
function digestSmall(path: string): string | undefined {
  const bytes = readFileSync(path)
  return looksLikePart(bytes.subarray(0, PART_HEAD_BYTES)) ? undefined : createHash('sha256').update(bytes).digest('hex')
}

async function digestLarge(tree: ContextTree, path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of tree.read(path, signal)) hash.update(chunk)
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
