import { existsSync, realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { findProgram } from '../programPath.ts'

/** What takes an image that is loaded: Docker where its daemon is, else Podman; undefined where there is neither. */
export function loadProgram(env: Readonly<NodeJS.ProcessEnv>): readonly [string, ...string[]] | undefined {
  const found = findProgram('docker', env)
  // A link to this very command, so that it is called as Docker is.
  const docker = found === undefined || basename(realpathSync(found)) === 'pelago' ? undefined : found
  const podman = findProgram('podman', env)
  const hasDaemon = (env['DOCKER_HOST'] ?? '') !== '' || (env['DOCKER_CONTEXT'] ?? '') !== '' || existsSync('/var/run/docker.sock')
  const chosen = docker !== undefined && (hasDaemon || podman === undefined) ? docker : podman
  return chosen === undefined ? undefined : [chosen, 'load']
}
