import { parse, TomlError } from 'smol-toml'
import { InvalidValueError } from '../../ground/errors.ts'
import { objectList, optionalBoolean, optionalNumber, optionalObject, optionalString, optionalStringList, stringMap, toObject, type JsonObject } from '../../ground/jsonValue.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { formatRepository, parseReference } from '../../ground/reference.ts'
import { parseDurationNs } from '../../ground/quantity/duration.ts'
import type { DnsConfig, HistoryConfig, RegistrySettings } from './engineConfig.ts'
import { parseDiskSpace, type DiskSpace } from './diskSpace.ts'
import { parseEntitlement } from './entitlements.ts'
import type { GcBounds, GcPolicy } from './gcPolicy.ts'
import { checkKeys } from './knownKeys.ts'

/** A file in the form of BuildKit's buildkitd.toml; what it does not say is undefined, or empty. Paths are as written. */
export interface BuildkitdToml {
  readonly root: string | undefined
  readonly isDebug: boolean
  readonly entitlements: readonly string[]
  readonly addresses: readonly string[]
  readonly groupId: number | undefined
  readonly userId: number | undefined
  readonly tls: { readonly certificate: string | undefined; readonly key: string | undefined; readonly authorities: string | undefined }
  readonly registries: ReadonlyMap<string, RegistrySettings>
  readonly platforms: readonly ReturnType<typeof parsePlatform>[]
  readonly labels: ReadonlyMap<string, string>
  readonly maxParallelism: number | undefined
  readonly gc: GcSettings
  readonly history: HistoryConfig | undefined
  readonly dns: DnsConfig | undefined
  /** Where devices are described; undefined: where they usually are. */
  readonly cdiFolders: readonly string[] | undefined
  /** Repositories in full whose images may be run as frontends: none where that is off, undefined where all may. */
  readonly frontendRepositories: readonly string[] | undefined
  /** What is there and changes nothing. */
  readonly warnings: readonly string[]
}

export interface GcSettings {
  readonly isOn: boolean
  readonly bounds: GcBounds
  /** Empty: BuildKit's own. */
  readonly policies: readonly GcPolicy[]
}

/** @throws InvalidValueError with the place where it is no TOML, and on keys that there are not or that would be unsafe to leave out */
export function parseBuildkitdToml(text: string, path: string): BuildkitdToml {
  const document = parseToml(text, path)
  const warnings = checkKeys(document)
  const grpc = section(document, 'grpc')
  const tls = section(grpc, 'tls')
  const oci = section(section(document, 'worker'), 'oci')
  checkWorkers(oci, section(section(document, 'worker'), 'containerd'))
  const cdi = section(document, 'cdi')
  return {
    root: optionalString(document, 'root'),
    isDebug: optionalBoolean(document, 'debug') ?? false,
    entitlements: (optionalStringList(document, 'insecure-entitlements') ?? []).map(parseEntitlement),
    addresses: optionalStringList(grpc, 'address') ?? [],
    groupId: optionalNumber(grpc, 'gid'),
    userId: optionalNumber(grpc, 'uid'),
    tls: { certificate: optionalString(tls, 'cert'), key: optionalString(tls, 'key'), authorities: optionalString(tls, 'ca') },
    registries: readRegistries(section(document, 'registry')),
    platforms: (optionalStringList(oci, 'platforms') ?? []).map((platform) => parsePlatform(platform)),
    labels: stringMap(oci, 'labels'),
    maxParallelism: positive(oci, 'max-parallelism'),
    gc: readGc(oci),
    history: readHistory(optionalObject(document, 'history')),
    dns: readDns(optionalObject(document, 'dns')),
    cdiFolders: optionalBoolean(cdi, 'disabled') === true ? [] : optionalStringList(cdi, 'specDirs'),
    frontendRepositories: readFrontends(section(section(document, 'frontend'), 'gateway.v0')),
    warnings,
  }
}

function parseToml(text: string, path: string): JsonObject {
  try {
    return { path: '', fields: toObject(parse(text), path).fields }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw new InvalidValueError(`${path}:${error.line}:${error.column}: ${error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? 'no TOML'}`, { cause: error })
  }
}

function section(object: JsonObject, key: string): JsonObject {
  return { path: object.path === '' ? key : `${object.path}.${key}`, fields: optionalObject(object, key)?.fields ?? new Map() }
}

/** What would be less safe, or do nothing at all, if it were left out. */
function checkWorkers(oci: JsonObject, containerd: JsonObject): void {
  const refuse = (key: string, hint: string): never => {
    throw new InvalidValueError(`worker.oci.${key} cannot be obeyed`, { hint })
  }
  if (optionalBoolean(oci, 'enabled') === false) refuse('enabled = false', 'it is the one worker there is')
  const network = optionalString(oci, 'networkMode') ?? ''
  if (!['', 'auto', 'host'].includes(network)) refuse(`networkMode = ${JSON.stringify(network)}`, 'steps share the network of the machine: write "host" to say that this is meant')
  if ((optionalString(oci, 'apparmor-profile') ?? '') !== '') refuse('apparmor-profile', 'steps run without a profile of AppArmor: remove it to say that this is meant')
  if (optionalBoolean(oci, 'selinux') === true) refuse('selinux', 'steps run without labels of SELinux: remove it to say that this is meant')
  if (optionalBoolean(containerd, 'enabled') === true) throw new InvalidValueError('worker.containerd cannot be obeyed', { hint: 'steps are run by crun: write enabled = false' })
}

/** An empty list allows all, as in BuildKit. */
function readFrontends(gateway: JsonObject): readonly string[] | undefined {
  if (optionalBoolean(gateway, 'enabled') === false) return []
  const allowed = optionalStringList(gateway, 'allowedRepositories') ?? []
  return allowed.length === 0 ? undefined : allowed.map((name) => formatRepository(parseReference(name)))
}

function readRegistries(registry: JsonObject): ReadonlyMap<string, RegistrySettings> {
  return new Map(
    [...registry.fields.keys()].map((host) => {
      const settings = toObject(registry.fields.get(host), `registry.${host}`)
      const [pair, second] = objectList(settings, 'keypair')
      if (second !== undefined) throw new InvalidValueError(`registry.${host} has several key pairs`, { hint: 'a client shows one certificate: keep one' })
      return [
        host,
        {
          mirrors: optionalStringList(settings, 'mirrors') ?? [],
          isInsecure: optionalBoolean(settings, 'http') === true || optionalBoolean(settings, 'insecure') === true,
          authorities: optionalStringList(settings, 'ca') ?? [],
          clientPair: pair === undefined ? undefined : { certificate: optionalString(pair, 'cert') ?? '', key: optionalString(pair, 'key') ?? '' },
          certFolders: optionalStringList(settings, 'tlsconfigdir') ?? [],
        },
      ]
    }),
  )
}

function readGc(oci: JsonObject): GcSettings {
  const reservedSpace = space(oci, 'reservedSpace') ?? space(oci, 'gckeepstorage')
  return {
    isOn: optionalBoolean(oci, 'gc') ?? true,
    bounds: { reservedSpace, maxUsedSpace: space(oci, 'maxUsedSpace'), minFreeSpace: space(oci, 'minFreeSpace') },
    policies: objectList(oci, 'gcpolicy').map(readPolicy),
  }
}

const POLICY_KEYS = ['all', 'filters', 'keepDuration', 'keepBytes', 'reservedSpace', 'maxUsedSpace', 'minFreeSpace']

function readPolicy(policy: JsonObject): GcPolicy {
  const unknown = [...policy.fields.keys()].find((key) => !POLICY_KEYS.includes(key))
  if (unknown !== undefined) throw new InvalidValueError(`unknown key: ${policy.path}.${unknown}`, { hint: `the keys are ${POLICY_KEYS.join(', ')}` })
  return {
    all: optionalBoolean(policy, 'all') ?? false,
    filters: optionalStringList(policy, 'filters') ?? [],
    keepMs: durationMs(policy, 'keepDuration') ?? 0,
    reservedSpace: space(policy, 'reservedSpace') ?? space(policy, 'keepBytes'),
    maxUsedSpace: space(policy, 'maxUsedSpace'),
    minFreeSpace: space(policy, 'minFreeSpace'),
  }
}

function readHistory(history: JsonObject | undefined): HistoryConfig | undefined {
  return history && { maxAgeMs: durationMs(history, 'maxAge'), maxEntries: positive(history, 'maxEntries') }
}

function readDns(dns: JsonObject | undefined): DnsConfig | undefined {
  const list = (key: string): readonly string[] => (dns && optionalStringList(dns, key)) ?? []
  return dns && { nameservers: list('nameservers'), options: list('options'), searchDomains: list('searchDomains') }
}

function space(object: JsonObject, key: string): DiskSpace | undefined {
  const value = object.fields.get(key)
  return value === undefined ? undefined : parseDiskSpace(value, `${object.path}.${key}`)
}

/** Seconds, or Go's durations. */
function durationMs(object: JsonObject, key: string): number | undefined {
  const value = object.fields.get(key)
  if (value === undefined) return undefined
  if (typeof value === 'number' && value >= 0) return value * 1000
  if (typeof value !== 'string') throw new InvalidValueError(`${object.path}.${key} is no duration`, { hint: 'write seconds, or "48h"' })
  return /^\d+$/.test(value) ? Number(value) * 1000 : Number(parseDurationNs(value) / 1_000_000n)
}

/** 0 is as if it were not there. */
function positive(object: JsonObject, key: string): number | undefined {
  const value = optionalNumber(object, key)
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) throw new InvalidValueError(`${object.path}.${key} is not a whole number`)
  return value === 0 ? undefined : value
}
