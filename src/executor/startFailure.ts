import { lstatSync } from 'node:fs'
import { locateIn, type OpenFolder } from '../archive/safePath.ts'
import { formatPlatform } from '../ground/platform.ts'
import { fromText } from '../kit/byteString.ts'
import { ProcessStartError, type ProcessSpec } from './executor.ts'

/** Puts what the runtime said into the words of the one who wrote the step. */
export function toStartError(runtimeMessage: string, spec: ProcessSpec, root: OpenFolder): ProcessStartError {
  const [program = ''] = spec.argv
  const quoted = JSON.stringify(program)
  if (/not found in \$PATH|No such file or directory/i.test(runtimeMessage)) return notFound(program, spec, root)
  if (/exec format error/i.test(runtimeMessage)) {
    return new ProcessStartError(`exec: ${quoted}: exec format error`, { hint: `it is no program for ${formatPlatform(spec.platform)}, or a script without #! in its first line` })
  }
  if (/open executable|permission denied/i.test(runtimeMessage)) {
    return new ProcessStartError(`exec: ${quoted}: permission denied`, { hint: 'is it a file, and executable for the user of the step? see COPY --chmod' })
  }
  if (/set(res)?[ug]id|setgroups/i.test(runtimeMessage)) {
    return new ProcessStartError(`cannot become user ${JSON.stringify(spec.user)}: ${runtimeMessage}`, { hint: 'the user needs ids that are not mapped here: give yours a range in /etc/subuid and /etc/subgid' })
  }
  return new ProcessStartError(`cannot start ${quoted}: ${runtimeMessage}`)
}

function notFound(program: string, { platform }: ProcessSpec, root: OpenFolder): ProcessStartError {
  const quoted = JSON.stringify(program)
  if (!program.includes('/')) {
    return new ProcessStartError(`exec: ${quoted}: executable file not found in $PATH`, { hint: `is ${program} in the image, and its folder in PATH?` })
  }
  if (isThere(root, program)) {
    return new ProcessStartError(`exec: ${quoted}: its loader or interpreter is not in the image`, { hint: `install the C library it was linked with for ${formatPlatform(platform)}, or link it statically` })
  }
  const hint = program === '/bin/sh' ? 'the image has no shell: use the exec form, such as RUN ["/app", "--flag"], or a base image with a shell' : undefined
  return new ProcessStartError(`exec: ${quoted}: stat ${program}: no such file or directory`, { hint })
}

function isThere(root: OpenFolder, path: string): boolean {
  try {
    using location = locateIn(root, fromText(path))
    lstatSync(location.path)
    return true
  } catch {
    return false
  }
}
