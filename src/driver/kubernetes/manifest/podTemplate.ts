import type { WorkloadSettings } from '../workloadSettings.ts'

/** JSON as Kubernetes' API takes it. */
export type Manifest = Readonly<Record<string, unknown>>

export interface PodPlan {
  readonly settings: WorkloadSettings
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Of the buildkitd. */
  readonly flags: readonly string[]
  /** Folders of configuration: the config map of each by its name, and where it is put. */
  readonly configs: readonly ConfigVolume[]
}

export interface ConfigVolume {
  readonly volume: string
  readonly configMap: string
  readonly mountPath: string
}

export const CONTAINER_NAME = 'buildkitd'
/** Of the volume with the state, and of the claim for it. */
export const STATE_VOLUME = 'buildkitd'

const STATE_FOLDER = '/var/lib/buildkit'
const ROOTLESS_STATE_FOLDER = '/home/user/.local/share/buildkit'
const APPARMOR_ANNOTATION = `container.apparmor.security.beta.kubernetes.io/${CONTAINER_NAME}`

/** An engine answers that within a second; one that lists its workers works. */
const PROBE: Manifest = { exec: { command: ['buildctl', 'debug', 'workers'] }, failureThreshold: 3, periodSeconds: 30, successThreshold: 1, timeoutSeconds: 60 }
const READINESS: Manifest = { ...PROBE, initialDelaySeconds: 1, periodSeconds: 2, timeoutSeconds: 10 }
const LIVENESS: Manifest = { ...PROBE, initialDelaySeconds: 30 }

/** The pods of a builder's node, as buildx makes them. */
export function podTemplate(plan: PodPlan): Manifest {
  const { settings } = plan
  const annotations = { ...plan.annotations, ...(settings.isRootless && { [APPARMOR_ANNOTATION]: 'unconfined' }) }
  return {
    metadata: { labels: plan.labels, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: {
      ...(settings.serviceAccount !== undefined && { serviceAccountName: settings.serviceAccount }),
      ...(settings.scheduler !== undefined && { schedulerName: settings.scheduler }),
      ...(settings.nodeSelector.size > 0 && { nodeSelector: Object.fromEntries(settings.nodeSelector) }),
      ...(settings.tolerations.length > 0 && { tolerations: settings.tolerations }),
      ...(settings.qemuImage !== undefined && { initContainers: [qemuContainer(settings.qemuImage)] }),
      containers: [engineContainer(plan)],
      ...volumesOf(plan),
    },
  }
}

function qemuContainer(image: string): Manifest {
  return { name: 'qemu', image, args: ['--install', 'all'], securityContext: { privileged: true } }
}

function engineContainer({ settings, flags, configs }: PodPlan): Manifest {
  const args = settings.isRootless ? [...flags, '--oci-worker-no-process-sandbox'] : flags
  const mounts = [...configs.map(({ volume: name, mountPath }) => ({ name, mountPath })), ...stateMount(settings)]
  const resources = { ...(settings.requests.size > 0 && { requests: Object.fromEntries(settings.requests) }), ...(settings.limits.size > 0 && { limits: Object.fromEntries(settings.limits) }) }
  return {
    name: CONTAINER_NAME,
    image: settings.image,
    ...(args.length > 0 && { args }),
    ...(settings.env.size > 0 && { env: [...settings.env].map(([name, value]) => ({ name, value })) }),
    securityContext: settings.isRootless ? { seccompProfile: { type: 'Unconfined' }, appArmorProfile: { type: 'Unconfined' } } : { privileged: true },
    readinessProbe: READINESS,
    livenessProbe: LIVENESS,
    ...(Object.keys(resources).length > 0 && { resources }),
    ...(mounts.length > 0 && { volumeMounts: mounts }),
  }
}

/** The image's own volume is no good for a rootless engine where nodes mount it nosuid, and is memory's or a claim's only by name. */
function stateMount({ isRootless, claimedStorage, memoryStorage }: WorkloadSettings): readonly Manifest[] {
  if (!isRootless && claimedStorage === undefined && memoryStorage === undefined) return []
  return [{ name: STATE_VOLUME, mountPath: isRootless ? ROOTLESS_STATE_FOLDER : STATE_FOLDER }]
}

function volumesOf({ settings, configs }: PodPlan): Manifest {
  const { isRootless, claimedStorage, memoryStorage } = settings
  const inMemory = memoryStorage === undefined ? {} : { medium: 'Memory', sizeLimit: memoryStorage }
  const hasEmptyFolder = claimedStorage === undefined && (isRootless || memoryStorage !== undefined)
  const volumes = [...configs.map(({ volume, configMap }) => ({ name: volume, configMap: { name: configMap } })), ...(hasEmptyFolder ? [{ name: STATE_VOLUME, emptyDir: inMemory }] : [])]
  return volumes.length === 0 ? {} : { volumes }
}
