import { nearest } from '../../../ground/nearest.ts'
import { UsageError } from '../../flags/usageError.ts'
import type { BuildFlags } from '../buildFlags.ts'

const KNOWN = ['network.host', 'security.insecure', 'device']

/** What the user lets the build do. @throws UsageError */
export function readEntitlements({ allow, network }: Pick<BuildFlags, 'allow' | 'network'>): readonly string[] {
  for (const text of allow) checkKnown(text)
  // whoever writes --network host has allowed it
  return [...new Set([...allow, ...(network === 'host' ? ['network.host'] : [])])]
}

function checkKnown(text: string): void {
  if (KNOWN.includes(text) || text.startsWith('device=')) return
  const close = nearest(text, KNOWN)
  throw new UsageError(`invalid entitlement: ${JSON.stringify(text)}`, { hint: close === undefined ? `--allow takes ${KNOWN.join(', ')} and device=NAME` : `did you mean ${close}?` })
}
