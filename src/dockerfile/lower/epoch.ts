import { invalidEpoch, parseEpochSeconds, SOURCE_DATE_EPOCH } from '../../ground/sourceDateEpoch.ts'
import type { Dockerfile } from '../dockerfile.ts'
import { DockerfileError, located } from '../dockerfileError.ts'
import type { LowerRequest } from './request.ts'

/** What SOURCE_DATE_EPOCH comes to in a build. */
export interface Epoch {
  /** Undefined where the build has none. */
  readonly seconds: number | undefined
  /** The value of the argument, which is a number or ''. */
  readonly value: string
}

/**
 * `value` is what `--build-arg`, or else an ARG before the first FROM, says: a number, '' (none, whatever the Dockerfile
 * says), or `context`: the time of a remote context, none for a folder's. @throws InvalidValueError; DockerfileError
 */
export function resolveEpoch(value: string, dockerfile: Dockerfile, request: LowerRequest): Epoch {
  const seconds = value === 'context' ? request.contextTimeSeconds : parseEpochSeconds(value)
  if (seconds !== undefined) return { seconds, value: String(seconds) }
  if (value === '' || value === 'context') return { seconds: undefined, value: '' }
  throw explainValue(value, dockerfile, request)
}

function explainValue(value: string, { globalArgs, stages }: Dockerfile, { buildArgs }: LowerRequest): unknown {
  const written = globalArgs.find(({ args }) => args.some(({ name }) => name === SOURCE_DATE_EPOCH))
  const stage = stages.find(({ from }) => from.stageName === value.toLowerCase())
  if (stage !== undefined) {
    return new DockerfileError(`${SOURCE_DATE_EPOCH}=${value}: the time of a stage is not supported yet`, stage.from.span, { hint: 'write the time in seconds since 1970, or context for that of a Git context' })
  }
  const error = invalidEpoch(SOURCE_DATE_EPOCH, value)
  return written === undefined || buildArgs.has(SOURCE_DATE_EPOCH) ? error : located(error, written.span)
}
