import type { RemoteContext } from '../../dockerfile/lower/contexts/remoteContext.ts'
import { SOURCE_DATE_EPOCH } from '../../ground/sourceDateEpoch.ts'
import type { SourceText } from '../../ground/sourceSpan.ts'

/** Files of a commit have its time where the build has one of its own, as with BuildKit; but where the reference says otherwise. */
export function datedContext(context: RemoteContext, buildArgs: ReadonlyMap<string, string>): RemoteContext {
  const { source, written } = context
  if (source.kind !== 'git' || !buildArgs.has(SOURCE_DATE_EPOCH) || /[?&]mtime=/.test(written)) return context
  return { ...context, source: { ...source, mtime: 'commit' } }
}

/** Perhaps: to look it up for nothing costs little. */
export function asksForContextTime({ text }: SourceText, buildArgs: ReadonlyMap<string, string>): boolean {
  const given = buildArgs.get(SOURCE_DATE_EPOCH)
  return given === undefined ? /^\s*ARG\s.*\bSOURCE_DATE_EPOCH=["']?context\b/im.test(text) : given === 'context'
}
