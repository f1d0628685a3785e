import { type Span, span } from './line.ts'

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const
const SPINNER_STEP_MS = 100

/** What stands before something that goes on. */
export function spinner(now: number): Span {
  return span(SPINNER[Math.floor(now / SPINNER_STEP_MS) % SPINNER.length] ?? '·', 'cyan')
}
