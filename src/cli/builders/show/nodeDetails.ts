import type { CDIDevice, GCPolicy } from '../../../api/gen/worker_pb.ts'
import { formatGoDuration } from '../../../dockerfile/goText.ts'
import type { TemplateValue } from '../../format/goTemplate.ts'
import { formatBytes } from '../../render/measure.ts'
import type { NodeState } from './nodeState.ts'

/** What is below the fields of a node, as `docker buildx inspect` has it: lines. */
export function formatDetails({ node, labels, policies, devices }: NodeState): readonly string[] {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return [
    ...block('Labels:', pairs.map(([key, value]) => [`${key}:`, value])),
    ...(devices.length === 0 ? [] : ['Devices:', ...devices.flatMap((device) => fieldLines(deviceFields(device)))]),
    ...policies.flatMap((policy, index) => block(`GC Policy rule#${index}:`, describePolicy(policy))),
    ...[...node.files].flatMap(([path, text]) => [`File#${path}:`, ...text.trimEnd().split('\n').map((line) => ` > ${line}`)]),
  ]
}

type Field = readonly [name: string, value: string]

function block(title: string, fields: readonly Field[]): readonly string[] {
  return fields.length === 0 ? [] : [title, ...fieldLines(fields)]
}

function fieldLines(fields: readonly Field[]): readonly string[] {
  const width = Math.max(16, ...fields.map(([name]) => name.length + 1))
  return fields.map(([name, value]) => ` ${name.padEnd(width)}${value}`)
}

function deviceFields({ Name, AutoAllow, OnDemand, Annotations }: CDIDevice): readonly Field[] {
  return [
    ['Name:', Name],
    OnDemand ? ['On-Demand:', 'true'] : ['Automatically allowed:', String(AutoAllow)],
    ...Object.entries(Annotations).map(([key, value]): Field => [`${key}:`, value]),
  ]
}

function describePolicy({ all, filters, keepDuration, reservedSpace, maxUsedSpace, minFreeSpace }: GCPolicy): readonly Field[] {
  const size = (bytes: bigint): string => (bytes > 0n ? formatBytes(Number(bytes)) : '')
  const fields: readonly Field[] = [
    ['All:', String(all)],
    ['Filters:', filters.join(' ')],
    ['Keep Duration:', keepDuration > 0n ? formatGoDuration(Number(keepDuration)) : ''],
    ['Reserved Space:', size(reservedSpace)],
    ['Max Used Space:', size(maxUsedSpace)],
    ['Min Free Space:', size(minFreeSpace)],
  ]
  return fields.filter(([, value]) => value !== '')
}

/** With buildx's names; numbers are nanoseconds and bytes. */
export function policyFields({ all, filters, keepDuration, reservedSpace, maxUsedSpace, minFreeSpace }: GCPolicy): TemplateValue {
  return { All: all, Filter: filters, KeepDuration: Number(keepDuration), ReservedSpace: Number(reservedSpace), MaxUsedSpace: Number(maxUsedSpace), MinFreeSpace: Number(minFreeSpace) }
}
