import type { CommandContext } from './command.ts'
import { UsageError } from './flags/usageError.ts'

/** Asks on the terminal; anything but yes is no. @throws UsageError where there is none */
export async function confirm(question: string, context: CommandContext, signal: AbortSignal): Promise<boolean> {
  const stdin = context.openStdin()
  if (stdin.isTTY !== true) throw new UsageError(`${context.commandName} asks before it removes, and there is no terminal`, { hint: 'pass --force' })
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: stdin, output: context.stderr })
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal })
    return /^y(?:es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}
