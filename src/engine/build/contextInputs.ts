import { basename, dirname, join } from 'node:path/posix'
import type { BuiltImage } from '../../dockerfile/lower/contexts/namedContext.ts'
import type { Digest } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { SourceText } from '../../ground/sourceSpan.ts'
import { toSnapshot } from '../../ops/snapshotResult.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { BuildDeps } from './buildDeps.ts'
import type { FrontendAttributes } from './frontendAttributes.ts'
import { DockerfileNotFoundError } from './frontendFiles.ts'
import { openResultFiles, ResultFileError, type FolderFiles } from './resultFiles.ts'

/** Results and graphs of the client that stand in the place of its folders. */
export interface ContextInputs {
  readonly context: BuiltImage | undefined
  readonly dockerfile: BuiltImage | undefined
}

export interface InputReading {
  readonly attributes: FrontendAttributes
  readonly inputs: ReadonlyMap<string, BuiltImage>
  readonly sessionId: string
  readonly progress: ProgressSink
}

/** As BuildKit takes them: the inputs `context` and `dockerfile`, but where the context is remote, or the Dockerfile is said to be a folder's. An attribute may name another input as the context. @throws InvalidValueError where there is no such input */
export function contextInputs({ attributes: { remoteContext, contextInput, hasOwnDockerfile, dockerfileFolder }, inputs }: Pick<InputReading, 'attributes' | 'inputs'>): ContextInputs {
  if (remoteContext !== undefined) return { context: undefined, dockerfile: undefined }
  const context = inputs.get(contextInput ?? 'context')
  if (contextInput !== undefined && context === undefined) throw new InvalidValueError(`no such input: ${JSON.stringify(contextInput)}`, { hint: 'send the result of the other build as a frontend input of that name' })
  return { context, dockerfile: hasOwnDockerfile ? undefined : inputs.get(dockerfileFolder) }
}

/** A Dockerfile of an input. */
export interface InputText {
  readonly source: SourceText
  /** Of the ignore file that belongs to it. */
  readonly ownIgnoreText: string | undefined
  /** The vertices that were worked on to have it. */
  readonly shown: ReadonlySet<Digest>
}

/** Builds the input as far as it is not built. @throws DockerfileNotFoundError */
export async function readInputDockerfile(deps: Pick<BuildDeps, 'solver' | 'snapshots' | 'presence'>, { graph, root }: BuiltImage, { attributes: { filename }, sessionId, progress }: InputReading, signal: AbortSignal): Promise<InputText> {
  const [result] = root === undefined ? [] : await deps.solver.solve(graph, [root], { sessionId, progress }, signal)
  await using files = await openResultFiles(deps, { snapshot: toSnapshot(result), waiter: { sessionId, progress } }, signal)
  const names = basename(filename) === 'Dockerfile' ? [filename, join(dirname(filename), 'dockerfile')] : [filename]
  const text = names.map((name) => readText(files, name)).find((found) => found !== undefined)
  if (text === undefined) throw new DockerfileNotFoundError(filename)
  return { source: { filename, text }, ownIgnoreText: readText(files, `${filename}.dockerignore`), shown: new Set(graph.keys()) }
}

/** Undefined where there is no such file. */
function readText(files: FolderFiles, path: string): string | undefined {
  try {
    return Buffer.from(files.readFile(path)).toString()
  } catch (error) {
    if (error instanceof ResultFileError && error.kind === 'not-found') return undefined
    throw error
  }
}
