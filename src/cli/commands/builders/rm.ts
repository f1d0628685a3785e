import { defineCommand, type CommandContext } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'
import type { BuilderStore } from '../../../driver/builders/builderStore.ts'

export const rm = defineCommand({
  usage: '[OPTIONS] [NAME...]',
  summary: 'Remove builders; their cache stays, being everyone\'s',
  flags: {
    'all-inactive': { kind: 'switch', help: 'Remove all whose engine does not run' },
    force: { kind: 'switch', short: 'f', help: 'Do not ask' },
    'keep-daemon': { kind: 'switch', help: 'Leave the engine running, as always here' },
    'keep-state': { kind: 'switch', help: 'Keep the cache, as always here' },
  },
  operands: [0, Infinity],
  async run({ flags, operands }, context, signal) {
    const { createBuilderStore } = await import('../../../driver/builders/builderStore.ts')
    const store = createBuilderStore(context.env)
    if (!flags['all-inactive']) {
      await removeNamed(operands.length > 0 ? operands : [context.builder ?? (await store.currentName())], store, context)
      return EXIT.done
    }
    if (operands.length > 0) throw new UsageError('--all-inactive takes no names')
    const { confirm } = await import('../../confirm.ts')
    if (!flags.force && !(await confirm('Remove all builders whose engine does not run?', context, signal))) return EXIT.failed
    await removeInactive(store, context, signal)
    return EXIT.done
  },
})

/** All that can be, though one fails. @throws what the first that failed throws */
async function removeNamed(names: readonly string[], store: BuilderStore, { stdout }: CommandContext): Promise<void> {
  const failures: Error[] = []
  for (const name of names) {
    try {
      stdout.write(`${await removeBuilder(store, name)} removed\n`)
    } catch (error) {
      failures.push(error as Error)
    }
  }
  const [first] = failures
  if (first !== undefined) throw first
}

async function removeBuilder(store: BuilderStore, text: string): Promise<string> {
  const { isReservedName, parseBuilderName } = await import('../../../driver/builders/builder.ts')
  const name = parseBuilderName(text)
  if (isReservedName(name)) throw new UsageError(`builder ${JSON.stringify(name)} is always there`, { hint: 'prune removes its cache, stop ends its engine' })
  if (await store.remove(name)) return name
  throw new UsageError(`unknown builder: ${JSON.stringify(text)}`, { hint: 'see pelago ls for what there is; containers are removed by themselves when they end' })
}

async function removeInactive(store: BuilderStore, context: CommandContext, signal: AbortSignal): Promise<void> {
  const { readBuilders } = await import('../../builders/readBuilders.ts')
  const { DEFAULT_BUILDER } = await import('../../../driver/builders/builder.ts')
  const { builders } = await readBuilders(context, signal)
  const inactive = builders.filter(({ builder, nodes }) => builder !== DEFAULT_BUILDER && nodes.every(({ status }) => status === 'inactive'))
  await removeNamed(inactive.map(({ builder }) => builder.name), store, context)
}
