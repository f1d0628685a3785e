import { at } from '../../dockerfileError.ts'
import { expand } from '../../words/expand.ts'
import type { ArgDefinition, ArgInstruction, EnvInstruction } from '../../instructions/instruction.ts'
import { splitVariable, withContainer, withHistory, type StageContext, type StageState } from '../stageState.ts'
import { expandForAnyTarget, withTargetVariable } from '../targetVariables.ts'

/** Arguments that are for the builder and not for the commands. */
const BUILDER_ARGS: ReadonlySet<string> = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE'])

/** All values are expanded by the variables from before the line. @throws DockerfileError */
export function lowerEnv(before: StageState, { pairs, span }: EnvInstruction, context: StageContext): StageState {
  let state = before
  let env = before.image.container.env
  const texts: string[] = []
  for (const pair of pairs) {
    const name = at(span, () => expand(pair.key, before.env, context).text)
    const value = at(span, () => expand(pair.value, before.env, context).text)
    state = setVariable(state, name, { value, standIn: expandForAnyTarget(pair.value, before.env, before.targetVariables, context.escape) })
    env = setEnv(env, name, value)
    texts.push(`${name}=${value}`)
  }
  return withHistory(withContainer(state, { env }), ['ENV', ...texts].join(' '), 'no-layer', context)
}

/** The value comes from `--build-arg`, else from the default, else from the global scope. @throws DockerfileError */
export function lowerArg(before: StageState, { args, span }: ArgInstruction, context: StageContext): StageState {
  let state = before
  const texts: string[] = []
  for (const definition of args) {
    const found = at(span, () => findValue(state, definition, context))
    state = { ...state, buildArgs: new Map([...state.buildArgs, [definition.name, found?.value]]) }
    if (found !== undefined && !BUILDER_ARGS.has(definition.name)) state = setVariable(state, definition.name, found)
    texts.push(found === undefined ? definition.name : `${definition.name}=${found.value}`)
  }
  return withHistory(state, ['ARG', ...texts].join(' '), 'no-layer', context)
}

interface VariableValue {
  readonly value: string
  /** For any target, where the value depends on it. */
  readonly standIn: string | undefined
}

function findValue(state: StageState, { name, defaultValue }: ArgDefinition, { request, scope, escape }: StageContext): VariableValue | undefined {
  const given = request.buildArgs.get(name)
  if (given !== undefined) return { value: given, standIn: undefined }
  if (defaultValue !== undefined) {
    return { value: expand(defaultValue, state.env, { escape }).text, standIn: expandForAnyTarget(defaultValue, state.env, state.targetVariables, escape) }
  }
  const inherited = scope.variables.get(name)
  return inherited === undefined ? undefined : { value: inherited, standIn: scope.targetVariables.get(name) }
}

function setVariable(state: StageState, name: string, { value, standIn }: VariableValue): StageState {
  return { ...state, env: new Map([...state.env, [name, value]]), targetVariables: withTargetVariable(state.targetVariables, name, standIn) }
}

/** A name that is there keeps its place. */
function setEnv(env: readonly string[], name: string, value: string): readonly string[] {
  const variable = `${name}=${value}`
  const index = env.findIndex((existing) => splitVariable(existing)[0] === name)
  return index < 0 ? [...env, variable] : env.with(index, variable)
}
