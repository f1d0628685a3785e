import { CREATE_FLAGS, type CreateFlags } from '../../builders/createFlags.ts'
import { defineCommand, type CommandContext } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'

const CONFIG_ADVICE = 'it is buildkitd\'s: registries without TLS and mirrors are set in ~/.config/pelago/config.json, for all builders'

export const create = defineCommand({
  usage: '[OPTIONS] [ENDPOINT]',
  summary: 'Make a builder: a name for an engine, for --builder and use',
  flags: CREATE_FLAGS,
  operands: [0, 1],
  unsupported: [['buildkitd-config', CONFIG_ADVICE], ['config', CONFIG_ADVICE], 'timeout'],
  async run({ flags, operands: [endpoint] }, context, signal) {
    const { createBuilderStore, freeName } = await import('../../../driver/builders/builderStore.ts')
    const store = createBuilderStore(context.env)
    const name = flags.name === undefined && !flags.leave ? freeName(await store.list()) : await nameOf(flags)
    const { leaveNode, planBuilder } = await import('../../builders/planBuilder.ts')
    const plan = { name, flags, endpoint, buildkitHost: context.env['BUILDKIT_HOST'] }
    const builder = await store.update(name, (before) => (flags.leave ? leaveNode(name, flags.node, before) : planBuilder(plan, before)), signal)
    if (flags.use) await store.setCurrent(name)
    if (flags.bootstrap) await bootstrap(name, context, signal)
    context.stdout.write(`${builder.name}\n`)
    return EXIT.done
  },
})

async function nameOf({ name }: CreateFlags): Promise<string> {
  if (name === undefined) throw new UsageError('--leave needs the builder\'s --name and the node\'s --node')
  const { isReservedName, parseBuilderName } = await import('../../../driver/builders/builder.ts')
  const parsed = parseBuilderName(name)
  if (isReservedName(parsed)) throw new UsageError(`${JSON.stringify(name)} is the name of the builder that is always there`, { hint: 'choose another --name' })
  return parsed
}

/** @throws EngineUnavailableError */
async function bootstrap(name: string, context: CommandContext, signal: AbortSignal): Promise<void> {
  const { openEngine } = await import('../../engine.ts')
  await using engine = await openEngine({ ...context, builder: name }, signal)
  await engine.control.listWorkers({}, { signal })
}
