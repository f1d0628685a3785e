import { basename, relative } from 'node:path'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { BuildHistoryRecord } from '../../api/gen/control_pb.ts'
import { GRPC } from '../../api/grpc/status.ts'
import { CONTEXT_ATTRIBUTE, DOCKERFILE_ATTRIBUTE } from '../../driver/clientPaths.ts'

export type BuildStatus = 'running' | 'completed' | 'error' | 'canceled'

/** A build of an engine, as its history tells it. */
export interface PastBuild {
  readonly ref: string
  readonly name: string
  readonly status: BuildStatus
  readonly startedAtMs: number
  /** Undefined while it runs. */
  readonly completedAtMs: number | undefined
  /** What the frontend was told. */
  readonly attributes: ReadonlyMap<string, string>
  /** What it said at its end; '' where all is well. */
  readonly error: string
  readonly message: BuildHistoryRecord
}

export function readPastBuild(message: BuildHistoryRecord): PastBuild {
  const attributes = new Map(Object.entries(message.FrontendAttrs))
  return {
    ref: message.Ref,
    name: nameBuild(attributes),
    status: statusOf(message),
    startedAtMs: message.CreatedAt === undefined ? 0 : timestampMs(message.CreatedAt),
    completedAtMs: message.CompletedAt === undefined ? undefined : timestampMs(message.CompletedAt),
    attributes,
    error: message.error?.message ?? '',
    message,
  }
}

function statusOf({ CompletedAt, error }: BuildHistoryRecord): BuildStatus {
  if (CompletedAt === undefined) return 'running'
  if (error === undefined) return 'completed'
  return error.code === GRPC.cancelled ? 'canceled' : 'error'
}

/** As buildx calls builds: by BUILDKIT_BUILD_NAME, else by the context or its folder, the Dockerfile where it has another name, and the target. */
export function nameBuild(attributes: ReadonlyMap<string, string>): string {
  const given = attributes.get('build-arg:BUILDKIT_BUILD_NAME') ?? ''
  if (given !== '') return given
  const target = attributes.get('target') ?? ''
  const place = placeOf(attributes)
  if (place === '' || target === '') return place || target
  return `${place} (${target})`
}

function placeOf(attributes: ReadonlyMap<string, string>): string {
  const remote = attributes.get('context') ?? ''
  if (remote !== '') return remote
  const folder = attributes.get(CONTEXT_ATTRIBUTE)
  const file = dockerfileOf(attributes)
  if (folder === undefined) return attributes.get('vcs:source') ?? (file === 'Dockerfile' ? '' : file)
  return file === 'Dockerfile' ? basename(folder) : `${basename(folder)}/${file}`
}

/** Its path in the context where it lies there, else all of it. */
export function dockerfileOf(attributes: ReadonlyMap<string, string>): string {
  const [folder, file] = [attributes.get(CONTEXT_ATTRIBUTE), attributes.get(DOCKERFILE_ATTRIBUTE)]
  if (file === undefined) return attributes.get('filename') ?? 'Dockerfile'
  const inside = folder === undefined ? file : relative(folder, file)
  return inside.startsWith('..') ? file : inside
}
