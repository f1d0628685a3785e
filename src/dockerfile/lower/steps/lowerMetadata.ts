import type { Healthcheck } from '../../../ground/oci/imageConfig.ts'
import { at } from '../../dockerfileError.ts'
import { expand } from '../../words/expand.ts'
import { formatGoDuration, quoteGo, quoteGoCharacter, quoteGoList } from '../../goText.ts'
import type { CommandInstruction, ExposeInstruction, LabelInstruction, StageInstruction, VolumeInstruction } from '../../instructions/instruction.ts'
import { withShell } from './lowerRun.ts'
import { parsePorts } from './ports.ts'
import { checkSignal } from './signals.ts'
import { expandIn, withContainer, withHistory, type StageContext, type StageState } from '../stageState.ts'

/** Instructions that change the image's config and none of its files. */
export type MetadataInstruction = Exclude<StageInstruction, { readonly kind: 'arg' | 'env' | 'run' | 'copy' | 'workdir' }>

/** @throws DockerfileError */
export function lowerMetadata(state: StageState, instruction: MetadataInstruction, context: StageContext): StageState {
  const commit = (next: StageState, createdBy: string): StageState => withHistory(next, createdBy, 'no-layer', context)
  switch (instruction.kind) {
    case 'label':
      return lowerLabel(state, instruction, context)
    case 'user': {
      const user = expandIn(state, instruction.user, instruction.span, context)
      return commit(withContainer(state, { user }), `USER ${user}`)
    }
    case 'cmd':
    case 'entrypoint':
      return lowerCommand(state, instruction, context)
    case 'expose':
      return lowerExpose(state, instruction, context)
    case 'volume':
      return lowerVolume(state, instruction, context)
    case 'healthcheck':
      return commit(withContainer(state, { healthcheck: instruction.healthcheck }), `HEALTHCHECK ${formatHealthcheck(instruction.healthcheck)}`)
    case 'stopsignal': {
      const stopSignal = expandIn(state, instruction.signal, instruction.span, context)
      at(instruction.span, () => checkSignal(stopSignal))
      return commit(withContainer(state, { stopSignal }), `STOPSIGNAL ${stopSignal}`)
    }
    case 'shell':
      return commit(withContainer(state, { shell: instruction.words }), `SHELL [${instruction.words.join(' ')}]`)
    case 'onbuild':
      return withContainer(state, { onBuild: [...state.image.container.onBuild, instruction.trigger] }) // BuildKit writes no history for it
    case 'maintainer':
      return commit({ ...state, image: { ...state.image, author: instruction.name } }, `MAINTAINER ${instruction.name}`)
  }
}

function lowerLabel(state: StageState, { pairs, span }: LabelInstruction, context: StageContext): StageState {
  const added = pairs.map(({ key, value }): [string, string] => [expandIn(state, key, span, context), expandIn(state, value, span, context)])
  const labels = new Map([...state.image.container.labels, ...added])
  return withHistory(withContainer(state, { labels }), ['LABEL', ...added.map(([key, value]) => `${key}=${value}`)].join(' '), 'no-layer', context)
}

/** ENTRYPOINT takes away a CMD that the base image brought. */
function lowerCommand(state: StageState, { kind, command }: CommandInstruction, context: StageContext): StageState {
  const words = withShell(command, state)
  const createdBy = `${kind.toUpperCase()} ${quoteGoList(words)}`
  if (kind === 'cmd') return withHistory({ ...withContainer(state, { cmd: words, argsEscaped: true }), isCmdSet: true }, createdBy, 'no-layer', context)
  const cmd = state.isCmdSet ? state.image.container.cmd : undefined
  return withHistory(withContainer(state, { entrypoint: words.length === 0 ? undefined : words, cmd }), createdBy, 'no-layer', context)
}

function lowerExpose(state: StageState, { ports, span }: ExposeInstruction, context: StageContext): StageState {
  const added = at(span, () => ports.flatMap((word) => expand(word, state.env, context).words).flatMap(parsePorts))
  const exposedPorts = [...new Set([...state.image.container.exposedPorts, ...added])].sort()
  return withHistory(withContainer(state, { exposedPorts }), `EXPOSE [${added.join(' ')}]`, 'no-layer', context)
}

function lowerVolume(state: StageState, { paths, span }: VolumeInstruction, context: StageContext): StageState {
  const added = paths.map((path) => expandIn(state, path, span, context))
  const volumes = [...new Set([...state.image.container.volumes, ...added])].sort()
  return withHistory(withContainer(state, { volumes }), `VOLUME [${added.join(' ')}]`, 'no-layer', context)
}

/** As Go's `%q` prints the struct: the number of retries as if it were a character. */
function formatHealthcheck({ test, intervalNs, timeoutNs, startPeriodNs, startIntervalNs, retries }: Healthcheck): string {
  const times = [intervalNs, timeoutNs, startPeriodNs, startIntervalNs].map((ns) => quoteGo(formatGoDuration(ns)))
  return `&{${[quoteGoList(test), ...times, quoteGoCharacter(retries)].join(' ')}}`
}
