import { optionalNumber, optionalObject } from '../../ground/jsonValue.ts'
import type { Kubectl } from './kubectl.ts'
import type { Workload } from './manifest/workload.ts'
import { conditions, parsePods, type PodState } from './podState.ts'

/** A node's objects in the cluster. @throws EngineUnavailableError, each of them; signal.reason */
export interface Cluster {
  /** Undefined where there is none. */
  state(signal: AbortSignal): Promise<WorkloadState | undefined>
  pods(signal: AbortSignal): Promise<readonly PodState[]>
  /** Makes what is not there; configuration becomes what it is to be. */
  create(signal: AbortSignal): Promise<void>
  scale(replicas: number, signal: AbortSignal): Promise<void>
  /** Its pods' own volumes too, unless they are kept. */
  remove(keepsState: boolean, signal: AbortSignal): Promise<void>
  /** The last lines a pod's engine said, before it was started again where it was; '' where they cannot be had. */
  lastWords(pod: string, signal: AbortSignal): Promise<string>
}

export interface WorkloadState {
  /** That are wanted. */
  readonly replicas: number
  readonly readyReplicas: number
  /** Why pods cannot be made at all: a quota, a policy; '' where they can. */
  readonly failure: string
}

const LOG_LINES = 10

export function createCluster(kubectl: Kubectl, workload: Workload): Cluster {
  const core = `/api/v1/namespaces/${workload.namespace}`
  const list = `/apis/apps/v1/namespaces/${workload.namespace}/${workload.resource}`
  const path = `${list}/${workload.name}`
  const selected = `labelSelector=${encodeURIComponent(workload.selector)}`
  return {
    async state(signal) {
      const found = await kubectl.get(path, signal)
      if (found === undefined) return undefined
      const [spec, status] = [optionalObject(found, 'spec'), optionalObject(found, 'status')]
      return {
        replicas: (spec === undefined ? undefined : optionalNumber(spec, 'replicas')) ?? 1,
        readyReplicas: (status === undefined ? undefined : optionalNumber(status, 'readyReplicas')) ?? 0,
        failure: status === undefined ? '' : (conditions(status).find(({ type, status: value }) => type === 'ReplicaFailure' && value === 'True')?.message ?? ''),
      }
    },
    async pods(signal) {
      const found = await kubectl.get(`${core}/pods?${selected}`, signal)
      return found === undefined ? [] : parsePods(found)
    },
    async create(signal) {
      for (const { name, manifest } of workload.configMaps) {
        if (!(await kubectl.create(`${core}/configmaps`, manifest, signal))) await kubectl.replace(`${core}/configmaps/${name}`, manifest, signal)
      }
      await kubectl.create(list, workload.manifest, signal)
    },
    async scale(replicas, signal) {
      const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: workload.name, namespace: workload.namespace }, spec: { replicas } }
      await kubectl.replace(`${path}/scale`, scale, signal)
    },
    async remove(keepsState, signal) {
      await kubectl.remove(path, signal)
      for (const { name } of workload.configMaps) await kubectl.remove(`${core}/configmaps/${name}`, signal)
      if (!keepsState && workload.resource === 'statefulsets') await kubectl.remove(`${core}/persistentvolumeclaims?${selected}`, signal)
    },
    lastWords: async (pod, signal) => await kubectl.logs({ namespace: workload.namespace, pod, lines: LOG_LINES }, signal),
  }
}
