import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findOtherProgram } from '../../driver/programs/otherProgram.ts'
import { optionalString, parseJsonObject } from '../../ground/jsonValue.ts'
import { dockerFolder } from '../../kit/dockerFolder.ts'

type Environment = Readonly<NodeJS.ProcessEnv>

/** What takes an image that is loaded: Docker where it has a daemon, else Podman; undefined where there is neither. */
export function loadProgram(env: Environment): readonly [string, ...string[]] | undefined {
  const docker = findOtherProgram('docker', env)
  if (docker !== undefined && hasDaemon(env)) return [docker, 'load']
  const podman = findOtherProgram('podman', env)
  return podman === undefined ? undefined : [podman, 'load']
}

/** Whether Docker's client has a daemon to go to, be it up or not. */
function hasDaemon(env: Environment): boolean {
  if ((env['DOCKER_HOST'] ?? '') !== '' || (env['DOCKER_CONTEXT'] ?? '') !== '') return true
  const runtimeFolder = env['XDG_RUNTIME_DIR'] ?? ''
  const sockets = ['/var/run/docker.sock', ...(runtimeFolder === '' ? [] : [join(runtimeFolder, 'docker.sock')])]
  return sockets.some((path) => existsSync(path)) || hasContext(env)
}

/** Docker Desktop and the like are contexts, chosen in Docker's config. */
function hasContext(env: Environment): boolean {
  const path = join(dockerFolder(env), 'config.json')
  try {
    const context = optionalString(parseJsonObject(readFileSync(path, 'utf8'), path), 'currentContext') ?? ''
    return context !== '' && context !== 'default'
  } catch {
    return false // no config, or one that Docker does not understand either
  }
}
