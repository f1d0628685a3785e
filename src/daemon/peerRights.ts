import type { RunSpec } from '../api/gen/local_pb.ts'
import { BuildError } from '../ground/errors.ts'
import type { Peer } from './server.ts'

/** What is only for a peer that is known to be of this machine and user. */
export class PeerNotTrustedError extends BuildError {
  readonly kind = 'denied'
}

/** Files of this machine are nobody else's to mount. @throws PeerNotTrustedError */
export function checkMayRun({ isTrusted }: Peer, { volumes }: RunSpec): void {
  const [volume] = volumes
  if (isTrusted || volume === undefined) return
  throw new PeerNotTrustedError(`${JSON.stringify(volume.source)} cannot be mounted: the engine is on another machine, or another user's`, { hint: 'leave out --volume, and build what is needed into the image' })
}

/** @throws PeerNotTrustedError */
export function checkMayStop({ isTrusted }: Peer): void {
  if (!isTrusted) throw new PeerNotTrustedError('the engine serves others too, and is not stopped from here', { hint: 'stop pelago serve where it runs' })
}
