import { BuildError } from '../../../ground/errors.ts'
import { formatPlatform, parsePlatform, type Platform } from '../../../ground/platform.ts'
import type { SourceSpan } from '../../../ground/sourceSpan.ts'
import { redactUrls } from '../../../ground/urlText.ts'
import type { VertexNote } from '../../../graph/vertex.ts'
import { expand, type ExpandOptions } from '../../words/expand.ts'
import type { PlannedStep } from '../plan.ts'
import type { StageContext, StageState } from '../stageState.ts'

/** A step as it is shown, and the state that has counted it. */
export interface NamedStep {
  readonly note: VertexNote
  readonly state: StageState
}

/** `[linux/arm64 build 2/4] RUN make` */
export function nameStep(state: StageState, text: string, step: { readonly span: SourceSpan; readonly isTrigger: boolean }, context: StageContext): NamedStep {
  const { stepCount, displayName, request, ignoreCache } = context
  const number = state.namedSteps + 1
  const platform = request.isMultiPlatform ? [`${formatPlatform(state.platform)}${state.targetSuffix}`] : []
  const place = [...platform, ...(displayName === '' ? [] : [displayName]), `${String(number).padStart(String(stepCount).length)}/${stepCount}`]
  const name = `[${place.join(' ')}] ${step.isTrigger ? 'ONBUILD ' : ''}${redactUrls(text)}`
  return { note: { name, ignoreCache, span: step.span }, state: { ...state, namedSteps: number } }
}

/** The instruction with its variables replaced and its keyword in capitals, as far as that can be done. */
export function describeInstruction({ instruction }: PlannedStep, state: StageState, options: ExpandOptions): string {
  const text = instruction.text.replace(/^\S+/, (keyword) => keyword.toUpperCase())
  try {
    return expand(text, state.env, options).text
  } catch (error) {
    if (error instanceof BuildError) return text // what cannot be expanded is for the shell to read
    throw error
  }
}

/** `->arm64`, where the environment of a step names another target than the platform it runs on. */
export function targetSuffix(platform: Platform, env: ReadonlyMap<string, string>): string {
  const target = targetOf(env, platform)
  if (target === undefined || (target.os === platform.os && target.architecture === platform.architecture)) return ''
  if (target.os !== platform.os) return `->${formatPlatform(target)}`
  return `->${target.variant === '' ? target.architecture : `${target.architecture}/${target.variant}`}`
}

function targetOf(env: ReadonlyMap<string, string>, { os, architecture }: Platform): Platform | undefined {
  const full = env.get('TARGETPLATFORM')
  const parts = ['TARGETOS', 'TARGETARCH', 'TARGETVARIANT'].map((name) => env.get(name) ?? '')
  const [targetOs = '', targetArchitecture = '', variant = ''] = parts
  if (full === undefined && parts.every((part) => part === '')) return undefined
  const written = [targetOs === '' ? os : targetOs, targetArchitecture === '' ? architecture : targetArchitecture, variant].filter((part) => part !== '').join('/')
  try {
    return parsePlatform(full ?? written)
  } catch (error) {
    if (error instanceof BuildError) return undefined // the user has overridden it with something else
    throw error
  }
}
