import { readPublicKey } from '../../trust/keys/keyPair.ts'
import { byKeys, type FindSigner } from '../../trust/judgeSignature.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import { readKeyText } from './keyFiles.ts'
import type { VerifyFlags } from './verifyFlags.ts'

/** Whose signatures count, by the flags. @throws UsageError; KeyUnusableError */
export async function openFindSigner(flags: VerifyFlags, context: CommandContext): Promise<FindSigner> {
  if (flags.key.length === 0) throw new UsageError('no --key')
  const keys = []
  for (const written of flags.key) {
    const { pem, name } = await readKeyText(written, context)
    keys.push({ name, key: readPublicKey(pem, name) })
  }
  return byKeys(keys)
}
