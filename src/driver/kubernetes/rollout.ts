import { pause } from '../../kit/retry.ts'
import { EngineUnavailableError } from '../driver.ts'
import { saidLines } from '../programs/saidLine.ts'
import type { Cluster, WorkloadState } from './cluster.ts'
import type { PodState } from './podState.ts'

/** What is asked of a cluster meanwhile. */
type PodWatch = Pick<Cluster, 'state' | 'pods' | 'lastWords'>

export interface RolloutOptions {
  readonly name: string
  readonly replicas: number
  readonly timeoutMs: number
  readonly notice: (text: string) => void
}

const FIRST_POLL_MS = 250
const MAX_POLL_MS = 2_000

/** Waits for as many pods as are wanted. @throws EngineUnavailableError with why they do not come, as soon as waiting does not help; signal.reason */
export async function awaitRollout(cluster: PodWatch, options: RolloutOptions, signal: AbortSignal): Promise<void> {
  const { name, replicas, timeoutMs, notice } = options
  const latest = Date.now() + timeoutMs
  let told = ''
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(MAX_POLL_MS, pollMs * 1.5)) {
    const state = await cluster.state(signal)
    if (state !== undefined && state.readyReplicas >= replicas) return
    const pods = await cluster.pods(signal)
    const reasons = reasonsOf(state, pods)
    const lasting = pods.find(({ trouble }) => trouble?.isLasting === true)
    if (lasting !== undefined || Date.now() > latest) throw await failedRollout(cluster, { ...options, reasons, pod: lasting ?? pods.find(({ trouble }) => trouble?.hasLog === true) }, signal)
    const [first = ''] = reasons
    if (first !== '' && first !== told) notice(`${name}: ${first}`)
    told = first
    await pause(pollMs, signal)
  }
}

function reasonsOf(state: WorkloadState | undefined, pods: readonly PodState[]): readonly string[] {
  const own = state === undefined || state.failure === '' ? [] : [state.failure]
  return [...own, ...pods.flatMap(({ name, trouble }) => (trouble === undefined ? [] : [`pod ${name} ${trouble.text}`]))]
}

interface FailedRollout extends RolloutOptions {
  readonly reasons: readonly string[]
  readonly pod: PodState | undefined
}

async function failedRollout(cluster: PodWatch, { name, replicas, timeoutMs, reasons, pod }: FailedRollout, signal: AbortSignal): Promise<EngineUnavailableError> {
  const isLasting = pod?.trouble?.isLasting === true
  const said = pod?.trouble?.hasLog === true ? saidLines(await cluster.lastWords(pod.name, signal)) : []
  const what = isLasting ? `the pods of ${name} do not come up` : `the pods of ${name} (${replicas}) are not ready after ${Math.round(timeoutMs / 1000)} s`
  const listed = [...reasons, ...said.map((line) => `  ${line}`)].map((line) => `\n  ${line}`).join('')
  return new EngineUnavailableError(`${what}${listed === '' ? '' : `:${listed}`}`, { hint: hintFor(reasons) })
}

const ADVICE: readonly (readonly [reason: RegExp, hint: string])[] = [
  [/PodSecurity|violates|privileged/i, 'the namespace does not allow privileged pods: use --driver-opt rootless=true, another namespace=NAME, or a label on it (pod-security.kubernetes.io/enforce=privileged)'],
  [/exceeded quota/i, 'ask for less (--driver-opt requests.cpu=…, requests.memory=…), or for another namespace=NAME'],
  [/ImagePull|InvalidImageName|ErrImage/i, 'name an image that the cluster can pull: --driver-opt image=REFERENCE'],
  [/cannot be scheduled/i, 'no node fits: see --driver-opt nodeselector, tolerations and requests.*; --driver-opt timeout=10m waits longer, where the cluster makes nodes'],
  [/CrashLoop|started again/i, 'the engine does not stay up: see what it said last, and --buildkitd-flags, --buildkitd-config and --driver-opt rootless'],
]

function hintFor(reasons: readonly string[]): string {
  const text = reasons.join('\n')
  return ADVICE.find(([pattern]) => pattern.test(text))?.[1] ?? '--driver-opt timeout=10m waits longer; kubectl describe pods says what they wait for'
}
