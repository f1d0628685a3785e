import type { Environment } from '../../kit/enterNamespaces.ts'
import { EngineUnavailableError, type Driver } from '../driver.ts'
import type { Reached } from '../programs/dialEngine.ts'
import { parsePlaceAddress } from '../programs/placeAddress.ts'
import { createProgramDriver } from '../programs/programDriver.ts'
import { containerFault } from './containerFault.ts'
import { findContainerProgram, type ContainerProgramName } from './containerProgram.ts'
import { dialContainer, formatDialFailure } from './dialContainer.ts'

/** A container that is there, as BuildKit's clients write it: `docker-container://NAME?context=CONTEXT`. */
export interface ContainerAddress {
  readonly program: ContainerProgramName
  readonly container: string
  /** Docker's context, Podman's connection, nerdctl's namespace; '' where the program's own choice is good. */
  readonly endpoint: string
}

/** The program of an address's scheme, and what it calls the parameter that says where. */
const PROGRAMS: readonly (readonly [program: ContainerProgramName, parameter: string])[] = [
  ['docker', 'context'],
  ['podman', 'connection'],
  ['nerdctl', 'namespace'],
]

/** @throws InvalidValueError */
export function parseContainerAddress(text: string): ContainerAddress {
  const [program, parameter] = PROGRAMS.find(([name]) => text.startsWith(`${name}-container:`)) ?? ['docker', 'context']
  const address = parsePlaceAddress(text, { scheme: `${program}-container`, noun: 'container', parameters: [parameter] })
  return { program, container: address.name, endpoint: address.parameter(parameter) }
}

/** The engine in a container that somebody else starts and stops. @throws InvalidValueError on an address that is none */
export function createContainerAddressDriver(text: string, env: Environment): Driver {
  const { program: name, container, endpoint } = parseContainerAddress(text)
  const reach = async (signal: AbortSignal): Promise<Reached> => {
    const dialed = await dialContainer(findContainerProgram([name], endpoint, env), container, signal)
    switch (dialed.kind) {
      case 'engine':
        return dialed
      case 'no-program':
        throw new EngineUnavailableError(`the container ${JSON.stringify(container)} has neither buildctl nor pelago: ${formatDialFailure(dialed.failure)}`, { hint: `choose one in which an engine runs: ${name} ps lists what there is` })
      case 'failed':
        throw containerFault(`no engine answers in the container ${JSON.stringify(container)}`, dialed.failure.said)
    }
  }
  return createProgramDriver({ name: text, reach, find: reach })
}
