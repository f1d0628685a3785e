import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { ARCHIVE_HEAD_BYTES, isArchive } from '../../archive/archiveHead.ts'
import { peek } from '../../archive/peek.ts'
import { parseGitReference } from '../../ground/gitReference.ts'
import { isHttpUrl } from '../../ground/urlText.ts'
import { collectBounded } from '../collectBounded.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

/** What a build begins with; folders and files are checked to be there. */
export interface BuildContext {
  readonly context: ContextPlace
  readonly dockerfile: DockerfilePlace
}

export type ContextPlace =
  /** Absolute. */
  | { readonly kind: 'folder'; readonly path: string }
  /** A URL, or a git reference. */
  | { readonly kind: 'remote'; readonly text: string }
  /** An archive on stdin. */
  | { readonly kind: 'upload'; readonly bytes: AsyncIterable<Uint8Array> }
  /** No files: the Dockerfile came alone. */
  | { readonly kind: 'empty' }

export type DockerfilePlace =
  | { readonly kind: 'file'; readonly folder: string; readonly filename: string }
  /** Given on stdin, or by a URL. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly filename: 'Dockerfile' }
  /** In a context that is no folder. */
  | { readonly kind: 'inside'; readonly filename: string }

/** A Dockerfile larger than this is none; BuildKit draws the same line. */
const MAX_DOCKERFILE_BYTES = 16 * 1024 * 1024

/** The command's world, as far as a context comes from it. */
export interface ContextSources extends Pick<CommandContext, 'workingFolder' | 'openStdin'> {
  /** The file at a URL. @throws UsageError */
  readonly download: (url: string, maxBytes: number) => Promise<Uint8Array>
  /** The Dockerfile itself, where it is written elsewhere: no file is looked for. */
  readonly inlineDockerfile?: string | undefined
}

/** Finds the context and the Dockerfile that `path` and `--file` name. @throws UsageError */
export async function findBuildContext(path: string, file: string | undefined, sources: ContextSources): Promise<BuildContext> {
  if (path === '-') return await fromStdin(file, sources)
  const folder = resolve(sources.workingFolder, path)
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory() === true) return { context: { kind: 'folder', path: folder }, dockerfile: (await dockerfileApart(file, sources)) ?? (await dockerfileIn({ folder, written: path }, file, sources)) }
  if (isHttpUrl(path) || parseGitReference(path) !== undefined) return { context: { kind: 'remote', text: path }, dockerfile: (await dockerfileApart(file, sources)) ?? (await dockerfileInside(file)) }
  if (found === undefined) throw new UsageError(`no such folder: ${path}`, { hint: 'give the folder with the files of the build, such as ., a URL or a git repository' })
  throw new UsageError(`not a folder: ${path}`, { hint: `give the folder with the files of the build; a Dockerfile is given by --file ${path}` })
}

/** An archive, or a Dockerfile alone: its first bytes tell. */
async function fromStdin(file: string | undefined, sources: ContextSources): Promise<BuildContext> {
  if (file === '-') throw new UsageError('stdin cannot be both the context and the Dockerfile', { hint: 'give the Dockerfile by its path, or the context as a folder' })
  const { head, all } = await peek(sources.openStdin(), ARCHIVE_HEAD_BYTES)
  if (head.byteLength === 0) throw new UsageError('nothing came on stdin', { hint: 'pipe a tar archive or a Dockerfile into it, or give a folder' })
  if (isArchive(head)) return { context: { kind: 'upload', bytes: all }, dockerfile: (await dockerfileApart(file, sources)) ?? (await dockerfileInside(file)) }
  if (file !== undefined) throw new UsageError('ambiguous Dockerfile: one is on stdin, and one is named by --file', { hint: 'leave out one of the two' })
  return { context: { kind: 'empty' }, dockerfile: { kind: 'bytes', bytes: await collectBounded(all, MAX_DOCKERFILE_BYTES, 'the Dockerfile on stdin'), filename: 'Dockerfile' } }
}

/** One that is not in the context, whatever that is. */
async function dockerfileApart(file: string | undefined, sources: ContextSources): Promise<DockerfilePlace | undefined> {
  if (sources.inlineDockerfile !== undefined) return { kind: 'bytes', bytes: Buffer.from(sources.inlineDockerfile), filename: 'Dockerfile' }
  if (file === '-') return { kind: 'bytes', bytes: await collectBounded(sources.openStdin(), MAX_DOCKERFILE_BYTES, 'the Dockerfile on stdin'), filename: 'Dockerfile' }
  if (file !== undefined && isHttpUrl(file)) return { kind: 'bytes', bytes: await sources.download(file, MAX_DOCKERFILE_BYTES), filename: 'Dockerfile' }
  return undefined
}

async function dockerfileIn(context: { readonly folder: string; readonly written: string }, file: string | undefined, { workingFolder }: ContextSources): Promise<DockerfilePlace> {
  return file === undefined ? await defaultDockerfile(context.folder, context.written) : await namedDockerfile(resolve(workingFolder, file), file)
}

/** A relative name is one in the context. */
async function dockerfileInside(file: string | undefined): Promise<DockerfilePlace> {
  if (file !== undefined && isAbsolute(file)) return await namedDockerfile(file, file)
  return { kind: 'inside', filename: file ?? 'Dockerfile' }
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
