import { isSameBase } from '../../graph/actionBase.ts'
import type { ActionBase, FileAction } from '../../graph/vertex.ts'
import { fromText, type ByteString } from '../../kit/byteString.ts'
import type { MutableSnapshot, SnapshotId, SnapshotStore, SnapshotView } from '../../snapshot/snapshotStore.ts'
import { toSnapshot } from '../snapshotResult.ts'
import { hasNames, lookupsOf } from './owner.ts'

/**
 * The file systems of one file op: of its inputs, and of its actions' results. An action goes on in the file system of
 * the one before where nobody else wants that, so that a chain of actions becomes one layer.
 */
export interface Workplace extends AsyncDisposable {
  /** The root in which action `index` is to work. What was put off for it is done before. */
  openTarget(index: number): Promise<ByteString>
  /** Puts `copy` off until the layer in which action `index` works is no longer mounted, or another action goes on in it. Only before that action has changed what others made in the layer. */
  putOff(index: number, copy: Finishing): void
  /** Whether action `index` is the first in its layer. */
  isFirstOfLayer(index: number): boolean
  /** To be called when action `index` has done its work. */
  finish(index: number): Promise<void>
  /** The root of a file system, to be read; undefined is an empty one. */
  openSource(base: ActionBase): Promise<SnapshotView | undefined>
  /** Snapshots of the actions that are outputs, by the output's number. */
  outputs(): ReadonlyMap<number, SnapshotId>
}

/** Work in a layer at `root`. */
export type Finishing = (root: ByteString) => Promise<void>

type ActionState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'open'; readonly mutable: MutableSnapshot; readonly isFirst: boolean; readonly finishing: Finishing[] }
  /** A later action goes on in its file system. */
  | { readonly kind: 'passed-on' }
  | { readonly kind: 'committed'; readonly id: SnapshotId }

export function openWorkplace(actions: readonly FileAction[], inputs: readonly (string | undefined)[], snapshots: SnapshotStore, signal: AbortSignal): Workplace {
  const held = new AsyncDisposableStack()
  const states: ActionState[] = actions.map(() => ({ kind: 'waiting' }))
  const views = new Map<SnapshotId, Promise<SnapshotView>>()
  const outputs = new Map<number, SnapshotId>()

  /** The snapshot that an action builds on or reads. */
  function snapshotOf(base: ActionBase): SnapshotId | undefined {
    if (base.kind === 'scratch') return undefined
    if (base.kind === 'input') return toSnapshot(inputs[base.index])
    const state = states[base.index]
    if (state?.kind !== 'committed') throw new Error(`action ${base.index} is not done`)
    return state.id
  }

  async function takeLayer(base: ActionBase): Promise<ActionState & { kind: 'open' }> {
    const state = base.kind === 'action' ? states[base.index] : undefined
    if (base.kind === 'action' && state?.kind === 'open') {
      states[base.index] = { kind: 'passed-on' }
      for (const finish of state.finishing) await finish(fromText(state.mutable.path))
      return { kind: 'open', mutable: state.mutable, isFirst: false, finishing: [] }
    }
    return { kind: 'open', mutable: held.use(await snapshots.openMutable(snapshotOf(base), signal)), isFirst: true, finishing: [] }
  }

  async function openView(id: SnapshotId): Promise<SnapshotView> {
    return held.use(await snapshots.openView(id, signal))
  }

  return {
    async openTarget(index) {
      const action = actions[index]
      if (action === undefined) throw new RangeError(`no action ${index}`)
      const layer = await takeLayer(action.base)
      states[index] = layer
      return fromText(layer.mutable.path)
    },
    putOff(index, copy) {
      const state = states[index]
      if (state?.kind === 'open') state.finishing.push(copy)
    },
    isFirstOfLayer(index) {
      const state = states[index]
      return state?.kind === 'open' && state.isFirst
    },
    async finish(index) {
      const [action, state] = [actions[index], states[index]]
      if (action === undefined || state?.kind !== 'open' || isPassedOn(actions, index)) return
      const id = await state.mutable.commit(async (layer) => {
        for (const finish of state.finishing) await finish(fromText(layer))
      })
      states[index] = { kind: 'committed', id }
      if (action.output !== undefined) outputs.set(action.output, id)
    },
    async openSource(base) {
      const id = snapshotOf(base)
      if (id === undefined) return undefined
      const view = views.get(id) ?? openView(id)
      views.set(id, view)
      return view
    },
    outputs: () => outputs,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

/** Whether action `index` is wanted by one other only, to go on from. */
function isPassedOn(actions: readonly FileAction[], index: number): boolean {
  if (actions[index]?.output !== undefined) return false
  const uses = actions.flatMap((action) => readsOf(action).filter((base) => isAction(base, index)))
  const bases = actions.filter(({ base }) => isAction(base, index))
  return bases.length === 1 && uses.length === 0
}

/** What an action reads beside its base. */
function readsOf(action: FileAction): readonly ActionBase[] {
  const owner = 'owner' in action ? action.owner : undefined
  const lookup = owner !== undefined && hasNames(owner) ? lookupsOf(owner).filter((base) => !isSameBase(base, action.base)) : []
  return action.kind === 'copy' ? [action.from, ...lookup] : lookup
}

function isAction(base: ActionBase, index: number): boolean {
  return base.kind === 'action' && base.index === index
}
