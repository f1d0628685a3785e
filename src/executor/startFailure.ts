import { formatPlatform } from '../ground/platform.ts'
import { ProcessStartError } from './executor.ts'
import { explainStart, type FailedProcess } from './programs/explainFailure.ts'

/** Puts what the runtime said into the words of the one who wrote the step. */
export function toStartError(runtimeMessage: string, failed: FailedProcess): ProcessStartError {
  const { spec } = failed
  const [program = ''] = spec.argv
  const quoted = JSON.stringify(program)
  const explained = explainStart(failed)
  if (/not found in \$PATH|No such file or directory/i.test(runtimeMessage)) return notFound(program, explained)
  if (/exec format error/i.test(runtimeMessage)) {
    return new ProcessStartError(`exec: ${quoted}: exec format error`, { hint: explained ?? `it is no program for ${formatPlatform(spec.platform)}, or a script without #! in its first line` })
  }
  if (/open executable|permission denied/i.test(runtimeMessage)) {
    return new ProcessStartError(`exec: ${quoted}: permission denied`, { hint: explained ?? 'is it a file, and executable for the user of the step? see COPY --chmod' })
  }
  if (/set(res)?[ug]id|setgroups/i.test(runtimeMessage)) {
    return new ProcessStartError(`cannot become user ${JSON.stringify(spec.user)}: ${runtimeMessage}`, { hint: 'the user needs ids that are not mapped here: give yours a range in /etc/subuid and /etc/subgid' })
  }
  return new ProcessStartError(`cannot start ${quoted}: ${runtimeMessage}`, { ...(explained === undefined ? {} : { hint: explained }) })
}

function notFound(program: string, explained: string | undefined): ProcessStartError {
  const quoted = JSON.stringify(program)
  if (explained !== undefined) return new ProcessStartError(`exec: ${quoted}: it is in the image, but cannot be executed`, { hint: explained })
  if (!program.includes('/')) {
    return new ProcessStartError(`exec: ${quoted}: executable file not found in $PATH`, { hint: `is ${program} in the image, and its folder in PATH?` })
  }
  const hint = program === '/bin/sh' ? 'the image has no shell: use the exec form, such as RUN ["/app", "--flag"], or a base image with a shell' : undefined
  return new ProcessStartError(`exec: ${quoted}: stat ${program}: no such file or directory`, { ...(hint === undefined ? {} : { hint }) })
}
