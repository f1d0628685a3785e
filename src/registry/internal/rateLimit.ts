import type { HttpResponse } from '../../kit/http.ts'

/**
 * How long the registry asks to wait: by `retry-after`, else by when its limit starts anew (`ratelimit-reset`, or the
 * `reset` or `t` of `ratelimit`, as drafts of RateLimit header fields have them). Undefined where it says nothing.
 */
export function readWaitMs({ header }: Pick<HttpResponse, 'header'>, now: number): number | undefined {
  const retryAfter = parseRetryAfterMs(header('retry-after'), now)
  if (retryAfter !== undefined) return retryAfter
  const reset = header('ratelimit-reset') ?? /(?:^|[;,\s])(?:reset|t)\s*=\s*(\d+)/.exec(header('ratelimit') ?? '')?.[1]
  return reset !== undefined && /^\d+$/.test(reset.trim()) ? Number(reset) * 1000 : undefined
}

/** Seconds, or a date: then 0 or more from now on. Undefined where it is neither. */
export function parseRetryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
