import { InvalidValueError } from '../../ground/errors.ts'
import type { JsonObject } from '../../ground/jsonValue.ts'
import { nearest } from '../../ground/nearest.ts'

const NO_CNI = 'steps share the network of the machine'

/**
 * The keys of buildkitd.toml, section by section. `read`: it means here what it means there. `table`: a section of its
 * own. A text: what is said about it, for it changes nothing here, and nothing gets less safe by that. `*` is any key.
 */
const SECTIONS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries({
    '': {
      debug: 'read', root: 'read', 'insecure-entitlements': 'read', grpc: 'table', worker: 'table', registry: 'table', dns: 'table', history: 'table', cdi: 'table', log: 'table', otel: 'table', frontend: 'table', system: 'table',
      trace: 'debug = true logs each call, and there is no more to log', provenanceEnvDir: 'what it holds is not put into provenance',
    },
    grpc: { address: 'read', uid: 'read', gid: 'read', tls: 'table', debugAddress: 'there are no profiles to fetch', securityDescriptor: 'it is for Windows' },
    'grpc.tls': { cert: 'read', key: 'read', ca: 'read' },
    worker: { oci: 'table', containerd: 'table' },
    'worker.oci': {
      enabled: 'read', platforms: 'read', labels: 'read', 'max-parallelism': 'read', gc: 'read', gckeepstorage: 'read', reservedSpace: 'read', maxUsedSpace: 'read', minFreeSpace: 'read', gcpolicy: 'read', networkMode: 'read', 'apparmor-profile': 'read', selinux: 'read',
      snapshotter: 'overlayfs is used where it can be; PELAGO_SNAPSHOTTER=copy does without', rootless: 'it is so for every user but root', noProcessSandbox: 'steps have a pid namespace of their own', binary: 'steps are run by crun',
      cniConfigPath: NO_CNI, cniBinaryPath: NO_CNI, cniPoolSize: NO_CNI, bridgeName: NO_CNI, bridgeSubnet: NO_CNI, proxySnapshotterPath: 'there are no other snapshotters', stargzSnapshotter: 'there are no other snapshotters',
      defaultCgroupParent: 'steps are in a cgroup of the engine', isolateCgroups: 'it is so anyway', userRemapUnsupported: 'ids are mapped as the engine is started',
    },
    'worker.containerd': { '*': '', enabled: 'read' },
    'registry.*': { mirrors: 'read', http: 'read', insecure: 'read', ca: 'read', keypair: 'read', tlsconfigdir: 'read' },
    dns: { nameservers: 'read', options: 'read', searchDomains: 'read' },
    history: { maxAge: 'read', maxEntries: 'read' },
    cdi: { disabled: 'read', specDirs: 'read', autoAllowed: 'a build is given a device only where its client allows it' },
    log: { format: 'the log is lines of JSON' },
    otel: { socketPath: 'no traces are sent' },
    frontend: { 'dockerfile.v0': 'it is always there', 'gateway.v0': 'table' },
    'frontend.gateway.v0': { enabled: 'read', allowedRepositories: 'read' },
    system: { platformsCacheMaxAge: 'what runs here is looked up when the engine starts' },
  }).map(([section, keys]) => [section, new Map<string, string>(Object.entries(keys))]),
)

/** What is to be said about the keys that are there and change nothing. @throws InvalidValueError on a key that there is not */
export function checkKeys(object: JsonObject, section = ''): readonly string[] {
  const known = SECTIONS.get(section) ?? SECTIONS.get(section.replace(/^registry\..*$/s, 'registry.*'))
  return [...object.fields].flatMap(([key, value]) => {
    const path = section === '' ? key : `${section}.${key}`
    const handling = section === 'registry' ? 'table' : (known?.get(key) ?? known?.get('*'))
    if (handling === undefined) throw unknownKey(path, [...(known?.keys() ?? [])], key)
    if (handling === 'table') return checkKeys(tableOf(value, path), path)
    return handling === 'read' || handling === '' ? [] : [`${path} changes nothing here: ${handling}`]
  })
}

function tableOf(value: unknown, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidValueError(`${path} is not a table`, { hint: `write [${path}]` })
  return { path, fields: new Map(Object.entries(value)) }
}

function unknownKey(path: string, keys: readonly string[], key: string): InvalidValueError {
  const close = nearest(key, keys.filter((known) => known !== '*'))
  return new InvalidValueError(`unknown key: ${path}`, { hint: close === undefined ? 'the keys are those of buildkitd.toml: see docs/serve.md' : `did you mean ${JSON.stringify(close)}?` })
}
