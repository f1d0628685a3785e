import type { ProgressEvent } from './progressEvent.ts'

/** Of a string, so that many empty ones are not held for nothing. */
const TEXT_OVERHEAD_BYTES = 16

/** About what an event holds whose length is anybody’s choice: a step’s output, and what a warning says; else 0. */
export function textBytes(event: ProgressEvent | undefined): number {
  if (event?.kind === 'vertex-log') return event.bytes.byteLength
  if (event?.kind !== 'warning') return 0
  const { message, detail, url = '', span } = event
  return [message, ...detail, url, span?.source.filename ?? '', span?.source.text ?? ''].reduce((sum, text) => sum + TEXT_OVERHEAD_BYTES + text.length, 0)
}
