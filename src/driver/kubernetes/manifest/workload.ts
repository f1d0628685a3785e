import { posix } from 'node:path'
import { formatPlatform, type Platform } from '../../../ground/platform.ts'
import { BUILDKITD_CONFIG } from '../../builders/builder.ts'
import { PLATFORM_ANNOTATION, type WorkloadSettings } from '../workloadSettings.ts'
import { podTemplate, STATE_VOLUME, type ConfigVolume, type Manifest } from './podTemplate.ts'

/** All that a node of a builder is in a cluster: a deployment, or, where its pods keep their state, a stateful set; and its configuration. */
export interface Workload {
  readonly namespace: string
  readonly name: string
  /** As Kubernetes' API has them in its paths. */
  readonly resource: 'deployments' | 'statefulsets'
  readonly replicas: number
  /** `key=value,…`, which its pods and claims have. */
  readonly selector: string
  readonly manifest: Manifest
  readonly configMaps: readonly NamedManifest[]
}

export interface NamedManifest {
  readonly name: string
  readonly manifest: Manifest
}

export interface WorkloadPlan {
  readonly namespace: string
  readonly node: string
  readonly settings: WorkloadSettings
  readonly platforms: readonly Platform[]
  readonly flags: readonly string[]
  /** Text by path below the engine's folder of configuration. */
  readonly files: ReadonlyMap<string, string>
}

const CONFIG_FOLDER = '/etc/buildkit'
const APP_LABEL = 'app'

/** With buildx's names, so that a builder of `docker buildx` of the same name is the same one. */
export function planWorkload(plan: WorkloadPlan): Workload {
  const { namespace, settings } = plan
  const name = workloadName(plan.node)
  const labels = { [APP_LABEL]: name, ...Object.fromEntries(settings.labels) }
  const platforms = plan.platforms.map(formatPlatform).join(',')
  const annotations = { ...(platforms !== '' && { [PLATFORM_ANNOTATION]: platforms }), ...Object.fromEntries(settings.annotations) }
  const configs = splitFiles(plan.files).map((config) => ({ ...config, configMap: `${name}-${config.volume}` }))
  const metadata = { namespace, name, labels, ...(Object.keys(annotations).length > 0 && { annotations }) }
  const flags = plan.files.has(BUILDKITD_CONFIG) ? ['--config', `${CONFIG_FOLDER}/${BUILDKITD_CONFIG}`, ...plan.flags] : plan.flags
  const spec = { replicas: settings.replicas, selector: { matchLabels: labels }, template: podTemplate({ settings, labels, annotations, flags, configs }) }
  const { claimedStorage } = settings
  return {
    namespace,
    name,
    resource: claimedStorage === undefined ? 'deployments' : 'statefulsets',
    replicas: settings.replicas,
    selector: Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(','),
    manifest: claimedStorage === undefined ? { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec } : statefulSet(metadata, spec, claimedStorage),
    configMaps: configs.map(({ configMap, data }) => ({ name: configMap, manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: configMap, labels }, data } })),
  }
}

/** Names of Kubernetes have no underscore. */
export function workloadName(node: string): string {
  return node.replaceAll('_', '-')
}

/** Pods come side by side: none needs another. */
function statefulSet(metadata: Manifest, spec: Manifest, storage: string): Manifest {
  const claim = { metadata: { name: STATE_VOLUME }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } } }
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: { serviceName: 'buildkitd', podManagementPolicy: 'Parallel', ...spec, volumeClaimTemplates: [claim] } }
}

interface ConfigFiles extends Omit<ConfigVolume, 'configMap'> {
  readonly data: Readonly<Record<string, string>>
}

/** A config map is a folder without folders. */
function splitFiles(files: ReadonlyMap<string, string>): readonly ConfigFiles[] {
  const folders = [...new Set([...files.keys()].map((path) => posix.dirname(path)))].toSorted()
  return folders.map((folder) => ({
    volume: folder === '.' ? 'config' : `config-${folders.filter((other) => other !== '.').indexOf(folder) + 1}`,
    mountPath: posix.join(CONFIG_FOLDER, folder),
    data: Object.fromEntries([...files].filter(([path]) => posix.dirname(path) === folder).map(([path, text]) => [posix.basename(path), text])),
  }))
}
