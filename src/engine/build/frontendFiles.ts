import type { FileStat, TreeReceiver, TreeSource } from '../../api/fileSync.ts'
import { BuildError, InvalidValueError } from '../../ground/errors.ts'
import type { SourceText } from '../../ground/sourceSpan.ts'
import type { ContextFiles } from '../../ops/contextFiles.ts'
import { openFolderTree } from '../../ops/contextWalk.ts'

/** A Dockerfile or an ignore file is read whole; one larger than this is none. */
const MAX_SIZE_BYTES = 4 * 1024 * 1024

/** Where the text of a build comes from. */
export interface FrontendFilesRequest {
  readonly sessionId: string
  readonly filename: string
  readonly dockerfileFolder: string
  readonly contextFolder: string
}

/** The Dockerfile, from the client. @throws DockerfileNotFoundError */
export async function readDockerfile(files: ContextFiles, request: Omit<FrontendFilesRequest, 'contextFolder'>, signal: AbortSignal): Promise<{ readonly source: SourceText; readonly ownIgnoreText: string | undefined }> {
  const { sessionId, filename, dockerfileFolder } = request
  const ignoreName = `${filename}.dockerignore`
  const found = await readSmallFiles(files, { sessionId, folder: dockerfileFolder, paths: [filename, ignoreName] }, signal)
  const text = found.get(cleanPath(filename))
  if (text === undefined) throw new DockerfileNotFoundError(filename)
  return { source: { filename, text }, ownIgnoreText: found.get(cleanPath(ignoreName)) }
}

/** The context's `.dockerignore`; undefined where there is none. */
export async function readContextIgnore(files: ContextFiles, request: Pick<FrontendFilesRequest, 'sessionId' | 'contextFolder'>, signal: AbortSignal): Promise<string | undefined> {
  const { sessionId, contextFolder } = request
  return (await readSmallFiles(files, { sessionId, folder: contextFolder, paths: ['.dockerignore'] }, signal)).get('.dockerignore')
}

interface SmallFiles {
  readonly sessionId: string
  readonly folder: string
  readonly paths: readonly string[]
}

async function readSmallFiles(files: ContextFiles, { sessionId, folder, paths }: SmallFiles, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  const filter = { includePatterns: [], excludePatterns: [], followPaths: paths }
  const shared = files.sharedFolder(sessionId, folder)
  if (shared === undefined) await files.receiveFolder(sessionId, folder, filter, collectInto(texts), signal)
  else await copyTree(openFolderTree(shared, filter), collectInto(texts), signal)
  return texts
}

/** A folder of this machine, without the way through the client. */
async function copyTree(source: TreeSource, receiver: TreeReceiver, signal: AbortSignal): Promise<void> {
  for await (const stat of source.walk(signal)) {
    if ((await receiver.entry(stat)) === 'content') await receiver.content(stat, source.read(stat.path, signal))
  }
  await receiver.end()
}

function collectInto(texts: Map<string, string>): TreeReceiver {
  return {
    async entry({ mode, path, sizeBytes }: FileStat) {
      if ((mode & 0o170000) !== 0o100000) return 'no-content'
      if (sizeBytes > MAX_SIZE_BYTES) throw new InvalidValueError(`${path} has ${sizeBytes} bytes, more than the ${MAX_SIZE_BYTES} that are read`)
      return 'content'
    },
    async content({ path }, chunks) {
      const parts: Uint8Array[] = []
      for await (const chunk of chunks) parts.push(chunk)
      texts.set(path, Buffer.concat(parts).toString())
    },
    async end() {
      // Nothing to finish: the texts are there.
    },
  }
}

function cleanPath(path: string): string {
  return path.replace(/^(?:\.?\/)+/, '')
}

export class DockerfileNotFoundError extends BuildError {
  readonly kind = 'not-found'
  constructor(filename: string) {
    super(`failed to read dockerfile: open ${filename}: no such file or directory`, { hint: 'name the Dockerfile with -f, or the context folder that holds it' })
  }
}
