import type { CallOptions } from '@connectrpc/connect'
import { driveBuild, EMPTY_RESULT } from './drivenBuild.ts'
import type { AskFrontend, BuildRequest, EngineClient } from './driver.ts'
import { inSession, type SolveParts } from './solve.ts'

/**
 * As docker buildx does it: a build that the client drives, whose one call of the frontend has the answer. So it works
 * with any buildkitd, whose `Control.Solve` would not give it.
 */
export function createAskFrontend(parts: SolveParts): AskFrontend {
  return async (engine, request, sink, signal) =>
    await inSession(parts, { engine, request, sink }, signal, async (ref, sessionId, inner) => {
      let answer: ReadonlyMap<string, string> = new Map()
      const drive = async (options: CallOptions): Promise<typeof EMPTY_RESULT> => {
        answer = await ask(engine, request, options)
        return EMPTY_RESULT
      }
      await driveBuild(engine, { Ref: ref, Session: sessionId, Cache: {}, Internal: true, ...(request.sourcePolicy !== undefined && { SourcePolicy: request.sourcePolicy }) }, drive, inner)
      return answer
    })
}

async function ask({ bridge }: Pick<EngineClient, 'bridge'>, { frontend, attributes }: BuildRequest, options: CallOptions): Promise<ReadonlyMap<string, string>> {
  const frontendOptions = { ...Object.fromEntries(attributes), 'frontend.caps': 'moby.buildkit.frontend.subrequests+forward' }
  const { result } = await bridge.solve({ Frontend: frontend, FrontendOpt: frontendOptions, allowResultReturn: true, allowResultArrayRef: true }, options)
  return new Map(Object.entries(result?.metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString()]))
}
