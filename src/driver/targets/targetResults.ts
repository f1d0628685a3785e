import type { Result } from '../../api/gen/gateway_pb.ts'
import type { Definition } from '../../api/gen/ops_pb.ts'
import type { BuildRequest } from '../driver.ts'
import type { TargetRequest } from './targetRequest.ts'

/** A named context that is the result of another target. */
export interface Link {
  /** The attribute `context:NAME` */
  readonly attribute: string
  readonly target: string
}

const SCHEME = 'target:'

export function linksOf({ attributes }: Pick<BuildRequest, 'attributes'>): readonly Link[] {
  return [...attributes].flatMap(([attribute, value]) => (attribute.startsWith('context:') && value.startsWith(SCHEME) ? [{ attribute, target: value.slice(SCHEME.length) }] : []))
}

/** What a frontend is told of results that are its inputs, as BuildKit's clients tell it. */
export interface FrontendInputs {
  readonly attributes: ReadonlyMap<string, string>
  readonly definitions: ReadonlyMap<string, Definition>
}

/** The results of targets on their way to those that stand on them. */
export interface TargetResults {
  /** Whether another target stands on it. */
  isWanted(target: string): boolean
  /** Resolves when all that it stands on are known; never where one of them fails, which ends all. */
  inputsOf(request: BuildRequest): Promise<FrontendInputs>
  publish(target: string, result: Result): void
  /** The request's frontend has had its inputs. */
  taken(request: BuildRequest): void
  /** Resolves when all that stand on it have had it. */
  untilTaken(target: string): Promise<void>
}

export function createTargetResults(targets: readonly TargetRequest[]): TargetResults {
  const published = new Map(targets.map(({ name }) => [name, Promise.withResolvers<Result>()]))
  const waiting = new Map<string, number>()
  const takenAll = new Map<string, PromiseWithResolvers<undefined>>()
  for (const { target } of targets.flatMap(({ requests }) => requests.flatMap(linksOf))) {
    waiting.set(target, (waiting.get(target) ?? 0) + 1)
    takenAll.set(target, Promise.withResolvers())
  }
  const resultOf = async (link: Link): Promise<FrontendInputs> => toInputs(link, await published.get(link.target)?.promise)
  return {
    isWanted: (target) => waiting.has(target),
    async inputsOf(request) {
      const all = await Promise.all(linksOf(request).map(resultOf))
      return { attributes: new Map(all.flatMap(({ attributes }) => [...attributes])), definitions: new Map(all.flatMap(({ definitions }) => [...definitions])) }
    },
    publish: (target, result) => published.get(target)?.resolve(result),
    taken(request) {
      for (const { target } of linksOf(request)) {
        const left = (waiting.get(target) ?? 1) - 1
        waiting.set(target, left)
        if (left === 0) takenAll.get(target)?.resolve(undefined)
      }
    },
    async untilTaken(target) {
      await takenAll.get(target)?.promise
    },
  }
}

const CONFIG_KEY = 'containerimage.config'

function toInputs({ attribute, target }: Link, result: Result | undefined): FrontendInputs {
  switch (result?.result.case) {
    case 'ref':
      return inputOf({ key: target, attribute }, result.result.value.def, result.metadata[CONFIG_KEY])
    case 'refs': {
      const all = Object.entries(result.result.value.refs).map(([platform, { def }]) => inputOf({ key: `${target}::${platform}`, attribute: `${attribute}::${platform}` }, def, result.metadata[`${CONFIG_KEY}/${platform}`]))
      return { attributes: new Map(all.flatMap(({ attributes }) => [...attributes])), definitions: new Map(all.flatMap(({ definitions }) => [...definitions])) }
    }
    case 'refDeprecated':
    case 'refsDeprecated':
    case undefined:
      throw new TypeError(`target ${target} has no result that another could stand on`)
  }
}

function inputOf({ key, attribute }: { readonly key: string; readonly attribute: string }, definition: Definition | undefined, config: Uint8Array | undefined): FrontendInputs {
  const metadata = config === undefined ? [] : [[`input-metadata:${key}`, JSON.stringify({ [CONFIG_KEY]: Buffer.from(config).toString('base64') })] as const]
  return { attributes: new Map([[attribute, `input:${key}`], ...metadata]), definitions: definition === undefined ? new Map() : new Map([[key, definition]]) }
}
