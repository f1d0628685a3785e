import type { Environment } from '../../kit/enterNamespaces.ts'
import type { Driver } from '../driver.ts'
import type { Reached } from '../programs/dialEngine.ts'
import { parsePlaceAddress } from '../programs/placeAddress.ts'
import { createProgramDriver } from '../programs/programDriver.ts'
import { dialPod, type PodPlace } from './dialPod.ts'
import { findKubectl } from './kubectl.ts'

/** A pod that is there, as BuildKit's clients write it. */
export interface PodAddress extends PodPlace {
  /** '' is the one that is current. */
  readonly context: string
}

/** Of `kube-pod://POD?context=…&namespace=…&container=…`. @throws InvalidValueError */
export function parsePodAddress(text: string): PodAddress {
  const { name, parameter } = parsePlaceAddress(text, { scheme: 'kube-pod', noun: 'pod', parameters: ['context', 'namespace', 'container'] })
  return { pod: name, context: parameter('context'), namespace: parameter('namespace'), container: parameter('container') }
}

/** The engine in a pod that somebody else starts and stops. @throws InvalidValueError on an address that is none */
export function createPodAddressDriver(text: string, env: Environment): Driver {
  const { context, ...place } = parsePodAddress(text)
  const reach = async (signal: AbortSignal): Promise<Reached> => {
    const { program } = findKubectl({ kubeconfig: '', context, env })
    return await dialPod(program, place, signal)
  }
  return createProgramDriver({ name: text, reach, find: reach })
}
