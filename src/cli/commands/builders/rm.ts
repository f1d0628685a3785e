import type { BuilderStore } from '../../../driver/builders/builderStore.ts'
import type { RemoveOptions } from '../../builders/nodes/removeBuilder.ts'
import { defineCommand, type CommandContext } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'

export const rm = defineCommand({
  usage: '[OPTIONS] [NAME...]',
  summary: 'Remove builders, with the containers that were made for them',
  flags: {
    'all-inactive': { kind: 'switch', help: 'Remove all none of whose engines runs' },
    force: { kind: 'switch', short: 'f', help: 'Do not ask' },
    'keep-daemon': { kind: 'switch', help: 'Leave the engines that were made for it running; the embedded one always is' },
    'keep-state': { kind: 'switch', help: 'Keep the cache of engines that were made for it; that of the embedded one always is' },
    timeout: { kind: 'text', value: 'DURATION', fallback: '20s', help: 'How long --all-inactive waits for each node to say whether it runs' },
  },
  operands: [0, Infinity],
  async run({ flags, operands }, context, signal) {
    const { createBuilderStore } = await import('../../../driver/builders/builderStore.ts')
    const { parseTimeoutMs } = await import('../../builders/withinTime.ts')
    const limitMs = parseTimeoutMs(flags.timeout)
    const store = createBuilderStore(context.env)
    const options = { env: context.env, keepsState: flags['keep-state'], keepsEngine: flags['keep-daemon'] }
    const remove = async (names: readonly string[]): Promise<void> => await removeAll(names, { store, options, context }, signal)
    if (!flags['all-inactive']) {
      await remove(operands.length > 0 ? operands : [context.builder ?? (await currentName(context))])
      return EXIT.done
    }
    if (operands.length > 0) throw new UsageError('--all-inactive takes no names')
    const { confirm } = await import('../../confirm.ts')
    if (!flags.force && !(await confirm('Remove all builders whose engines do not run?', context, signal))) return EXIT.failed
    await remove(await inactiveNames(limitMs, context, signal))
    return EXIT.done
  },
})

async function currentName(context: CommandContext): Promise<string> {
  const { chooseBuilder } = await import('../../builders/chooseBuilder.ts')
  return (await chooseBuilder(context)).name
}

interface Removal {
  readonly store: BuilderStore
  readonly options: RemoveOptions
  readonly context: CommandContext
}

/** All that can be, though one fails. @throws what the first that failed throws; of the others it tells */
async function removeAll(names: readonly string[], { store, options, context: { stdout, stderr } }: Removal, signal: AbortSignal): Promise<void> {
  const { removeBuilder } = await import('../../builders/nodes/removeBuilder.ts')
  const { tellOthers } = await import('../../builders/tellOthers.ts')
  const failures: unknown[] = []
  for (const name of names) {
    try {
      stdout.write(`${await removeBuilder(name, store, options, signal)} removed\n`)
    } catch (error) {
      signal.throwIfAborted()
      failures.push(error)
    }
  }
  tellOthers(failures.slice(1), { stderr })
  if (failures.length > 0) throw failures[0]
}

async function inactiveNames(limitMs: number, context: CommandContext, signal: AbortSignal): Promise<readonly string[]> {
  const { readBuilders } = await import('../../builders/show/readBuilders.ts')
  const { DEFAULT_BUILDER } = await import('../../../driver/builders/builder.ts')
  const { builders } = await readBuilders(limitMs, context, signal)
  const inactive = builders.filter(({ builder, nodes }) => builder !== DEFAULT_BUILDER && nodes.every(({ status }) => status === 'inactive' || status === 'stopped'))
  return inactive.map(({ builder }) => builder.name)
}
