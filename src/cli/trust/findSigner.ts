import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ifThere } from '../../kit/files/ifThere.ts'
import { byIdentity, parseTrustedRoot, type WantedIdentity } from '../../trust/identity/certificateTrust.ts'
import { readPublicKey } from '../../trust/keys/keyPair.ts'
import { byKeys, type FindSigner } from '../../trust/judgeSignature.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import { readKeyText } from './keyFiles.ts'
import type { VerifyFlags } from './verifyFlags.ts'

/** Whose signatures count, by the flags: keys, or an identity. @throws UsageError; KeyUnusableError; UntrustedError */
export async function openFindSigner(flags: VerifyFlags, context: CommandContext): Promise<FindSigner> {
  const identity = readIdentity(flags)
  if (flags.key.length > 0 && identity !== undefined) throw new UsageError('--key and --certificate-identity exclude each other')
  if (flags.key.length > 0) return byKeys(await Promise.all(flags.key.map(async (written) => await readKey(written, context))))
  if (identity === undefined) throw new UsageError('nothing says who must have signed', { hint: 'give --key FILE, or --certificate-identity NAME with --certificate-oidc-issuer URL' })
  return await byIdentity(await readTrustedRoot(flags['trusted-root'], context), identity)
}

async function readKey(written: string, context: CommandContext): Promise<Parameters<typeof byKeys>[0][number]> {
  const { pem, name } = await readKeyText(written, context)
  return { name, key: readPublicKey(pem, name) }
}

async function readTrustedRoot(path: string | undefined, { workingFolder }: CommandContext): ReturnType<typeof parseTrustedRoot> {
  if (path === undefined) throw new UsageError('identities need a trusted root', { hint: 'give --trusted-root FILE: cosign keeps the public one as ~/.sigstore/root/targets/trusted_root.json' })
  const text = await ifThere(readFile(resolve(workingFolder, path), 'utf8'))
  if (text === undefined) throw new UsageError(`no such trusted root: ${path}`)
  return await parseTrustedRoot(text, path)
}

/** Both who signed and who vouched for it must be said, as cosign wants it: one without the other says little. */
function readIdentity(flags: VerifyFlags): WantedIdentity | undefined {
  const subject = readPattern(flags, 'certificate-identity')
  const issuer = readPattern(flags, 'certificate-oidc-issuer')
  if (subject === undefined && issuer === undefined) return undefined
  if (subject === undefined || issuer === undefined) throw new UsageError(`${subject === undefined ? '--certificate-identity' : '--certificate-oidc-issuer'} is missing`, { hint: 'say who must have signed, and who vouches for that' })
  return { subject: subject.matches, issuer: issuer.matches, description: `${subject.text} of ${issuer.text}` }
}

interface Pattern {
  readonly text: string
  readonly matches: (value: string) => boolean
}

function readPattern(flags: VerifyFlags, name: 'certificate-identity' | 'certificate-oidc-issuer'): Pattern | undefined {
  const [exact, expression] = [flags[name], flags[`${name}-regexp`]]
  if (exact !== undefined && expression !== undefined) throw new UsageError(`--${name} and --${name}-regexp exclude each other`)
  if (exact !== undefined) return { text: exact, matches: (value) => value === exact }
  if (expression === undefined) return undefined
  const pattern = parseRegExp(expression, name)
  return { text: `/${expression}/`, matches: (value) => pattern.test(value) }
}

function parseRegExp(text: string, name: string): RegExp {
  try {
    return new RegExp(text)
  } catch (error) {
    throw new UsageError(`invalid --${name}-regexp: ${error instanceof Error ? error.message : text}`)
  }
}
