import { askOnTerminal } from '../askOnTerminal.ts'
import { collectBounded } from '../collectBounded.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

/** What the command line says of a login. */
export interface GivenLogin {
  readonly username: string | undefined
  readonly password: string | undefined
  readonly isPasswordOnStdin: boolean
}

const LOGIN = { what: 'the login', hint: 'pass --username and --password-stdin' }
const MAX_PASSWORD_BYTES = 64 * 1024

/** Asks on the terminal for what was not given. @throws UsageError where there is no terminal to ask on */
export async function askForLogin(given: GivenLogin, context: CommandContext, signal: AbortSignal): Promise<{ readonly username: string; readonly password: string }> {
  if (given.isPasswordOnStdin) {
    const bytes = await collectBounded(context.openStdin(), MAX_PASSWORD_BYTES, 'the password on stdin')
    return { username: given.username ?? '', password: Buffer.from(bytes).toString().replace(/\r?\n$/, '') }
  }
  const username = given.username ?? (await askOnTerminal({ question: 'Username: ', isSecret: false, ...LOGIN }, context, signal))
  const password = given.password ?? (await askOnTerminal({ question: 'Password: ', isSecret: true, ...LOGIN }, context, signal))
  if (username === '' || password === '') throw new UsageError('name and password may not be empty')
  return { username, password }
}
