import type { SwitchFlag } from '../flags/flags.ts'
import { UsageError } from '../flags/usageError.ts'

export const CONTENT_TRUST_FLAG: SwitchFlag = { kind: 'switch', help: 'Do not verify signatures, as always here' }

/** Docker's DOCKER_CONTENT_TRUST=1 has signatures verified, which is not done here: who counts on it is told. @throws UsageError */
export function refuseContentTrust(env: Readonly<NodeJS.ProcessEnv>): void {
  const value = env['DOCKER_CONTENT_TRUST'] ?? ''
  if (['', '0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return
  throw new UsageError(`DOCKER_CONTENT_TRUST is ${value}, and signatures are not verified here`, { hint: 'unset it, and pin images by digest: NAME@sha256:…' })
}
