import { DEFAULT_BUILDER, isAddress, isBuilderName } from '../../../driver/builders/builder.ts'
import { defineCommand, type CommandContext, type CommandLine } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import type { FlagTable } from '../../flags/flags.ts'

const FLAGS = {
  bootstrap: { kind: 'switch', help: 'Start the engines of the builder first' },
  format: { kind: 'text', short: 'f', value: 'TEMPLATE', help: 'Go template, or json' },
  platform: { kind: 'text', value: 'PLATFORM', help: 'Show one platform of the image only' },
  timeout: { kind: 'text', value: 'DURATION', fallback: '20s', help: 'How long each node of a builder may take to answer' },
  type: { kind: 'text', value: 'TYPE', help: 'What the name is of', choices: ['builder', 'image'] },
} as const satisfies FlagTable

export const inspect = defineCommand({
  usage: '[OPTIONS] [NAME...]',
  summary: 'Show a builder and the platforms it builds for; a name that no builder has is a local image\'s',
  flags: FLAGS,
  operands: [0, Infinity],
  unsupported: ['size', '-s'],
  async run(line, context, signal) {
    if (!(await isBuilder(line, context))) {
      const { imageInspect } = await import('../image/inspect.ts')
      const { format, platform } = line.flags
      const flags = [...(format === undefined ? [] : ['--format', format]), ...(platform === undefined ? [] : ['--platform', platform])]
      return await imageInspect.invoke([...flags, '--', ...line.operands], context, signal).catch(alsoNoBuilder)
    }
    return await inspectBuilder(line, context, signal)
  },
})

/** That there is no such image is half of it. */
async function alsoNoBuilder(error: unknown): Promise<never> {
  const { LocalImageNotFoundError } = await import('../../images/inspectLocalImage.ts')
  if (!(error instanceof LocalImageNotFoundError)) throw error
  throw new LocalImageNotFoundError(`${error.message}, and no builder of that name`, { hint: 'see pelago image ls and pelago ls for what there is', cause: error })
}

/** `docker inspect` is for whatever has the name, `docker buildx inspect` for builders. */
async function isBuilder({ flags, operands }: CommandLine<typeof FLAGS>, { env }: CommandContext): Promise<boolean> {
  const [name, second] = operands
  if (flags.type !== undefined) return flags.type === 'builder'
  if (name === undefined || flags.bootstrap || isAddress(name)) return true
  if (second !== undefined) return false
  const { createBuilderStore } = await import('../../../driver/builders/builderStore.ts')
  return name === DEFAULT_BUILDER.name || (isBuilderName(name) && (await createBuilderStore(env).find(name)) !== undefined)
}

async function inspectBuilder({ flags, operands: [name] }: CommandLine<typeof FLAGS>, context: CommandContext, signal: AbortSignal): Promise<number> {
  const { parseTemplate } = await import('../../format/goTemplate.ts')
  const template = flags.format === undefined ? undefined : parseTemplate(flags.format)
  const { chooseBuilder } = await import('../../builders/chooseBuilder.ts')
  const builder = await chooseBuilder(name === undefined ? context : { ...context, builder: name })
  const { parseTimeoutMs } = await import('../../builders/withinTime.ts')
  const limitMs = parseTimeoutMs(flags.timeout)
  if (flags.bootstrap) {
    const { bootNodes } = await import('../../builders/create/bootNodes.ts')
    await bootNodes(builder, limitMs, context, signal)
  }
  const { readStates } = await import('../../builders/show/readBuilders.ts')
  const { builderFields, formatBuilder } = await import('../../builders/show/formatBuilders.ts')
  const [state] = await readStates([builder], limitMs, context, signal)
  if (state === undefined) throw new TypeError('a builder was asked for')
  context.stdout.write(template === undefined ? formatBuilder(state) : `${template.apply(builderFields(state))}\n`)
  return EXIT.done
}
