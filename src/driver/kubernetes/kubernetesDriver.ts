import { InvalidValueError } from '../../ground/errors.ts'
import type { Environment } from '../../kit/enterNamespaces.ts'
import type { BuilderNode } from '../builders/builder.ts'
import { EngineUnavailableError, type Driver, type EnginePlace } from '../driver.ts'
import type { Reached } from '../programs/dialEngine.ts'
import { createProgramDriver } from '../programs/programDriver.ts'
import { choosePod } from './choosePod.ts'
import { createCluster, type Cluster } from './cluster.ts'
import { dialPod } from './dialPod.ts'
import { findKubectl, type Kubectl } from './kubectl.ts'
import { planWorkload, workloadName, type Workload } from './manifest/workload.ts'
import { CONTAINER_NAME } from './manifest/podTemplate.ts'
import type { PodState } from './podState.ts'
import { awaitRollout } from './rollout.ts'
import { parseWorkloadSettings, type WorkloadSettings } from './workloadSettings.ts'

export interface KubernetesDriverOptions {
  readonly node: Pick<BuilderNode, 'name' | 'endpoint' | 'platforms' | 'options' | 'flags' | 'files'>
  readonly env: Environment
  /** Told before what takes its time, and why it does. */
  readonly notice: (text: string) => void
  /** What keeps its pod where there are several: the folder that one works in. */
  readonly key: string
  /** In [0, 1). */
  readonly random: () => number
}

/** Engines in pods of a cluster, by buildx's conventions: a node is a deployment, or a stateful set where its pods keep their state. */
export function createKubernetesDriver(options: KubernetesDriverOptions): Driver {
  const { node } = options
  const settings = parseWorkloadSettings(node.options)
  let opened: Promise<Opened> | undefined
  const open = (signal: AbortSignal): Promise<Opened> => (opened ??= openCluster(options, settings, signal))
  const dialOne = async (isWanted: (pod: PodState) => boolean, signal: AbortSignal): Promise<Reached | undefined> => {
    const { kubectl, cluster, workload } = await open(signal)
    const pod = choosePod((await cluster.pods(signal)).filter(isWanted), { ...options, loadBalance: settings.loadBalance })
    return pod === undefined ? undefined : await dialPod(kubectl.program, { namespace: workload.namespace, pod: pod.name, container: CONTAINER_NAME }, signal)
  }
  const find = (signal: AbortSignal): Promise<Reached | undefined> => dialOne(() => true, signal)
  return createProgramDriver({
    name: `kubernetes ${workloadName(node.name)}`,
    find,
    async reach(signal) {
      // one that runs and is not ready is still coming up, and the rollout waits for it
      const ready = await dialOne(({ isReady }) => isReady, signal)
      if (ready !== undefined) return ready
      await bring(await open(signal), { settings, notice: options.notice }, signal)
      const reached = await find(signal)
      if (reached === undefined) throw new EngineUnavailableError(`no pod of ${workloadName(node.name)} runs`, { hint: 'kubectl get pods shows what became of them' })
      return reached
    },
    place: createPlace(open),
  })
}

interface Opened {
  readonly kubectl: Kubectl
  readonly cluster: Cluster
  readonly workload: Workload
}

async function openCluster({ node, env }: KubernetesDriverOptions, settings: WorkloadSettings, signal: AbortSignal): Promise<Opened> {
  const kubectl = findKubectl({ kubeconfig: kubeconfigOf(node.endpoint), context: '', env })
  const namespace = settings.namespace ?? (await kubectl.namespace(signal))
  const workload = planWorkload({ namespace, node: node.name, settings, platforms: node.platforms, flags: node.flags, files: node.files })
  return { kubectl, workload, cluster: createCluster(kubectl, workload) }
}

/** Of `kubernetes:///BUILDER?deployment=NODE&kubeconfig=PATH`, as buildx has it. @throws InvalidValueError */
function kubeconfigOf(endpoint: string): string {
  if (!URL.canParse(endpoint) || new URL(endpoint).protocol !== 'kubernetes:') throw new InvalidValueError(`invalid endpoint of the driver kubernetes: ${JSON.stringify(endpoint)}`, { hint: 'make the node anew, without an endpoint: it is in the cluster of kubectl' })
  return new URL(endpoint).searchParams.get('kubeconfig') ?? ''
}

/** Brings the pods up, and waits for them. */
async function bring({ cluster, workload }: Opened, { settings, notice }: { readonly settings: WorkloadSettings; readonly notice: (text: string) => void }, signal: AbortSignal): Promise<void> {
  const state = await cluster.state(signal)
  if (state === undefined) {
    notice(`creating ${workload.resource}/${workload.name} in the namespace ${workload.namespace}`)
    await cluster.create(signal)
  } else if (state.replicas < workload.replicas) {
    await cluster.scale(workload.replicas, signal)
  }
  notice(`waiting for ${workload.replicas === 1 ? 'its pod' : `its ${workload.replicas} pods`}`)
  await awaitRollout(cluster, { name: workload.name, replicas: workload.replicas, timeoutMs: settings.timeoutMs, notice }, signal)
}

function createPlace(open: (signal: AbortSignal) => Promise<Opened>): EnginePlace {
  return {
    async status(signal) {
      const state = await (await open(signal)).cluster.state(signal)
      return state === undefined ? 'absent' : state.readyReplicas > 0 ? 'running' : 'stopped'
    },
    async stop(signal) {
      const { cluster } = await open(signal)
      const state = await cluster.state(signal)
      if (state !== undefined && state.replicas > 0) await cluster.scale(0, signal)
    },
    async remove({ keepsState, keepsEngine }, signal) {
      if (!keepsEngine) await (await open(signal)).cluster.remove(keepsState, signal)
    },
  }
}
