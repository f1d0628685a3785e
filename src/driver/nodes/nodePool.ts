import { isSamePlatform, type Platform } from '../../ground/platform.ts'
import { createLimit, mapLimited } from '../../kit/limit.ts'
import type { BuilderNode } from '../builders/builder.ts'
import { EngineUnavailableError, type Driver, type EngineClient } from '../driver.ts'
import type { SilentNode } from './chooseNodes.ts'
import type { NodeFacts } from './nodeFacts.ts'
import { readNodeFacts } from './readNodeFacts.ts'

/** A node whose engine answers. */
export interface OpenNode {
  readonly facts: NodeFacts
  readonly engine: EngineClient
}

/** The nodes of a builder, reached as they are needed. Disposing lets their engines go. */
export interface NodePool extends AsyncDisposable {
  /** Those that answer, in the order of the builder. */
  open(): readonly OpenNode[]
  silent(): readonly SilentNode[]
  /** Side by side: those alone that the user has said `platforms` are for, where these have them all and answer, else every one. @throws signal.reason */
  reachFor(platforms: readonly Platform[], signal: AbortSignal): Promise<void>
  /** Those too that were left out. @throws signal.reason */
  reachAll(signal: AbortSignal): Promise<void>
  /** From now on the node is silent, unless it was reached anew meanwhile. */
  lose(node: OpenNode, error: Error): void
  /** Tries once more to reach the nodes that are silent. @throws signal.reason */
  reachSilent(signal: AbortSignal): Promise<void>
}

export type OpenNodeDriver = (node: BuilderNode) => Promise<Driver>

/** An engine that is there answers within that time, unless its driver was told another; one whose place has to be started first may take the other. */
const ANSWER_MS = 15_000
const START_MS = 600_000
/** What a driver's own time is exceeded by: it knows better than a clock why nothing came. */
const GRACE_MS = 1_000

/** More nodes than any builder has: all are asked at once. */
const ASKED_AT_ONCE = 64

export function createNodePool(nodes: readonly BuilderNode[], openDriver: OpenNodeDriver): NodePool {
  const stack = new AsyncDisposableStack()
  const found = new Map<BuilderNode, OpenNode | SilentNode>()
  const limit = createLimit(ASKED_AT_ONCE)
  const reach = async (asked: readonly BuilderNode[], signal: AbortSignal): Promise<void> => {
    await mapLimited(asked, limit, async (node, inner) => {
      const one = await reachNode(node, openDriver, inner)
      if (isOpen(one)) stack.use(one.engine)
      found.set(node, one)
    }, signal)
  }
  const inOrder = (): readonly (OpenNode | SilentNode)[] => nodes.flatMap((node) => found.get(node) ?? [])
  const reachAll = async (signal: AbortSignal): Promise<void> => await reach(nodes.filter((node) => !found.has(node)), signal)
  return {
    open: () => inOrder().filter(isOpen),
    silent: () => inOrder().flatMap((one) => (isOpen(one) ? [] : [one])),
    reachAll,
    async reachFor(platforms, signal) {
      const given = givenNodes(nodes, platforms).filter((node) => !found.has(node))
      await reach(given, signal)
      if (given.length === 0 || !given.every((node) => isOpen(found.get(node)))) await reachAll(signal)
    },
    lose(lost, error) {
      const { node } = lost.facts
      if (found.get(node) === lost) found.set(node, { node, error })
    },
    reachSilent: async (signal) => await reach(nodes.filter((node) => !isOpen(found.get(node))), signal),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function isOpen(one: OpenNode | SilentNode | undefined): one is OpenNode {
  return one !== undefined && 'engine' in one
}

/** Empty where one of the platforms was given to no node. */
function givenNodes(nodes: readonly BuilderNode[], wanted: readonly Platform[]): readonly BuilderNode[] {
  const isGiven = (node: BuilderNode, platform: Platform): boolean => node.platforms.some((given) => isSamePlatform(given, platform))
  if (!wanted.every((platform) => nodes.some((node) => isGiven(node, platform)))) return []
  return nodes.filter((node) => wanted.some((platform) => isGiven(node, platform)))
}

/** Rejects with the reason of `signal` only: a node that cannot be reached need not matter. */
async function reachNode(node: BuilderNode, openDriver: OpenNodeDriver, signal: AbortSignal): Promise<OpenNode | SilentNode> {
  await using undo = new AsyncDisposableStack()
  const late = new AbortController()
  let timer: NodeJS.Timeout | undefined
  try {
    const driver = await openDriver(node)
    const toldMs = driver.place !== undefined ? START_MS : Math.max(ANSWER_MS, driver.answerMs ?? 0)
    const graceMs = toldMs === driver.answerMs ? GRACE_MS : 0
    timer = setTimeout(() => late.abort(new EngineUnavailableError(`no answer within ${toldMs / 1000} s`)), toldMs + graceMs)
    const inner = AbortSignal.any([signal, late.signal])
    const engine = undo.use(await driver.connect(inner))
    const facts = await readNodeFacts(node, engine, inner)
    undo.move()
    return { facts, engine }
  } catch (error) {
    signal.throwIfAborted()
    const cause: unknown = late.signal.aborted ? late.signal.reason : error
    return { node, error: cause instanceof Error ? cause : new TypeError(String(cause)) }
  } finally {
    clearTimeout(timer)
  }
}
