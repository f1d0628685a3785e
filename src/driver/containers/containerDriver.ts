import { pause } from '../../kit/retry.ts'
import type { Environment } from '../../kit/enterNamespaces.ts'
import { BUILDKITD_CONFIG, type BuilderNode } from '../builders/builder.ts'
import { EngineUnavailableError, type Driver, type EnginePlace } from '../driver.ts'
import type { Reached } from '../programs/dialEngine.ts'
import type { JoinerDial } from '../programs/dialJoiner.ts'
import { createProgramDriver } from '../programs/programDriver.ts'
import { createContainerCommands, type ContainerCommands, type ContainerState } from './containerCommands.ts'
import { findContainerProgram } from './containerProgram.ts'
import { containerName } from './containerWords.ts'
import { dialContainer, formatDialFailure } from './dialContainer.ts'

/** An engine that was just started has to answer within that time. */
const BOOT_MS = 30_000
const POLL_MS = 150

export interface ContainerDriverOptions {
  readonly node: Pick<BuilderNode, 'name' | 'endpoint' | 'options' | 'flags' | 'files'>
  readonly env: Environment
  /** Told before what takes its time: a pull, a start. */
  readonly notice: (text: string) => void
}

/**
 * An engine in a container of Docker's or Podman's, by buildx's conventions: its name, its volume for state, its image.
 * So a builder of `docker buildx` of the same name is the same one.
 */
export function createContainerDriver({ node, env, notice }: ContainerDriverOptions): Driver {
  const name = containerName(node.name)
  const open = (): Boot => {
    const program = findContainerProgram(['docker', 'podman'], node.endpoint, env)
    const plan = { name, options: node.options, flags: node.flags, hasConfig: node.files.has(BUILDKITD_CONFIG) }
    return { name, commands: createContainerCommands({ program, plan, files: node.files, notice }), dial: (signal) => dialContainer(program, name, signal) }
  }
  return createProgramDriver({
    name: `docker-container ${name}`,
    async reach(signal) {
      const boot = open()
      const dialed = await boot.dial(signal)
      return dialed.kind === 'engine' ? dialed : await bootEngine(boot, signal)
    },
    async find(signal) {
      const dialed = await open().dial(signal)
      return dialed.kind === 'engine' ? dialed : undefined
    },
    place: createPlace(open),
  })
}

interface Boot {
  readonly name: string
  readonly commands: ContainerCommands
  readonly dial: (signal: AbortSignal) => Promise<JoinerDial>
}

function createPlace(open: () => Boot): EnginePlace {
  return {
    async status(signal) {
      const state = await open().commands.state(signal)
      return state === 'absent' ? 'absent' : state === 'running' ? 'running' : 'stopped'
    },
    async stop(signal) {
      const { commands } = open()
      if (isUp(await commands.state(signal))) await commands.stop(signal)
    },
    async remove({ keepsState, keepsEngine }, signal) {
      if (keepsEngine) return
      const { commands } = open()
      if ((await commands.state(signal)) !== 'absent') await commands.remove(signal)
      if (!keepsState) await commands.removeState(signal)
    },
  }
}

function isUp(state: ContainerState): boolean {
  return state === 'running' || state === 'restarting' || state === 'paused'
}

/** Brings the container up, and waits for its engine. @throws EngineUnavailableError with why it does not come */
async function bootEngine(boot: Boot, signal: AbortSignal): Promise<Reached> {
  await ensureStarted(boot, signal)
  const latest = Date.now() + BOOT_MS
  for (;;) {
    const dialed = await boot.dial(signal)
    if (dialed.kind === 'engine') return dialed
    const state = await boot.commands.state(signal)
    if (state !== 'running') throw await endedEngine(boot, state, signal)
    if (dialed.kind === 'no-program') throw new EngineUnavailableError(`the container ${boot.name} has neither buildctl nor pelago`, { hint: 'name an image that has: --driver-opt image=REFERENCE' })
    if (Date.now() > latest) throw await silentEngine(boot, formatDialFailure(dialed.failure), signal)
    await pause(POLL_MS, signal)
  }
}

async function ensureStarted({ name, commands }: Boot, signal: AbortSignal): Promise<void> {
  const state = await commands.state(signal)
  switch (state) {
    case 'running':
    case 'restarting':
      return
    case 'paused':
      throw new EngineUnavailableError(`the container ${name} is paused`, { hint: `let it go on: docker unpause ${name}` })
    case 'removing':
      throw new EngineUnavailableError(`the container ${name} is being removed`, { hint: 'try again in a moment' })
    case 'absent':
      await commands.create(signal)
      await commands.start(signal)
      return
    case 'created':
    case 'exited':
    case 'dead':
      await commands.start(signal)
  }
}

/** Docker would start it again and again: it is stopped, so that this is not what the machine does from now on. */
async function endedEngine({ name, commands }: Boot, state: ContainerState, signal: AbortSignal): Promise<EngineUnavailableError> {
  const lines = await commands.lastLines(signal)
  if (isUp(state)) await commands.stop(signal)
  const said = lines.length === 0 ? ', and said nothing' : `; it said last:\n${lines.map((line) => `  ${line}`).join('\n')}`
  return new EngineUnavailableError(`the engine in the container ${name} does not stay up (${state})${said}`, { hint: `docker logs ${name} has all of it; pelago rm and create make the container anew, with other options` })
}

async function silentEngine({ name, commands }: Boot, failure: string, signal: AbortSignal): Promise<EngineUnavailableError> {
  const lines = await commands.lastLines(signal)
  return new EngineUnavailableError(`the engine in the container ${name} does not answer: ${failure}${lines.map((line) => `\n  ${line}`).join('')}`, { hint: `see docker logs ${name}` })
}
