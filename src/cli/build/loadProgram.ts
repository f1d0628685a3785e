import { existsSync } from 'node:fs'
import { findProgram } from '../programPath.ts'
import { UsageError } from '../flags/usageError.ts'

/** What takes an image that is loaded: Docker where its daemon is, else Podman. @throws UsageError where there is neither */
export function loadProgram(env: Readonly<NodeJS.ProcessEnv>): readonly [string, ...string[]] {
  const docker = findProgram('docker', env)
  const podman = findProgram('podman', env)
  const hasDaemon = (env['DOCKER_HOST'] ?? '') !== '' || (env['DOCKER_CONTEXT'] ?? '') !== '' || existsSync('/var/run/docker.sock')
  const chosen = docker !== undefined && (hasDaemon || podman === undefined) ? docker : podman
  if (chosen === undefined) {
    throw new UsageError('--load needs Docker or Podman, and neither is in PATH', { hint: 'leave it out: the image then goes to the local store, and pelago run runs it from there' })
  }
  return [chosen, 'load']
}
