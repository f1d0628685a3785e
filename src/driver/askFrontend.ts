import type { AskFrontend, BuildRequest, EngineClient } from './driver.ts'
import { inSession, type SolveParts } from './solve.ts'

/** Which build a call belongs to. */
const BUILD_HEADER = 'buildkit-controlapi-buildid'

/**
 * As docker buildx does it: a build that the client drives, whose one call of the frontend has the answer. So it works
 * with any buildkitd, whose `Control.Solve` would not give it.
 */
export function createAskFrontend(parts: SolveParts): AskFrontend {
  return async (engine, request, sink, signal) =>
    await inSession(parts, { engine, request, sink }, signal, async (ref, sessionId, inner) => {
      const stop = new AbortController()
      const running = engine.control.solve({ Ref: ref, Session: sessionId, Cache: {}, Internal: true }, { signal: AbortSignal.any([inner, stop.signal]) })
      try {
        // A build that cannot even begin says why.
        const answer = await Promise.race([ask({ engine, request, ref }, inner), running.then(() => new Map<string, string>())])
        await engine.bridge.return({ result: { result: { case: 'ref', value: { id: '' } } } }, { signal: inner, headers: { [BUILD_HEADER]: ref } })
        await running
        return answer
      } catch (error) {
        stop.abort(new DOMException('there is no answer', 'AbortError'))
        await running.catch(() => undefined)
        throw error
      }
    })
}

interface Question {
  readonly engine: EngineClient
  readonly request: BuildRequest
  readonly ref: string
}

async function ask({ engine: { bridge }, request: { frontend, attributes }, ref }: Question, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const options = { signal, headers: { [BUILD_HEADER]: ref } }
  const frontendOptions = { ...Object.fromEntries(attributes), 'frontend.caps': 'moby.buildkit.frontend.subrequests+forward' }
  const { result } = await bridge.solve({ Frontend: frontend, FrontendOpt: frontendOptions, allowResultReturn: true, allowResultArrayRef: true }, options)
  return new Map(Object.entries(result?.metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString()]))
}
