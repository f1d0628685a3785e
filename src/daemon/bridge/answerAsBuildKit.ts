import { toStatus } from '../../api/errorMapping.ts'
import { GRPC, GrpcStatusError, type StatusDetail } from '../../api/grpc/status.ts'
import { BuildError } from '../../ground/errors.ts'
import { UnknownBuildError } from '../openBuilds.ts'

/**
 * Methods that fail with BuildKit's codes: of a frontend's calls nearly all errors are UNKNOWN, since clients print any
 * other code before the message. What kind of error it is stands in the details all the same.
 */
export function answerAsBuildKit<S extends object>(methods: S, detailsOf: DetailsOf = () => []): S {
  const wrapped = Object.entries(methods).map(([name, method]) => [name, typeof method === 'function' ? withCodes(method as Method, detailsOf) : method] as const)
  return Object.fromEntries(wrapped) as S
}

/** What is told of an error besides. */
export type DetailsOf = (error: unknown) => readonly StatusDetail[]

type Method = (...call: readonly unknown[]) => unknown

function withCodes(method: Method, detailsOf: DetailsOf): Method {
  return (...call) => {
    const answer = method(...call)
    if (isStream(answer)) return withStreamCodes(answer, detailsOf)
    return answer instanceof Promise ? answer.catch((error: unknown) => raise(error, detailsOf)) : answer
  }
}

async function* withStreamCodes(messages: AsyncIterable<unknown>, detailsOf: DetailsOf): AsyncGenerator {
  try {
    yield* messages
  } catch (error) {
    raise(error, detailsOf)
  }
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function raise(error: unknown, detailsOf: DetailsOf): never {
  const status = error instanceof BuildError ? toStatus(error) : undefined
  if (status === undefined || status.code === GRPC.unimplemented || error instanceof UnknownBuildError) throw error
  throw new GrpcStatusError({ ...status, code: GRPC.unknown, details: [...status.details, ...detailsOf(error)] })
}
