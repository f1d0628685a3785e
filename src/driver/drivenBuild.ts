import type { MessageInitShape } from '@bufbuild/protobuf'
import type { CallOptions } from '@connectrpc/connect'
import type { SolveRequestSchema } from '../api/gen/control_pb.ts'
import type { ResultSchema } from '../api/gen/gateway_pb.ts'
import type { EngineClient } from './driver.ts'

/** Which build a call belongs to. */
const BUILD_HEADER = 'buildkit-controlapi-buildid'

type Result = MessageInitShape<typeof ResultSchema>

/** One that names nothing: there is nothing to export. */
export const EMPTY_RESULT: Result = { result: { case: 'ref', value: { id: '' } } }

/**
 * A build that the client drives call by call, as docker buildx does: `drive` makes calls of the bridge with the options
 * that it is given, and says what is exported. The exporter response.
 */
export async function driveBuild({ control, bridge }: Pick<EngineClient, 'control' | 'bridge'>, request: MessageInitShape<typeof SolveRequestSchema>, drive: (options: CallOptions) => Promise<Result>, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const stop = new AbortController()
  const options = { signal, headers: { [BUILD_HEADER]: request.Ref ?? '' } }
  const running = control.solve(request, { signal: AbortSignal.any([signal, stop.signal]) })
  try {
    // A build that cannot even begin says why.
    const result = await Promise.race([drive(options), running.then(() => undefined)])
    if (result !== undefined) await bridge.return({ result }, options)
    return new Map(Object.entries((await running).ExporterResponse))
  } catch (error) {
    stop.abort(new DOMException('the build is given up', 'AbortError'))
    await running.catch(() => undefined)
    throw error
  }
}
