import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { collectBounded } from '../collectBounded.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

/** What the command line says of a login. */
export interface GivenLogin {
  readonly username: string | undefined
  readonly password: string | undefined
  readonly isPasswordOnStdin: boolean
}

const MAX_PASSWORD_BYTES = 64 * 1024

/** Asks on the terminal for what was not given. @throws UsageError where there is no terminal to ask on */
export async function askForLogin(given: GivenLogin, context: CommandContext, signal: AbortSignal): Promise<{ readonly username: string; readonly password: string }> {
  if (given.isPasswordOnStdin) {
    const bytes = await collectBounded(context.openStdin(), MAX_PASSWORD_BYTES, 'the password on stdin')
    return { username: given.username ?? '', password: Buffer.from(bytes).toString().replace(/\r?\n$/, '') }
  }
  const username = given.username ?? (await ask('Username: ', { isSecret: false }, context, signal))
  const password = given.password ?? (await ask('Password: ', { isSecret: true }, context, signal))
  if (username === '' || password === '') throw new UsageError('name and password may not be empty')
  return { username, password }
}

async function ask(question: string, { isSecret }: { readonly isSecret: boolean }, context: CommandContext, signal: AbortSignal): Promise<string> {
  const input = context.openStdin()
  if (input.isTTY !== true) throw new UsageError('there is no terminal to ask for the login on', { hint: 'pass --username and --password-stdin' })
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
