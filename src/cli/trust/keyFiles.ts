import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ifThere } from '../../kit/files/ifThere.ts'
import { askOnTerminal } from '../askOnTerminal.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

/** A PEM text, and what it is called in errors. */
export interface KeyText {
  readonly pem: string
  readonly name: string
}

/** The key that `--key` names: a file, or `env://VARIABLE`. @throws UsageError */
export async function readKeyText(written: string, { env, workingFolder }: CommandContext): Promise<KeyText> {
  const variable = /^env:\/\/(.+)$/.exec(written)?.[1]
  if (variable !== undefined) {
    const pem = env[variable]
    if (pem === undefined || pem === '') throw new UsageError(`--key ${written}: the variable is not set`)
    return { pem, name: `$${variable}` }
  }
  const unsupported = /^(awskms|gcpkms|azurekms|hashivault|k8s|pkcs11|gitlab|https?):\/\//.exec(written)?.[1]
  if (unsupported !== undefined) throw new UsageError(`--key ${written}: keys of ${unsupported} are not supported`, { hint: 'give a PEM file, or env://VARIABLE' })
  const pem = await ifThere(readFile(resolve(workingFolder, written), 'utf8'))
  if (pem === undefined) throw new UsageError(`no such key: ${written}`, { hint: 'pelago generate-key-pair makes one' })
  return { pem, name: written }
}

/** Of a private key: `COSIGN_PASSWORD`, else what is typed. @throws UsageError */
export async function askForPassword(question: string, context: CommandContext, signal: AbortSignal): Promise<string> {
  return context.env['COSIGN_PASSWORD'] ?? (await askOnTerminal({ question, isSecret: true, what: 'the password of the key', hint: 'set COSIGN_PASSWORD' }, context, signal))
}
