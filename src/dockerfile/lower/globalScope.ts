import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { SOURCE_DATE_EPOCH } from '../../ground/quantity/sourceDateEpoch.ts'
import type { Dockerfile } from '../dockerfile.ts'
import { at } from '../dockerfileError.ts'
import { expand } from '../words/expand.ts'
import { findEpochOrigin, resolveEpoch, type EpochOrigin } from './epoch.ts'
import type { LowerRequest } from './request.ts'
import { AUTOMATIC_TARGET_VARIABLES, expandForAnyTarget, withTargetVariable, type TargetVariables } from './targetVariables.ts'

/** What FROM can use, and an ARG without a default takes its value from. */
export interface GlobalScope {
  readonly variables: ReadonlyMap<string, string>
  readonly targetVariables: TargetVariables
  /** By SOURCE_DATE_EPOCH; undefined where there is none. */
  readonly epochSeconds: number | undefined
}

/** The automatic arguments, then each ARG before the first FROM; `--build-arg` overrides both. @throws DockerfileError */
function evaluateArguments(dockerfile: Dockerfile, request: LowerRequest): Omit<GlobalScope, 'epochSeconds'> {
  const stageName = request.target ?? dockerfile.stages.at(-1)?.from.stageName ?? ''
  const automatic = [...platformArgs('BUILD', request.buildPlatform), ...platformArgs('TARGET', request.targetPlatform), ['TARGETSTAGE', stageName === '' ? 'default' : stageName] as const]
  const variables = new Map(automatic.map(([name, value]) => [name, request.buildArgs.get(name) ?? value]))
  let targetVariables: TargetVariables = new Map([...AUTOMATIC_TARGET_VARIABLES].filter(([name]) => !request.buildArgs.has(name)))
  for (const { args, span } of dockerfile.globalArgs) {
    for (const { name, defaultValue } of args) {
      const given = request.buildArgs.get(name)
      if (given === undefined && defaultValue === undefined) continue
      const standIn = given === undefined ? expandForAnyTarget(defaultValue ?? '', variables, targetVariables, dockerfile.escape) : undefined
      targetVariables = withTargetVariable(targetVariables, name, standIn)
      variables.set(name, given ?? at(span, () => expand(defaultValue ?? '', variables, dockerfile).text))
    }
  }
  return { variables, targetVariables }
}

/** Where the time of the build is from; undefined where nothing says one. @throws DockerfileError; InvalidValueError */
export function findBuildEpoch(dockerfile: Dockerfile, request: LowerRequest): EpochOrigin | undefined {
  const { variables } = evaluateArguments(dockerfile, request)
  const written = writtenEpoch(variables, request)
  return written === undefined ? undefined : findEpochOrigin(written, { dockerfile, request, variables })
}

function writtenEpoch(variables: ReadonlyMap<string, string>, { buildArgs }: LowerRequest): string | undefined {
  return buildArgs.get(SOURCE_DATE_EPOCH) ?? variables.get(SOURCE_DATE_EPOCH)
}

/** As `evaluateArguments`, with what SOURCE_DATE_EPOCH comes to. @throws DockerfileError; InvalidValueError */
export function evaluateGlobalScope(dockerfile: Dockerfile, request: LowerRequest): GlobalScope {
  const scope = { ...evaluateArguments(dockerfile, request), epochSeconds: undefined }
  const { variables } = scope
  const written = writtenEpoch(variables, request)
  if (written === undefined) return scope
  const { seconds, value } = resolveEpoch(written, { dockerfile, request, variables })
  return { ...scope, epochSeconds: seconds, variables: variables.has(SOURCE_DATE_EPOCH) ? new Map([...variables, [SOURCE_DATE_EPOCH, value]]) : variables }
}

/** The build's arguments with what `SOURCE_DATE_EPOCH=context` has come to. */
export function withResolvedEpoch({ buildArgs }: LowerRequest, { epochSeconds }: GlobalScope): LowerRequest['buildArgs'] {
  return buildArgs.has(SOURCE_DATE_EPOCH) ? new Map([...buildArgs, [SOURCE_DATE_EPOCH, String(epochSeconds ?? '')]]) : buildArgs
}

function platformArgs(prefix: 'BUILD' | 'TARGET', platform: Platform): readonly (readonly [name: string, value: string])[] {
  const { os, architecture, variant, osVersion } = platform
  const isVersioned = prefix === 'TARGET' && osVersion !== ''
  const full = isVersioned ? formatPlatform({ ...platform, os: `${os}(${osVersion})` }) : formatPlatform(platform)
  return [
    [`${prefix}PLATFORM`, full],
    [`${prefix}OS`, os],
    [`${prefix}OSVERSION`, osVersion],
    [`${prefix}ARCH`, architecture],
    [`${prefix}VARIANT`, variant],
  ]
}

/** Build arguments that say how this machine reaches others, in either letter case. */
export const PROXY_NAMES = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy']

/** The proxy variables among the build arguments, in both letter cases, `KEY=value`: given to every step, part of no key. */
export function proxyEnvironment(buildArgs: ReadonlyMap<string, string>): readonly string[] {
  return PROXY_NAMES.flatMap((name) => {
    const value = buildArgs.get(name) ?? buildArgs.get(name.toUpperCase())
    return value === undefined ? [] : [`${name.toUpperCase()}=${value}`, `${name}=${value}`]
  })
}
