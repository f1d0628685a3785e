import { objectList, optionalNumber, optionalObject, optionalString, requiredObject, requiredString, type JsonObject } from '../../ground/jsonValue.ts'

/** A pod as the cluster tells of it. Kubernetes API, core/v1 `PodStatus`. */
export interface PodState {
  readonly name: string
  readonly isRunning: boolean
  /** Its engine answers, and it is not about to go. */
  readonly isReady: boolean
  /** Why it is not there yet; undefined where nothing is known to be wrong. */
  readonly trouble: PodTrouble | undefined
}

export interface PodTrouble {
  readonly text: string
  /** Waiting does not help. */
  readonly isLasting: boolean
  /** The container ran, and has a log. */
  readonly hasLog: boolean
}

/** Of `PodList`. @throws InvalidValueError */
export function parsePods(list: JsonObject): readonly PodState[] {
  return objectList(list, 'items').map(parsePod)
}

function parsePod(pod: JsonObject): PodState {
  const metadata = requiredObject(pod, 'metadata')
  const status = optionalObject(pod, 'status') ?? { path: '', fields: new Map() }
  const isEnding = optionalString(metadata, 'deletionTimestamp') !== undefined
  const isRunning = optionalString(status, 'phase') === 'Running' && !isEnding
  return {
    name: requiredString(metadata, 'name'),
    isRunning,
    isReady: isRunning && conditions(status).some(({ type, status: value }) => type === 'Ready' && value === 'True'),
    trouble: isEnding ? undefined : findTrouble(status),
  }
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** `conditions` of a pod, or of what makes pods. */
export function conditions(status: JsonObject): readonly Condition[] {
  return objectList(status, 'conditions').map((condition) => ({
    type: requiredString(condition, 'type'),
    status: requiredString(condition, 'status'),
    reason: optionalString(condition, 'reason') ?? '',
    message: optionalString(condition, 'message') ?? '',
  }))
}

/** Reasons of a waiting container that are the user's to mend. Before `ImagePullBackOff` a pull was tried already. */
const LASTING: ReadonlySet<string> = new Set(['ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'CreateContainerConfigError', 'CrashLoopBackOff'])
/** What a container goes through anyway. */
const USUAL: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing'])

function findTrouble(status: JsonObject): PodTrouble | undefined {
  const unplaced = conditions(status).find(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')
  if (unplaced !== undefined) return { text: `cannot be scheduled: ${unplaced.message}`, isLasting: false, hasLog: false }
  const containers = [...objectList(status, 'initContainerStatuses'), ...objectList(status, 'containerStatuses')]
  return containers.map(containerTrouble).find((trouble) => trouble !== undefined)
}

function containerTrouble(container: JsonObject): PodTrouble | undefined {
  const state = optionalObject(container, 'state')
  const waiting = state === undefined ? undefined : optionalObject(state, 'waiting')
  const ended = endOf(state) ?? endOf(optionalObject(container, 'lastState'))
  const name = requiredString(container, 'name')
  if (waiting !== undefined) return waitingTrouble(name, waiting, ended)
  const restarts = optionalNumber(container, 'restartCount') ?? 0
  return ended === undefined || restarts === 0 ? undefined : { text: `${name}: started again ${restarts} times (${ended})`, isLasting: false, hasLog: true }
}

function waitingTrouble(name: string, waiting: JsonObject, ended: string | undefined): PodTrouble | undefined {
  const [reason, message] = [optionalString(waiting, 'reason') ?? '', optionalString(waiting, 'message') ?? '']
  if (reason === '' || USUAL.has(reason)) return undefined
  const text = `${name}: ${reason}${message === '' ? '' : `: ${message}`}${ended === undefined ? '' : ` (${ended})`}`
  return { text, isLasting: LASTING.has(reason), hasLog: ended !== undefined }
}

/** Of a container that failed. */
function endOf(state: JsonObject | undefined): string | undefined {
  const terminated = state === undefined ? undefined : optionalObject(state, 'terminated')
  const exitCode = terminated === undefined ? undefined : optionalNumber(terminated, 'exitCode')
  if (terminated === undefined || exitCode === undefined || exitCode === 0) return undefined
  const reason = optionalString(terminated, 'reason') ?? ''
  return `${reason === '' || reason === 'Error' ? 'it ended' : reason} with exit code ${exitCode}`
}
