import type { HandlerContext } from '@connectrpc/connect'
import { InvalidValueError } from '../../ground/errors.ts'
import { UnknownBuildError } from '../openBuilds.ts'

/** Which build a call of `LLBBridge` belongs to. */
export const BUILD_HEADER = 'buildkit-controlapi-buildid'

/** Port: the builds that may be called. */
export interface CalledBuilds<T> {
  /** @throws UnknownBuildError */
  find(ref: string, signal: AbortSignal): Promise<T>
}

/** The build that a call names, in BuildKit's words where it names none. @throws InvalidValueError; UnknownBuildError */
export async function buildOfCall<T>(builds: CalledBuilds<T>, { requestHeader, method, signal }: HandlerContext): Promise<T> {
  const ref = requestHeader.get(BUILD_HEADER) ?? ''
  if (ref === '') throw new InvalidValueError(`forwarding ${method.name}: no buildid found in context`)
  try {
    return await builds.find(ref, signal)
  } catch (error) {
    throw error instanceof UnknownBuildError ? new UnknownBuildError(ref, `forwarding ${method.name}: `) : error
  }
}
