import { BuildError, InvalidValueError } from '../../ground/errors.ts'
import type { EngineConfig } from './engineConfig.ts'

/** What a client may ask of its builds, as `--allow` has it; a device may be named: `device=vendor.com/class=name`. */
export const ENTITLEMENTS = ['network.host', 'security.insecure', 'device'] as const

/** The operator of the engine does not let builds have it. */
export class EntitlementDeniedError extends BuildError {
  readonly kind = 'denied'
  constructor(entitlement: string) {
    super(`${entitlement} is not allowed by this engine`, { hint: `whoever runs it can add --allow-insecure-entitlement ${kindOf(entitlement)} to pelago serve` })
  }
}

/** @throws InvalidValueError on one that there is not */
export function parseEntitlement(text: string): string {
  if (!ENTITLEMENTS.some((known) => known === text)) throw new InvalidValueError(`invalid entitlement: ${JSON.stringify(text)}`, { hint: `one of ${ENTITLEMENTS.join(', ')}` })
  return text
}

/** @throws EntitlementDeniedError for the first that the engine does not give */
export function checkEntitlements(asked: readonly string[], { entitlements }: Pick<EngineConfig, 'entitlements'>): void {
  if (entitlements === undefined) return
  const denied = asked.find((entitlement) => !entitlements.has(kindOf(entitlement)))
  if (denied !== undefined) throw new EntitlementDeniedError(denied)
}

function kindOf(entitlement: string): string {
  return entitlement.replace(/=.*/s, '')
}
