import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { CommandContext } from './command.ts'
import { UsageError } from './flags/usageError.ts'

export interface Question {
  readonly question: string
  /** What is typed is not shown. */
  readonly isSecret: boolean
  /** What is asked for, and how to give it where there is no terminal. */
  readonly what: string
  readonly hint: string
}

/** What the user types. @throws UsageError where there is no terminal to ask on */
export async function askOnTerminal({ question, isSecret, what, hint }: Question, context: CommandContext, signal: AbortSignal): Promise<string> {
  const input = context.openStdin()
  if (input.isTTY !== true) throw new UsageError(`there is no terminal to ask for ${what} on`, { hint })
  // What readline echoes of a secret goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: isSecret ? nowhere : context.stderr, terminal: true })
  try {
    if (isSecret) context.stderr.write(question)
    return await lines.question(question, { signal })
  } finally {
    lines.close()
    if (isSecret) context.stderr.write('\n')
  }
}
