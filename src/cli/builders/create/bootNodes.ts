import { startsEngines, type Builder, type BuilderNode } from '../../../driver/builders/builder.ts'
import { EngineUnavailableError } from '../../../driver/driver.ts'
import { openNodeDriver } from '../../../driver/nodeDriver.ts'
import { BuildError } from '../../../ground/errors.ts'
import { createLimit } from '../../../kit/limit.ts'
import type { CommandContext } from '../../command.ts'
import { neutralizeLines } from '../../render/displayText.ts'
import { withinTime } from '../withinTime.ts'

/** Nodes that are asked at once: a connection, or a program, each. */
export const MAX_NODES_AT_ONCE = 16

/** Starts the engines of all nodes, side by side, each within the time but for those that a container or pods are made for. @throws EngineUnavailableError that tells of all that did not come up */
export async function bootNodes({ name, nodes }: Builder, limitMs: number, { env, stderr }: Pick<CommandContext, 'env' | 'stderr'>, signal: AbortSignal): Promise<void> {
  const limit = createLimit(MAX_NODES_AT_ONCE)
  const boot = async (node: BuilderNode): Promise<void> => {
    const start = async (inner: AbortSignal): Promise<void> => {
      await using engine = await (await openNodeDriver(node, env, (text) => stderr.write(`node ${node.name}: ${neutralizeLines(text)}\n`))).connect(inner)
      await engine.control.listWorkers({}, { signal: inner })
    }
    // to pull an image, or to find a machine for a pod, takes its time, which the driver says as it goes
    await (startsEngines(node.driver) ? start(signal) : withinTime(node, limitMs, signal, start))
  }
  const ends = await Promise.allSettled(nodes.map((node) => limit.run(() => boot(node), signal)))
  signal.throwIfAborted()
  const failures = ends.flatMap((end, index) => (end.status === 'rejected' ? [{ node: nodes[index]?.name ?? '', reason: end.reason as unknown }] : []))
  const [first] = failures
  if (first === undefined) return
  const bug = failures.find(({ reason }) => !(reason instanceof BuildError))
  if (bug !== undefined) throw bug.reason
  if (nodes.length === 1) throw first.reason
  for (const { node, reason } of failures) stderr.write(`node ${node}: ${neutralizeLines((reason as BuildError).message)}\n`)
  const { hint } = first.reason as BuildError
  throw new EngineUnavailableError(`builder ${JSON.stringify(name)} has nodes that did not come up: ${failures.map(({ node }) => node).join(', ')}`, { hint, cause: first.reason })
}
