import { isReservedName, parseBuilderName, type Builder, type BuilderNode } from '../../../driver/builders/builder.ts'
import { BuilderDamagedError, type BuilderStore } from '../../../driver/builders/builderStore.ts'
import { openNodeDriver } from '../../../driver/nodeDriver.ts'
import { BuildError, type ErrorKind } from '../../../ground/errors.ts'
import type { CommandContext } from '../../command.ts'
import { UsageError } from '../../flags/usageError.ts'

export interface RemoveOptions extends Pick<CommandContext, 'env'> {
  readonly keepsState: boolean
  readonly keepsEngine: boolean
}

/** What a node's driver has made could not be taken away, so that its builder stays. */
export class BuilderKeptError extends BuildError {
  readonly kind: ErrorKind
  constructor(builder: string, node: string, cause: BuildError) {
    super(`builder ${builder} is kept, since its node ${node} cannot be removed: ${cause.message}`, { hint: `mend that, or leave what runs there alone: pelago rm --keep-daemon ${builder}`, cause })
    this.kind = cause.kind
  }
}

/**
 * Forgets a builder, with what its drivers have made for it: containers, pods, their state. The embedded engine and its
 * store are the user's, whatever the builder; an engine that listens is its owner's. The name. @throws UsageError; BuilderKeptError
 */
export async function removeBuilder(text: string, store: BuilderStore, options: RemoveOptions, signal: AbortSignal): Promise<string> {
  const name = parseBuilderName(text)
  if (isReservedName(name)) throw new UsageError(`builder ${JSON.stringify(name)} is always there`, { hint: 'prune removes its cache, stop ends its engine' })
  const builder = await findToRemove(name, store)
  for (const node of builder?.nodes ?? []) await removePlace(name, node, options, signal)
  if (await store.remove(name, signal)) return name
  throw new UsageError(`unknown builder: ${JSON.stringify(text)}`, { hint: 'see pelago ls for what there is; containers are removed by themselves when they end' })
}

/** Undefined where its file cannot be read: what it led to is not known then. */
async function findToRemove(name: string, store: BuilderStore): Promise<Builder | undefined> {
  try {
    return await store.find(name)
  } catch (error) {
    if (error instanceof BuilderDamagedError) return undefined
    throw error
  }
}

async function removePlace(builder: string, node: BuilderNode, { env, ...keep }: RemoveOptions, signal: AbortSignal): Promise<void> {
  try {
    const { place } = await openNodeDriver(node, env)
    await place?.remove(keep, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof BuildError)) throw error
    if (error.kind === 'usage') return // an address that is none, of a file that was edited by hand, has made nothing
    throw new BuilderKeptError(builder, node.name, error)
  }
}
