import { InvalidValueError } from '../../../ground/errors.ts'

const NAMES = 'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'
const SIGNALS: ReadonlySet<string> = new Set([
  ...NAMES.split(' '),
  'RTMIN',
  'RTMAX',
  ...Array.from({ length: 15 }, (_, index) => `RTMIN+${index + 1}`),
  ...Array.from({ length: 14 }, (_, index) => `RTMAX-${index + 1}`),
])

/** A signal of Linux by name, with or without `SIG`, or by a number that is not 0. @throws InvalidValueError */
export function checkSignal(text: string): void {
  const isKnown = /^\d{1,9}$/.test(text) ? Number(text) !== 0 : SIGNALS.has(text.toUpperCase().replace(/^SIG/, ''))
  if (!isKnown) throw new InvalidValueError(`invalid signal: ${text}`, { hint: 'name one, such as SIGTERM' })
}
