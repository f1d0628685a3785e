import { parseIgnoreFile } from '../../dockerfile/ignorefile.ts'
import type { BuiltImage, InputContext, NamedContext, NamedContexts } from '../../dockerfile/lower/contexts/namedContext.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { ContextFiles } from '../../ops/contextFiles.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { runStep } from '../stepProgress.ts'
import { readContextIgnore } from './frontendFiles.ts'

export interface ContextReader {
  readonly files: ContextFiles
  readonly sessionOf: (folder: string) => string
  readonly progress: ProgressSink
  readonly inputs: ReadonlyMap<string, BuiltImage>
}

/** With the patterns of the ignore files that the client's folders have, and the results that are inputs. @throws InvalidValueError where there is no such input */
export async function loadNamedContexts(contexts: NamedContexts, reader: ContextReader, signal: AbortSignal): Promise<NamedContexts> {
  const loaded = new Map<string, NamedContext>()
  for (const [key, context] of contexts) loaded.set(key, await loadContext(context, reader, signal))
  return loaded
}

async function loadContext(context: NamedContext, { files, sessionOf, progress, inputs }: ContextReader, signal: AbortSignal): Promise<NamedContext> {
  if (context.kind === 'input') return { kind: 'built', image: findInput(context, inputs) }
  if (context.kind !== 'local') return context
  const text = await runStep(progress, `[context ${context.name}] load .dockerignore`, () => readContextIgnore(files, { sessionId: sessionOf(context.folder), contextFolder: context.folder }, signal))
  return text === undefined ? context : { ...context, ignorePatterns: parseIgnoreFile(text) }
}

function findInput({ key }: InputContext, inputs: ContextReader['inputs']): BuiltImage {
  const found = inputs.get(key)
  if (found === undefined) throw new InvalidValueError(`no such input: ${JSON.stringify(key)}`, { hint: 'send the result of the other build as a frontend input of that name' })
  return found
}
