import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { collectBounded } from '../collectBounded.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

/** The folders of a build, checked to be there. */
export interface BuildContext {
  /** Absolute. */
  readonly contextFolder: string
  readonly dockerfile: DockerfilePlace
}

export type DockerfilePlace =
  | { readonly kind: 'file'; readonly folder: string; readonly filename: string }
  /** Given on stdin. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly filename: 'Dockerfile' }

/** A Dockerfile larger than this is none; BuildKit draws the same line. */
const MAX_DOCKERFILE_BYTES = 16 * 1024 * 1024

/** Finds the context and the Dockerfile that `path` and `--file` name. @throws UsageError */
export async function findBuildContext(path: string, file: string | undefined, context: Pick<CommandContext, 'workingFolder' | 'openStdin'>): Promise<BuildContext> {
  checkKind(path)
  const contextFolder = resolve(context.workingFolder, path)
  const found = await stat(contextFolder).catch(() => undefined)
  if (found === undefined) throw new UsageError(`no such folder: ${path}`, { hint: 'give the folder with the files of the build, such as .' })
  if (!found.isDirectory()) throw new UsageError(`not a folder: ${path}`, { hint: `give the folder with the files of the build; a Dockerfile is given by --file ${path}` })
  if (file === '-') {
    const bytes = await collectBounded(context.openStdin(), MAX_DOCKERFILE_BYTES, 'the Dockerfile on stdin')
    return { contextFolder, dockerfile: { kind: 'bytes', bytes, filename: 'Dockerfile' } }
  }
  if (file !== undefined) return { contextFolder, dockerfile: await namedDockerfile(resolve(context.workingFolder, file), file) }
  return { contextFolder, dockerfile: await defaultDockerfile(contextFolder, path) }
}

function checkKind(path: string): void {
  if (path === '-') throw new UsageError('a context on stdin is not supported yet', { hint: 'give a folder; a Dockerfile on stdin is --file -' })
  if (/^(?:https?|git|ssh|oci-layout|docker-image):\/\/|^git@|^github\.com\//.test(path)) {
    throw new UsageError(`remote contexts are not supported yet: ${path}`, { hint: 'clone or download it, and give the folder' })
  }
}

async function namedDockerfile(path: string, written: string): Promise<DockerfilePlace> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new UsageError(`no such Dockerfile: ${written}`, { hint: await nearbyHint(dirname(path)) })
  if (found.isDirectory()) throw new UsageError(`the Dockerfile is a folder: ${written}`, { hint: `did you mean --file ${join(written, 'Dockerfile')}?` })
  return { kind: 'file', folder: dirname(path), filename: basename(path) }
}

/** `Dockerfile`, or `dockerfile` where there is no other. */
async function defaultDockerfile(folder: string, written: string): Promise<DockerfilePlace> {
  const names = await readdir(folder)
  const filename = ['Dockerfile', 'dockerfile'].find((name) => names.includes(name))
  if (filename === undefined) throw new UsageError(`no Dockerfile in ${written}`, { hint: await nearbyHint(folder) })
  return { kind: 'file', folder, filename }
}

async function nearbyHint(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => [])
  const likely = names.filter((name) => /^(?:dockerfile|containerfile)(?:$|[.-])|[.-]dockerfile$/i.test(name)).sort()
  if (likely.length === 0) return 'write one, or name it with --file'
  return `there is ${likely.slice(0, 5).join(', ')}: name it with --file`
}
