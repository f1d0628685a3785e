import { CREATE_FLAGS, type CreateFlags } from '../../builders/create/createFlags.ts'
import type { BuilderPlan, PlannedBuilder } from '../../builders/create/planBuilder.ts'
import { defineCommand, type CommandContext } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'
import type { Builder } from '../../../driver/builders/builder.ts'

export const create = defineCommand({
  usage: '[OPTIONS] [ENDPOINT]',
  summary: 'Make a builder, or change its nodes: a name for engines, for --builder and use',
  flags: CREATE_FLAGS,
  operands: [0, 1],
  async run({ flags, operands: [endpoint] }, context, signal) {
    const { parseTimeoutMs } = await import('../../builders/withinTime.ts')
    const limitMs = parseTimeoutMs(flags.timeout)
    const { createBuilderStore, freeName } = await import('../../../driver/builders/builderStore.ts')
    const store = createBuilderStore(context.env)
    const name = flags.name === undefined && !flags.leave && !flags.append ? freeName(await store.list()) : await nameOf(flags)
    const change = flags.leave ? await leaving(name, flags) : await planning({ name, flags, endpoint }, context)
    const { builder } = await store.update(name, change, signal)
    if (flags.use) {
      const { useBuilder } = await import('../../builders/useBuilder.ts')
      await useBuilder(name, { isGlobal: false, isDefault: false }, { store, env: context.env }, signal)
    }
    if (flags.bootstrap) {
      const { bootNodes } = await import('../../builders/create/bootNodes.ts')
      await bootNodes(builder, limitMs, context, signal)
    }
    context.stdout.write(`${builder.name}\n`)
    return EXIT.done
  },
})

type Change = (before: Builder | undefined) => Promise<PlannedBuilder>

async function nameOf({ name, leave }: CreateFlags): Promise<string> {
  if (name === undefined) throw new UsageError(leave ? '--leave needs the builder\'s --name and the node\'s --node' : '--append needs the builder\'s --name', { hint: 'pelago ls shows the names' })
  const { isReservedName, parseBuilderName } = await import('../../../driver/builders/builder.ts')
  const parsed = parseBuilderName(name)
  if (isReservedName(parsed)) throw new UsageError(`${JSON.stringify(name)} is the name of the builder that is always there`, { hint: 'choose another --name' })
  return parsed
}

async function leaving(name: string, flags: CreateFlags): Promise<Change> {
  const { leaveNode } = await import('../../builders/create/planBuilder.ts')
  return async (before) => leaveNode(name, flags.node, before)
}

/** What is wrong with an address is found before the builder is kept. */
async function planning(asked: Pick<BuilderPlan, 'name' | 'endpoint'> & { readonly flags: CreateFlags }, { env, workingFolder, stderr }: CommandContext): Promise<Change> {
  const { planBuilder } = await import('../../builders/create/planBuilder.ts')
  const { readPlaces } = await import('../../builders/create/readPlaces.ts')
  const { openNodeDriver } = await import('../../../driver/nodeDriver.ts')
  const plan = { ...asked, ...(await readPlaces(asked.flags, { env, workingFolder })) }
  return async (before) => {
    const planned = planBuilder(plan, before)
    await openNodeDriver(planned.node, env)
    if (planned.isRestartNeeded) stderr.write(`note: what is new of node ${planned.node.name} holds when its container or pods are made anew: pelago rm ${asked.name}, and create it again\n`)
    return planned
  }
}
