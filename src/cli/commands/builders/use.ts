import type { Chosen } from '../../../driver/builders/builderChoices.ts'
import { defineCommand, type CommandContext, type CommandLine } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import type { FlagTable } from '../../flags/flags.ts'
import { UsageError } from '../../flags/usageError.ts'

const FLAGS = {
  default: { kind: 'switch', help: 'Also whenever Docker\'s context is the present one again' },
  folder: { kind: 'text', value: 'DIR', help: 'In that folder and below it, and there only' },
  forget: { kind: 'switch', help: 'Of --folder: use there what is used elsewhere' },
  global: { kind: 'switch', help: 'Whatever Docker\'s context is' },
} as const satisfies FlagTable

export const use = defineCommand({
  usage: '[OPTIONS] [NAME]',
  summary: 'Use a builder from now on; without a name, say which one is used here, and why',
  flags: FLAGS,
  operands: [0, 1],
  async run(line, context, signal) {
    const { flags, operands: [name] } = line
    checkFlags(line)
    const { createBuilderStore } = await import('../../../driver/builders/builderStore.ts')
    const { findBuilder } = await import('../../builders/chooseBuilder.ts')
    const { useBuilder, useInFolder } = await import('../../builders/useBuilder.ts')
    const store = createBuilderStore(context.env)
    if (name === undefined && flags.folder === undefined) {
      context.stdout.write(`${await describeUse(context)}\n`)
      return EXIT.done
    }
    const builder = name === undefined ? undefined : (await findBuilder(store, name)).name
    if (flags.folder !== undefined) await useInFolder(builder, flags.folder, { store, workingFolder: context.workingFolder }, signal)
    else if (builder !== undefined) {
      await useBuilder(builder, { isGlobal: flags.global, isDefault: flags.default }, { store, env: context.env }, signal)
      await noteOther(builder, context)
    }
    return EXIT.done
  },
})

function checkFlags({ flags, operands: [name] }: CommandLine<typeof FLAGS>): void {
  if (flags.folder !== undefined && (flags.global || flags.default)) throw new UsageError(`--folder and ${flags.global ? '--global' : '--default'} exclude one another`, { hint: 'a folder\'s builder is used there whatever Docker\'s context is' })
  if (flags.forget) checkForget(flags.folder, name)
  else if (name === undefined && (flags.folder !== undefined || flags.global || flags.default)) throw new UsageError('pelago use needs the NAME of a builder here', { hint: 'see pelago ls for what there is' })
}

function checkForget(folder: string | undefined, name: string | undefined): void {
  if (folder === undefined) throw new UsageError('--forget is of --folder', { hint: 'use the builder that is always there again: pelago use default' })
  if (name !== undefined) throw new UsageError('--forget takes no NAME')
}

/** Something else may come first here. */
async function noteOther(builder: string, context: CommandContext): Promise<void> {
  const { choicePlace } = await import('../../builders/chooseBuilder.ts')
  const { createBuilderStore } = await import('../../../driver/builders/builderStore.ts')
  const { readChosen } = await import('../../../driver/builders/builderChoices.ts')
  const chosen = await readChosen(await createBuilderStore(context.env).choices(), choicePlace(context))
  if (chosen.kind === 'folder') context.stderr.write(`note: in ${chosen.folder} and below ${chosen.builder} is used: pelago use --folder ${chosen.folder} --forget takes that back\n`)
  const variable = ['PELAGO_BUILDER', 'BUILDX_BUILDER'].find((name) => (context.env[name] ?? '') !== '')
  if (variable !== undefined) context.stderr.write(`note: ${variable} comes before ${builder} while it is set\n`)
}

/** The builder of commands that are called here and do not say another. */
async function describeUse(context: CommandContext): Promise<string> {
  const { choicePlace, chooseBuilder } = await import('../../builders/chooseBuilder.ts')
  const { name } = await chooseBuilder(context)
  if (context.builder !== undefined) return `${name}: named by --builder, PELAGO_BUILDER or BUILDX_BUILDER`
  const { createBuilderStore } = await import('../../../driver/builders/builderStore.ts')
  const { readChosen } = await import('../../../driver/builders/builderChoices.ts')
  const chosen = await readChosen(await createBuilderStore(context.env).choices(), choicePlace(context))
  return `${name}: ${describeChosen(chosen, name)}`
}

function describeChosen(chosen: Chosen, name: string): string {
  switch (chosen.kind) {
    case 'folder':
      return `used in ${chosen.folder} and below`
    case 'current':
    case 'default':
      return chosen.builder === name ? 'chosen by pelago use' : `builder ${chosen.builder}, chosen by pelago use, is gone`
    case 'nothing':
      return 'nothing else is chosen'
  }
}
