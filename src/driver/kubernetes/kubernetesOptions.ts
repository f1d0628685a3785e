import { createOptionCheck, type OptionCheck } from '../builders/optionCheck.ts'
import { parseWorkloadSettings } from './workloadSettings.ts'

const KEYS = [
  ...['image', 'namespace', 'replicas', 'rootless', 'loadbalance', 'timeout'],
  ...['requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage'],
  ...['persistent-volume-claim.requests.storage', 'buildkit-root-volume-memory'],
  ...['nodeselector', 'tolerations', 'labels', 'annotations', 'serviceaccount', 'schedulername'],
  ...['qemu.install', 'qemu.image', 'env.'],
]

const checkKeys = createOptionCheck('kubernetes', new Map(KEYS.map((key) => [key, () => undefined])))

/** The options of the driver kubernetes, with buildx's names. */
export const checkKubernetesOptions: OptionCheck = (options) => {
  checkKeys(options)
  parseWorkloadSettings(options)
}
