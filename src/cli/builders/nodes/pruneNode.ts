import type { PruneRequest } from '../../../api/gen/control_pb.ts'
import type { CommandContext } from '../../command.ts'
import { describeRecord, describeRecordFully } from '../../format/usageRow.ts'
import type { NodeEngine } from './openNodes.ts'

export interface PruneView extends Pick<CommandContext, 'stdout'> {
  /** Everything of each record, rather than a line. */
  readonly isFull: boolean
  /** Whether each record says whose it was. */
  readonly isNamed: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Has the cache of a node pruned, and tells of each record that goes; how many bytes went. */
export async function pruneNode({ node, engine }: NodeEngine, request: Omit<PruneRequest, '$typeName' | '$unknown'>, { isFull, isNamed, now, stdout }: PruneView, signal: AbortSignal): Promise<number> {
  let bytes = 0
  for await (const record of engine.control.prune(request, { signal })) {
    bytes += Number(record.Size)
    const [id = '', , size = ''] = describeRecord(record, now)
    const name = isNamed ? [node.name] : []
    stdout.write(isFull ? `${[...name.map((one) => `${'Node:'.padEnd(14)}${one}`), describeRecordFully(record)].join('\n')}\n` : `${[...name, id, size].join('\t')}\n`)
  }
  return bytes
}
