import { parseIgnoreFile } from '../../dockerfile/ignorefile.ts'
import type { NamedContext, NamedContexts } from '../../dockerfile/lower/contexts/namedContext.ts'
import type { ContextFiles } from '../../ops/contextFiles.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { runStep } from '../stepProgress.ts'
import { readContextIgnore } from './frontendFiles.ts'

export interface ContextReader {
  readonly files: ContextFiles
  readonly sessionId: string
  readonly progress: ProgressSink
}

/** With the patterns of the ignore files that the client's folders have. */
export async function loadNamedContexts(contexts: NamedContexts, reader: ContextReader, signal: AbortSignal): Promise<NamedContexts> {
  const loaded = new Map<string, NamedContext>()
  for (const [key, context] of contexts) loaded.set(key, await loadContext(context, reader, signal))
  return loaded
}

async function loadContext(context: NamedContext, { files, sessionId, progress }: ContextReader, signal: AbortSignal): Promise<NamedContext> {
  if (context.kind !== 'local') return context
  const text = await runStep(progress, `[context ${context.name}] load .dockerignore`, () => readContextIgnore(files, { sessionId, contextFolder: context.folder }, signal))
  return text === undefined ? context : { ...context, ignorePatterns: parseIgnoreFile(text) }
}
