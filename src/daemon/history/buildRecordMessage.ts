import { clone, create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { BuildHistoryRecordSchema, type BuildHistoryRecord, type DescriptorSchema, type SolveRequest } from '../../api/gen/control_pb.ts'
import { toStatus } from '../../api/errorMapping.ts'
import type { RecordedProvenance } from '../../engine/attestation/recordedProvenance.ts'
import type { EventsBlob } from '../../engine/history/buildHistory.ts'
import { parseJsonObject } from '../../ground/jsonValue.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { PREDICATE_TYPE_ANNOTATION } from '../../image/index/attestation.ts'
import { parseDescriptor } from '../../image/manifestJson.ts'
import type { ProgressEvent } from '../../progress/progressEvent.ts'
import { STATUS_LOG_TYPE } from './statusLog.ts'

/** How a build ended. */
export type BuildEnding =
  | { readonly kind: 'completed'; readonly response: ReadonlyMap<string, string>; readonly provenance: readonly RecordedProvenance[] }
  | { readonly kind: 'failed'; readonly error: unknown }

/** What is told of a build that runs. */
export function startedRecord({ Ref, Frontend, FrontendAttrs, Exporters }: SolveRequest, startedAtMs: number): BuildHistoryRecord {
  return create(BuildHistoryRecordSchema, { Ref, Frontend, FrontendAttrs: withoutCaches(FrontendAttrs), Exporters, CreatedAt: timestampFromMs(startedAtMs), Generation: 1 })
}

/** What names a cache may hold a token or a key, which is not to be found on a disk. */
function withoutCaches(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== 'cache-imports'))
}

export interface CompletedFacts {
  readonly completedAtMs: number
  readonly ending: BuildEnding
  readonly events: readonly ProgressEvent[]
  readonly blob: EventsBlob
  readonly attachments: readonly Attachment[]
}

/** What is said of a platform of the result, as a blob of the store. */
export interface Attachment extends EventsBlob {
  readonly platform: string
  readonly predicateType: string
}

/** What is told of a build that is over, of one that was `started`. */
export function completedRecord(started: BuildHistoryRecord, { completedAtMs, ending, events, blob, attachments }: CompletedFacts): BuildHistoryRecord {
  const { Ref, Frontend, FrontendAttrs, Exporters, CreatedAt, Generation } = started
  return create(BuildHistoryRecordSchema, {
    ...{ Ref, Frontend, FrontendAttrs, Exporters },
    ...(CreatedAt === undefined ? {} : { CreatedAt }),
    ...countSteps(events),
    ...describeEnding(ending),
    ...(ending.kind === 'completed' ? describeResults(ending.response, attachments) : {}),
    CompletedAt: timestampFromMs(completedAtMs),
    logs: { mediaType: STATUS_LOG_TYPE, digest: blob.digest, size: BigInt(blob.sizeBytes) },
    Generation: Generation + 1,
  })
}

export function pinnedRecord(record: BuildHistoryRecord, isPinned: boolean): BuildHistoryRecord {
  const pinned = clone(BuildHistoryRecordSchema, record)
  pinned.pinned = isPinned
  pinned.Generation += 1
  return pinned
}

type RecordInit = MessageInitShape<typeof BuildHistoryRecordSchema>

function describeEnding(ending: BuildEnding): Pick<RecordInit, 'ExporterResponse' | 'error'> {
  if (ending.kind === 'completed') return { ExporterResponse: Object.fromEntries(ending.response) }
  const { code, message, details } = toStatus(ending.error)
  return { error: { code, message, details: details.map(({ typeUrl, value }) => ({ typeUrl, value: Uint8Array.from(value) })) } }
}

/** BuildKit's form: the result of one platform, or those of several by platform; and the image, where one was made. */
function describeResults(response: ReadonlyMap<string, string>, attachments: readonly Attachment[]): Pick<RecordInit, 'Result' | 'Results'> {
  const image = describeImage(response)
  const common = image === undefined ? {} : { ResultDeprecated: image, Results: { '0': image } }
  const [only] = attachments
  if (attachments.length < 2) return { Result: { ...common, Attestations: only === undefined ? [] : [describeAttachment(only)] } }
  return { Result: common, Results: Object.fromEntries(attachments.map((attachment) => [attachment.platform, { Attestations: [describeAttachment(attachment)] }])) }
}

function describeAttachment({ digest, sizeBytes, predicateType }: Attachment): MessageInitShape<typeof DescriptorSchema> {
  return { mediaType: MEDIA_TYPE.inToto, digest, size: BigInt(sizeBytes), annotations: { [PREDICATE_TYPE_ANNOTATION]: predicateType } }
}

function describeImage(response: ReadonlyMap<string, string>): MessageInitShape<typeof DescriptorSchema> | undefined {
  const text = response.get('containerimage.descriptor')
  if (text === undefined) return undefined
  const { mediaType, digest, sizeBytes, annotations } = parseDescriptor(parseJsonObject(Buffer.from(text, 'base64').toString(), 'containerimage.descriptor'))
  return { mediaType, digest, size: BigInt(sizeBytes), annotations: Object.fromEntries(annotations) }
}

function countSteps(events: readonly ProgressEvent[]): Pick<BuildHistoryRecord, 'numTotalSteps' | 'numCompletedSteps' | 'numCachedSteps' | 'numWarnings'> {
  const [all, completed, cached] = [new Set<string>(), new Set<string>(), new Set<string>()]
  let numWarnings = 0
  for (const event of events) {
    if (event.kind === 'warning') numWarnings += 1
    if (event.kind === 'vertex-announced') all.add(event.vertex)
    if (event.kind !== 'vertex-done') continue
    completed.add(event.vertex)
    if (event.outcome.kind === 'cached') cached.add(event.vertex)
  }
  return { numTotalSteps: all.size, numCompletedSteps: completed.size, numCachedSteps: cached.size, numWarnings }
}
