import { distinctWarnings } from '../../dockerfile/lint/lintDockerfile.ts'
import { checkDockerfile, type CheckedDockerfile, type LowerRequest } from '../../dockerfile/lower.ts'
import { answerLint } from '../../dockerfile/subrequests/lintAnswer.ts'
import { answerOutline } from '../../dockerfile/subrequests/outline.ts'
import { DESCRIBE_REQUEST, describeSubrequests, LINT_REQUEST, PLAN_REQUEST, SUBREQUESTS, TARGETS_REQUEST, type SubrequestAnswer } from '../../dockerfile/subrequests/subrequest.ts'
import { answerTargets } from '../../dockerfile/subrequests/targets.ts'
import { answerPlan, type PlanDeps } from '../plan/answerPlan.ts'
import type { BuildDeps } from './buildDeps.ts'
import { dateText, hostPlatform, lowerRequest, type BuildOptions, type UndatedText } from './build.ts'
import { SubrequestUnknownError } from './unsupportedByFrontend.ts'

export interface AskedSubrequest {
  readonly requestId: string
  readonly text: UndatedText
}

/** Answers what a client asks instead of a build. Nothing is built: of base images the configs are read at most. */
export async function answerSubrequest(deps: PlanDeps, { requestId, text: undated }: AskedSubrequest, options: BuildOptions, signal: AbortSignal): Promise<SubrequestAnswer> {
  if (requestId === DESCRIBE_REQUEST.name) return describeSubrequests()
  if (!SUBREQUESTS.some(({ name }) => name === requestId)) {
    throw new SubrequestUnknownError(requestId, SUBREQUESTS.map(({ name }) => name))
  }
  if (requestId === PLAN_REQUEST.name) return await answerPlan(deps, undated, options, signal)
  const { platforms } = options.attributes
  const text = await dateText(deps, undated, options, signal)
  const host = hostPlatform(deps.executor)
  const [request, ...others] = (platforms.length > 0 ? platforms : [host]).map((platform) => lowerRequest({ text, platform, host }, options))
  if (request === undefined) throw new TypeError('there is always a platform')
  if (requestId === LINT_REQUEST.name) return answerLint(text.source, await checkAll(deps, [request, ...others], signal))
  return requestId === TARGETS_REQUEST.name ? answerTargets(text.source) : answerOutline(request, deps.resolver, signal)
}

/** For all platforms; what they have in common is said once. */
async function checkAll({ resolver }: BuildDeps, requests: readonly LowerRequest[], signal: AbortSignal): Promise<CheckedDockerfile> {
  const checked = await Promise.all(requests.map((request) => checkDockerfile(request, resolver, signal)))
  return { warnings: distinctWarnings(checked.flatMap(({ warnings }) => warnings)), error: checked.find(({ error }) => error !== undefined)?.error }
}
