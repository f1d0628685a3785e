import type { BuilderNode } from '../../driver/builders/builder.ts'
import { BuildError } from '../../ground/errors.ts'
import { parseDurationNs } from '../../ground/quantity/duration.ts'

/** What a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Milliseconds of `--timeout`; what is longer than a timer runs is as long as that, some 24 days. @throws InvalidValueError */
export function parseTimeoutMs(text: string): number {
  return Math.min(MAX_TIMER_MS, Math.ceil(Number(parseDurationNs(text)) / 1e6))
}

/** A node that is neither known to be there nor to be away. */
export class NodeSilentError extends BuildError {
  readonly kind = 'unavailable'

  constructor(limitMs: number, cause: unknown) {
    super(`no answer within ${limitMs / 1000} s`, { hint: 'see whether the machine is up, or give it more time with --timeout', cause })
  }
}

/**
 * What `ask` comes to, if the node takes no longer to answer. The embedded engine has all the time it needs: it starts or
 * says why it does not, however busy the machine is. @throws NodeSilentError where it takes longer; what `ask` throws
 */
export async function withinTime<T>({ driver }: Pick<BuilderNode, 'driver'>, limitMs: number, signal: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  if (driver === 'embedded') return await ask(signal)
  const limit = AbortSignal.timeout(limitMs)
  try {
    return await ask(AbortSignal.any([signal, limit]))
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error
    throw new NodeSilentError(limitMs, error)
  }
}
