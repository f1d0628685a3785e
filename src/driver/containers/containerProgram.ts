import type { Environment } from '../../kit/enterNamespaces.ts'
import { EngineUnavailableError } from '../driver.ts'
import { findOtherProgram } from '../programs/otherProgram.ts'
import { programEnvironment } from '../programs/programEnvironment.ts'
import type { UserProgram } from '../programs/runProgram.ts'

export type ContainerProgramName = 'docker' | 'podman' | 'nerdctl'

/** A program that has Docker's command line. */
export interface ContainerProgram extends UserProgram {
  readonly name: ContainerProgramName
}

/**
 * The first of `names` that is on PATH. `endpoint` is where its daemon is: an address, or the name of a context (Podman
 * says connection); `default` and '' are what the program itself takes.
 * @throws EngineUnavailableError where there is none
 */
export function findContainerProgram(names: readonly ContainerProgramName[], endpoint: string, env: Environment): ContainerProgram {
  for (const name of names) {
    const path = findOtherProgram(name, env)
    if (path !== undefined) return { name, argv: [path, ...endpointWords(name, endpoint)], env: programEnvironment(env, { LC_ALL: 'C' }) }
  }
  throw new EngineUnavailableError(`there is no ${names.join(' and no ')} on PATH`, { hint: `install ${names[0] ?? ''}, or use the default builder, whose engine needs no container: pelago use default` })
}

function endpointWords(name: ContainerProgramName, endpoint: string): readonly string[] {
  if (endpoint === '' || endpoint === 'default') return []
  const isAddress = endpoint.includes('://')
  switch (name) {
    case 'docker':
      return [isAddress ? '--host' : '--context', endpoint]
    case 'podman':
      return isAddress ? ['--remote', '--url', endpoint] : ['--connection', endpoint]
    case 'nerdctl':
      return isAddress ? ['--address', endpoint] : ['--namespace', endpoint]
  }
}
