import { peerArgv } from '../../test/support/peers/buildx.ts'
import type { Argv } from '../measure/runMeasured.ts'

/** The docker command that belongs to the dockerd of scripts/peers. */
export function dockerArgv(...args: readonly string[]): Argv {
  const [program = 'docker', ...first] = peerArgv('usr/bin/docker') ?? []
  return [program, ...first, ...args]
}
