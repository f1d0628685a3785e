import type { Builder } from '../../../driver/builders/builder.ts'
import { createLimit } from '../../../kit/limit.ts'
import type { CommandContext } from '../../command.ts'
import { MAX_NODES_AT_ONCE } from '../create/bootNodes.ts'
import { tellOthers } from '../tellOthers.ts'
import { stopNode } from './stopNode.ts'

/** Ends the engines of all nodes, side by side: all that can be, though one fails. Those that are not ours to end are told. @throws what the first that failed throws; of the others it tells */
export async function stopNodes({ nodes }: Builder, { env, stderr }: Pick<CommandContext, 'env' | 'stderr'>, signal: AbortSignal): Promise<void> {
  const limit = createLimit(MAX_NODES_AT_ONCE)
  const ends = await Promise.allSettled(nodes.map((node) => limit.run(() => stopNode(node, { env }, signal), signal)))
  signal.throwIfAborted()
  for (const [index, end] of ends.entries()) {
    if (end.status === 'fulfilled' && end.value === 'not-ours') stderr.write(`note: ${nodes[index]?.endpoint ?? ''} is left running: it is stopped where it was started\n`)
  }
  const [first, ...others] = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []))
  tellOthers(others, { stderr })
  if (first !== undefined) throw first
}
