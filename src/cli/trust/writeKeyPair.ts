import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ifThere } from '../../kit/files/ifThere.ts'
import { writeFileAtomically } from '../../kit/files/atomicFile.ts'
import { generateKeyFiles } from '../../trust/keys/keyPair.ts'
import { askOnTerminal } from '../askOnTerminal.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import { askForPassword } from './keyFiles.ts'

/** `PREFIX.key`, under a password, and `PREFIX.pub`. @throws UsageError where one of them is there already */
export async function writeKeyPair(prefix: string, context: CommandContext, signal: AbortSignal): Promise<void> {
  const [privatePath, publicPath] = [`${prefix}.key`, `${prefix}.pub`]
  for (const path of [privatePath, publicPath]) {
    if (await isThere(resolve(context.workingFolder, path))) throw new UsageError(`${path} is there already`, { hint: 'take it away, or choose another name with --output-key-prefix' })
  }
  const { privateKey, publicKey } = await generateKeyFiles(await askTwice(context, signal))
  await writeFileAtomically(resolve(context.workingFolder, privatePath), privateKey, { mode: 0o600 })
  await writeFileAtomically(resolve(context.workingFolder, publicPath), publicKey, { mode: 0o644 })
  context.stdout.write(`wrote ${privatePath}, which signs, and ${publicPath}, which verifies\n`)
}

async function isThere(path: string): Promise<boolean> {
  return (await ifThere(access(path).then(() => true))) ?? false
}

async function askTwice(context: CommandContext, signal: AbortSignal): Promise<string> {
  const password = await askForPassword('Password for the private key: ', context, signal)
  if (context.env['COSIGN_PASSWORD'] !== undefined) return password
  const again = await askOnTerminal({ question: 'Once more: ', isSecret: true, what: 'the password', hint: 'set COSIGN_PASSWORD' }, context, signal)
  if (again !== password) throw new UsageError('the passwords are not equal')
  return password
}
