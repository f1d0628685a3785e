import { isBuiltInFrontend } from '../dockerfile/frontendImage.ts'

/**
 * Whether the engine has the frontend that is asked for: `dockerfile.v0`, or by `gateway.v0` an image that reads
 * Dockerfiles, which is what clients ask for by BUILDKIT_SYNTAX.
 */
export function isKnownFrontend(name: string, attributes: Readonly<Record<string, string>>): boolean {
  return name === 'dockerfile.v0' || (name === 'gateway.v0' && isBuiltInFrontend(attributes['source'] ?? ''))
}
