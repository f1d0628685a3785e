import type { Json } from '../ground/canonicalJson.ts'
import { parseDigest } from '../ground/digest.ts'
import type { ContainerConfig, Healthcheck, HistoryEntry, ImageConfig } from '../ground/oci/imageConfig.ts'
import { objectList, optionalBoolean, optionalNumber, optionalObject, optionalString, optionalStringList, parseJsonObject, requiredString, stringMap, toObject, type JsonObject } from '../ground/jsonValue.ts'
import { normalizePlatform } from '../ground/platform.ts'
import { ImageInvalidError, parseImagePart } from './imageError.ts'
import { formatGoJson, sortedMap } from './internal/goJson.ts'

/** As containerd bounds it. */
export const MAX_CONFIG_BYTES = 8 << 20

/** Fields that Pelago does not know are dropped. @throws ImageInvalidError */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  return parseImagePart('image config', () => {
    if (bytes.byteLength > MAX_CONFIG_BYTES) throw new ImageInvalidError(`it has ${bytes.byteLength} bytes, more than ${MAX_CONFIG_BYTES}`)
    const object = parseJsonObject(Buffer.from(bytes).toString(), 'config')
    const none: JsonObject = toObject({}, 'config')
    return {
      platform: normalizePlatform({
        os: requiredString(object, 'os'),
        architecture: requiredString(object, 'architecture'),
        variant: optionalString(object, 'variant') ?? '',
        osVersion: optionalString(object, 'os.version') ?? '',
      }),
      osFeatures: optionalStringList(object, 'os.features') ?? [],
      created: optionalString(object, 'created'),
      author: optionalString(object, 'author'),
      container: toContainerConfig(optionalObject(object, 'config') ?? none),
      diffIds: (optionalStringList(optionalObject(object, 'rootfs') ?? none, 'diff_ids') ?? []).map(parseDigest),
      history: objectList(object, 'history').map(toHistoryEntry),
    }
  })
}

/** Equal values give equal bytes: BuildKit's order, empty fields left out. */
export function formatImageConfig(config: ImageConfig): Uint8Array {
  const { platform } = config
  return formatGoJson(
    {
      architecture: platform.architecture,
      author: absentIfEmpty(config.author),
      config: containerConfigJson(config.container),
      created: config.created,
      history: config.history.map(historyEntryJson),
      'moby.buildkit.cache.v0': config.inlineCache,
      os: platform.os,
      'os.features': absentIfNone(config.osFeatures),
      'os.version': absentIfEmpty(platform.osVersion),
      rootfs: { type: 'layers', diff_ids: config.diffIds },
      variant: absentIfEmpty(platform.variant),
    },
    'compact',
  )
}

function toContainerConfig(object: JsonObject): ContainerConfig {
  return {
    user: absentIfEmpty(optionalString(object, 'User')),
    exposedPorts: setMembers(object, 'ExposedPorts'),
    env: optionalStringList(object, 'Env') ?? [],
    entrypoint: optionalStringList(object, 'Entrypoint'),
    cmd: optionalStringList(object, 'Cmd'),
    argsEscaped: optionalBoolean(object, 'ArgsEscaped') ?? false,
    volumes: setMembers(object, 'Volumes'),
    workingDir: absentIfEmpty(optionalString(object, 'WorkingDir')),
    labels: stringMap(object, 'Labels'),
    stopSignal: absentIfEmpty(optionalString(object, 'StopSignal')),
    healthcheck: toHealthcheck(optionalObject(object, 'Healthcheck')),
    onBuild: optionalStringList(object, 'OnBuild') ?? [],
    shell: optionalStringList(object, 'Shell'),
  }
}

function containerConfigJson(config: ContainerConfig): Json {
  return {
    User: absentIfEmpty(config.user),
    ExposedPorts: setJson(config.exposedPorts),
    Env: absentIfNone(config.env),
    Entrypoint: absentIfNone(config.entrypoint),
    Cmd: absentIfNone(config.cmd),
    Volumes: setJson(config.volumes),
    WorkingDir: absentIfEmpty(config.workingDir),
    Labels: sortedMap(config.labels),
    StopSignal: absentIfEmpty(config.stopSignal),
    ArgsEscaped: config.argsEscaped ? true : undefined,
    Healthcheck: config.healthcheck === undefined ? undefined : healthcheckJson(config.healthcheck),
    OnBuild: absentIfNone(config.onBuild),
    Shell: absentIfNone(config.shell),
  }
}

function toHealthcheck(object: JsonObject | undefined): Healthcheck | undefined {
  if (object === undefined) return undefined
  return {
    test: optionalStringList(object, 'Test') ?? [],
    intervalNs: optionalNumber(object, 'Interval') ?? 0,
    timeoutNs: optionalNumber(object, 'Timeout') ?? 0,
    startPeriodNs: optionalNumber(object, 'StartPeriod') ?? 0,
    startIntervalNs: optionalNumber(object, 'StartInterval') ?? 0,
    retries: optionalNumber(object, 'Retries') ?? 0,
  }
}

function healthcheckJson({ test, intervalNs, timeoutNs, startPeriodNs, startIntervalNs, retries }: Healthcheck): Json {
  return {
    Test: absentIfNone(test),
    Interval: absentIfZero(intervalNs),
    Timeout: absentIfZero(timeoutNs),
    StartPeriod: absentIfZero(startPeriodNs),
    StartInterval: absentIfZero(startIntervalNs),
    Retries: absentIfZero(retries),
  }
}

function toHistoryEntry(object: JsonObject): HistoryEntry {
  return {
    created: optionalString(object, 'created'),
    createdBy: optionalString(object, 'created_by'),
    author: optionalString(object, 'author'),
    comment: optionalString(object, 'comment'),
    emptyLayer: optionalBoolean(object, 'empty_layer') ?? false,
  }
}

function historyEntryJson({ created, createdBy, author, comment, emptyLayer }: HistoryEntry): Json {
  return { created, created_by: absentIfEmpty(createdBy), author: absentIfEmpty(author), comment: absentIfEmpty(comment), empty_layer: emptyLayer ? true : undefined }
}

/** Go's `map[string]struct{}`. */
function setMembers(object: JsonObject, key: string): readonly string[] {
  return [...(optionalObject(object, key)?.fields.keys() ?? [])].sort()
}

function setJson(members: readonly string[]): Json | undefined {
  return members.length === 0 ? undefined : Object.fromEntries(members.toSorted().map((member) => [member, {}]))
}

function absentIfEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function absentIfZero(value: number): number | undefined {
  return value === 0 ? undefined : value
}

function absentIfNone(list: readonly string[] | undefined): readonly string[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list
}
