import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { UsageRecord } from '../../api/gen/control_pb.ts'
import type { TemplateValue } from './goTemplate.ts'
import { neutralize, truncate } from '../render/displayText.ts'
import { formatAge, formatBytes } from '../render/measure.ts'

const DESCRIPTION_COLUMNS = 60

export function describeRecord({ ID, InUse, Size, LastUsedAt, Description }: UsageRecord, now: number): readonly string[] {
  const used = LastUsedAt === undefined ? '' : formatAge(now - timestampMs(LastUsedAt))
  return [neutralize(ID.replace(/^sha256:/, '').slice(0, 25)), String(!InUse), formatBytes(Number(Size)), used, truncate(Description, DESCRIPTION_COLUMNS)]
}

export function describeRecordFully(record: UsageRecord): string {
  const fields: readonly (readonly [string, string])[] = [
    ['ID', record.ID],
    ['Created at', record.CreatedAt === undefined ? '' : new Date(timestampMs(record.CreatedAt)).toISOString()],
    ['Mutable', String(record.Mutable)],
    ['Reclaimable', String(!record.InUse)],
    ['Shared', String(record.Shared)],
    ['Size', formatBytes(Number(record.Size))],
    ['Description', record.Description],
    ['Usage count', String(record.UsageCount)],
    ['Last used', record.LastUsedAt === undefined ? '' : new Date(timestampMs(record.LastUsedAt)).toISOString()],
    ['Type', record.RecordType],
  ]
  return fields.filter(([, value]) => value !== '').map(([name, value]) => `${`${name}:`.padEnd(14)}${neutralize(value)}`).join('\n')
}

export function summarize(records: readonly UsageRecord[]): string {
  const sum = (chosen: readonly UsageRecord[]): string => formatBytes(chosen.reduce((total, { Size }) => total + Number(Size), 0))
  return `Reclaimable:  ${sum(records.filter(({ InUse }) => !InUse))}\nTotal:        ${sum(records)}`
}

/** What templates read, with buildx's names, and the node that the record is of. */
export function usageFields({ ID, Parents, CreatedAt, Mutable, InUse, Shared, Size, Description, UsageCount, LastUsedAt, RecordType }: UsageRecord, node: string, now: number): TemplateValue {
  return {
    ID,
    Parents,
    CreatedAt: CreatedAt === undefined ? '' : new Date(timestampMs(CreatedAt)).toISOString(),
    Mutable,
    Reclaimable: !InUse,
    Shared,
    Size: formatBytes(Number(Size)),
    Description,
    UsageCount: Number(UsageCount),
    LastUsedAt: LastUsedAt === undefined ? '' : formatAge(now - timestampMs(LastUsedAt)),
    Type: RecordType,
    Node: node,
  }
}
