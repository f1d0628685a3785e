import { defineCommand, type CommandContext, type CommandLine } from '../command.ts'
import { DEBUG_FLAGS } from '../debug/debugFlags.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'

export const debug = defineCommand({
  usage: '[OPTIONS] [STEP] [-- COMMAND [ARGUMENT...]]',
  summary: 'Look into a step that failed: a shell, or a command, where it stood',
  flags: DEBUG_FLAGS,
  operands: [0, Infinity],
  run: runDebug,
})

async function runDebug(line: CommandLine<typeof DEBUG_FLAGS>, context: CommandContext, signal: AbortSignal): Promise<number> {
  const { step, command } = parseOperands(line)
  const { openKeepers } = await import('../debug/keepers.ts')
  await using keepers = await openKeepers(line.flags.node, context, signal)
  const { listFailedSteps, enterFailedStep } = await import('../debug/enterFailedStep.ts')
  if (!line.flags.list) return await enterFailedStep(keepers, { step, command, flags: line.flags }, context, signal)
  context.stdout.write(await listFailedSteps(keepers, line.flags.format, context, signal))
  keepers.finish()
  return EXIT.done
}

/** @throws UsageError */
function parseOperands({ flags, operands, beforeDashes }: CommandLine<typeof DEBUG_FLAGS>): { readonly step: string; readonly command: readonly string[] } {
  const steps = operands.slice(0, beforeDashes)
  const [step = ''] = steps
  if (steps.length > 1) throw new UsageError(`pelago debug takes one step, and got ${steps.length}`, { hint: `write -- before the command: pelago debug ${step} -- ${steps.slice(1).join(' ')}` })
  if (!/^[0-9a-f]{0,64}$/.test(step)) throw new UsageError(`no id of a step: ${JSON.stringify(step)}`, { hint: 'see pelago debug --list; a command stands behind --' })
  if (flags.list && (operands.length > 0 || beforeDashes !== undefined)) throw new UsageError('--list takes neither a step nor a command')
  return { step, command: operands.slice(steps.length) }
}
