import { parseGoBoolean } from '../../ground/goBoolean.ts'
import type { SwitchFlag } from '../flags/flags.ts'
import { UsageError } from '../flags/usageError.ts'

export const CONTENT_TRUST_FLAG: SwitchFlag = { kind: 'switch', help: "Do not verify Docker's own signatures, as always here" }

/** Docker's DOCKER_CONTENT_TRUST=1 has its own signatures verified (Notary's), which is not done here: who counts on it is told. @throws UsageError */
export function refuseContentTrust(env: Readonly<NodeJS.ProcessEnv>): void {
  const value = env['DOCKER_CONTENT_TRUST'] ?? ''
  if (value === '' || parseGoBoolean(value) === false) return
  throw new UsageError(`DOCKER_CONTENT_TRUST is ${value}, and Docker's own signatures are not verified here`, { hint: 'unset it; have sigstore\'s verified by a policy, or pin images by digest: NAME@sha256:…' })
}
