import { BuildError, InvalidValueError } from '../../ground/errors.ts'
import { redactUrls } from '../../ground/urlText.ts'
import { PolicyAction, type Policy, type Rule } from '../gen/sourcepolicy_pb.ts'
import { compileSelector, type CompiledSelector } from './policySelector.ts'
import type { WrittenSource } from './writtenSource.ts'

/** Rules about what a build may fetch, and from where. */
export interface SourcePolicy {
  /** What is fetched in the place of `source`. @throws SourceDeniedError; InvalidValueError where the rules convert without an end */
  apply(source: WrittenSource): WrittenSource
}

/** A rule of the client's policy forbids a source. */
export class SourceDeniedError extends BuildError {
  readonly kind = 'denied'
  constructor(identifier: string, rule: string) {
    super(`source ${JSON.stringify(redactUrls(identifier))} denied by policy: ${rule}`, { hint: 'build from another source, or have the policy allow this one' })
  }
}

/** Enough for any sensible chain of conversions; BuildKit's limit. */
const MAX_CONVERSIONS = 20

/**
 * Of several policies all hold, in their order. Within one, the last rule that allows or denies counts, and the first that
 * converts; what was converted is judged anew, by all. Undefined where there is no rule at all.
 * @throws InvalidValueError for a rule that says nothing that can be obeyed
 */
export async function compileSourcePolicy(policies: readonly Policy[]): Promise<SourcePolicy | undefined> {
  const compiled = await Promise.all(policies.map((policy, index) => compileRules(policy, policies.length === 1 ? '' : ` of policy ${index + 1}`)))
  if (compiled.every((rules) => rules.length === 0)) return undefined
  return {
    apply(source) {
      let current = source
      for (let conversions = 0; conversions <= MAX_CONVERSIONS; conversions += 1) {
        const converted = convertOnce(compiled, current)
        if (converted === undefined) return current
        current = converted
      }
      throw new InvalidValueError(`the source policy converts ${JSON.stringify(source.identifier)} more than ${MAX_CONVERSIONS} times`, { hint: 'take a rule out that converts back' })
    },
  }
}

interface CompiledRule {
  readonly action: PolicyAction
  readonly selector: CompiledSelector
  readonly updates: Rule['updates']
  /** As people find it. */
  readonly name: string
}

async function compileRules({ version, rules }: Policy, ofPolicy: string): Promise<readonly CompiledRule[]> {
  if (version > 1n) throw new InvalidValueError(`a source policy of version ${version} is not supported`, { hint: 'write version 1' })
  return await Promise.all(rules.map((rule, index) => compileRule(rule, `rule ${index + 1}${ofPolicy}`)))
}

async function compileRule({ action, selector, updates }: Rule, place: string): Promise<CompiledRule> {
  if (selector === undefined) throw new InvalidValueError(`${place} of the source policy has no selector`)
  const verb = VERBS.get(action)
  if (verb === undefined) throw new InvalidValueError(`${place} of the source policy has an unknown action: ${String(action)}`)
  if (action === PolicyAction.CONVERT && updates === undefined) throw new InvalidValueError(`${place} of the source policy converts, but does not say to what`, { hint: 'add "updates"' })
  return { action, selector: await compileSelector(selector, place), updates, name: `${place} is ${verb} ${selector.identifier}` }
}

const VERBS: ReadonlyMap<PolicyAction, string> = new Map(Object.entries(PolicyAction).map(([verb, action]) => [action, verb]))

/** Undefined where it is taken as it is. */
function convertOnce(policies: readonly (readonly CompiledRule[])[], source: WrittenSource): WrittenSource | undefined {
  for (const rules of policies) {
    const met = rules.filter(({ selector }) => selector.matches(source))
    for (const rule of met) {
      const converted = rule.action === PolicyAction.CONVERT ? convert(source, rule) : undefined
      if (converted !== undefined) return converted
    }
    const verdict = met.findLast(({ action }) => action !== PolicyAction.CONVERT)
    if (verdict?.action === PolicyAction.DENY) throw new SourceDeniedError(source.identifier, verdict.name)
  }
  return undefined
}

/** Without a new identifier only the attributes change. Undefined where nothing does. */
function convert(source: WrittenSource, { selector, updates }: CompiledRule): WrittenSource | undefined {
  const written = updates?.identifier ?? ''
  const identifier = written === '' ? source.identifier : selector.format(source.identifier, written)
  const added = Object.entries(updates?.attrs ?? {})
  if (identifier === source.identifier && added.every(([key, value]) => source.attributes.get(key) === value)) return undefined
  return { identifier, attributes: new Map([...source.attributes, ...added]) }
}
