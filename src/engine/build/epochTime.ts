import type { RemoteContext } from '../../dockerfile/lower/contexts/remoteContext.ts'
import { findEpoch, type LowerRequest } from '../../dockerfile/lower.ts'
import type { Digest } from '../../ground/digest.ts'
import { SOURCE_DATE_EPOCH } from '../../ground/quantity/sourceDateEpoch.ts'
import { redactUrls } from '../../ground/urlText.ts'
import { fetchContext, type FetchContextDeps, type FetchedContext, type FetchWaiter } from './fetchContext.ts'

/** Files of a commit have its time where the build has one of its own, as with BuildKit; but where the reference says otherwise. */
export function datedContext(context: RemoteContext, buildArgs: ReadonlyMap<string, string>): RemoteContext {
  const { source, written } = context
  if (source.kind !== 'git' || !buildArgs.has(SOURCE_DATE_EPOCH) || /[?&]mtime=/.test(written)) return context
  return { ...context, source: { ...source, mtime: 'commit' } }
}

/** The time that SOURCE_DATE_EPOCH names. */
export interface EpochTime {
  /** Undefined where it names none. */
  readonly seconds: number | undefined
  /** The vertices that were shown to find it. */
  readonly shown: ReadonlySet<Digest>
}

export interface EpochReading {
  /** Undefined where it is a folder of the client. */
  readonly context: FetchedContext | undefined
  readonly request: LowerRequest
  readonly waiter: FetchWaiter
}

/** Fetches what it names: the build context, another one, or what a stage adds. */
export async function readEpochTime(deps: FetchContextDeps, { context, request, waiter }: EpochReading, signal: AbortSignal): Promise<EpochTime> {
  const origin = findEpoch(request)
  if (origin?.kind === 'context') return { seconds: await context?.readTime(signal), shown: context?.shown ?? new Set() }
  if (origin?.kind !== 'remote') return { seconds: undefined, shown: new Set() }
  const stepName = `[internal] find out the time of ${redactUrls(origin.context.written)}`
  const fetched = await fetchContext(deps, origin.context, { ...waiter, stepName }, signal)
  return { seconds: await fetched.readTime(signal), shown: fetched.shown }
}
