import { formatSpan } from '../ground/sourceSpan.ts'
import type { ProgressSink } from './progressSink.ts'

/** All events, but a warning only where none has said the same of the same place before. */
export function warnOnce(sink: ProgressSink): ProgressSink {
  const told = new Set<string>()
  return (event) => {
    if (event.kind === 'warning') {
      const key = [event.message, event.span === undefined ? '' : formatSpan(event.span)].join('\0')
      if (told.has(key)) return
      told.add(key)
    }
    sink(event)
  }
}
