import { setTimeout as delay } from 'node:timers/promises'
import { StepFailedError, type RunningProcess } from '../../executor/executor.ts'
import { toSnapshot } from '../../ops/snapshotResult.ts'
import { hostPlatform, waiterOf, type BuildOptions } from '../build/build.ts'
import type { BuildDeps } from '../build/buildDeps.ts'
import type { Answer, Built, FrontendCall, FrontendHost } from '../engine.ts'
import { deliveryContext, runStep, type Step } from '../stepProgress.ts'
import { findFrontendImage, type FrontendImageDeps } from './frontendImage.ts'
import { checkImageCaps, frontendProcess } from './frontendProcess.ts'
import { createProcessStream } from './processStream.ts'
import { FrontendFailedError } from './frontendFailedError.ts'

export interface FrontendRun {
  readonly image: string
  readonly call: FrontendCall
}

/**
 * Runs an image that is a frontend, as a container that speaks BuildKit's API on its standard input and output, until it
 * ends. What it says on its standard error is shown. An error that it has returned goes before the way it ended.
 * @throws FrontendFailedError; StepFailedError; FrontendCapMissingError; GrpcStatusError as it was returned
 */
export async function runFrontend(deps: BuildDeps & FrontendImageDeps & { readonly host: FrontendHost }, { image, call }: FrontendRun, options: BuildOptions, signal: AbortSignal): Promise<Built | Answer> {
  const { sessionId, request: { attributes, inputs } } = call
  const platform = hostPlatform(deps.executor)
  const { graph, root, config: { container: config } } = await findFrontendImage(deps, image, options, signal)
  checkImageCaps(config, attributes, inputs.size > 0)
  const [result] = root === undefined ? [] : await deps.solver.solve(graph, [root], waiterOf(options, call.progress), signal)
  return await runStep(call.progress, `[frontend] run ${image}`, async (step) => {
    await deps.presence.ensurePresent(toSnapshot(result), deliveryContext(step, sessionId), signal)
    await using files = await deps.snapshots.openMutable(toSnapshot(result), signal)
    const spec = frontendProcess({ config, attributes, sessionId, workers: deps.host.workers(), rootfs: files.path, platform })
    await using process = await deps.executor.open(spec, undefined, signal)
    await using served = deps.host.serve(createProcessStream(process, (bytes) => tell(step, bytes)), call, signal)
    const { exitCode, isKilled } = await ended(process, served.closed)
    const outcome = served.outcome()
    if (exitCode === 0) return await (outcome ?? Promise.reject(new FrontendFailedError(`the frontend ${image} ended without a result`, { hint: 'what it said is above; it may be made for another BuildKit' })))
    await outcome // an error of its own says more
    if (isKilled) throw new FrontendFailedError('frontend grpc server closed unexpectedly', { hint: `${image} may be no frontend: one speaks gRPC on its standard output` })
    throw new StepFailedError(spec.argv, exitCode, await process.explain(signal))
  })
}

/** After its connection, as long a frontend may take to end. */
const GRACE_MS = 3000

/** Kills what has closed its connection and does not end. */
async function ended(process: Pick<RunningProcess, 'exitCode' | 'kill'>, closed: Promise<void>): Promise<{ readonly exitCode: number; readonly isKilled: boolean }> {
  const over = new AbortController()
  let isKilled = false
  const kill = async (): Promise<void> => {
    await closed
    await delay(GRACE_MS, undefined, { signal: over.signal })
    isKilled = true
    process.kill('SIGKILL')
  }
  kill().catch(() => undefined) // it has ended by itself
  try {
    return { exitCode: await process.exitCode, isKilled }
  } finally {
    over.abort()
  }
}

function tell({ vertex, sink }: Step, bytes: Uint8Array): void {
  sink({ kind: 'vertex-log', vertex, at: Date.now(), stream: 'stderr', bytes })
}
