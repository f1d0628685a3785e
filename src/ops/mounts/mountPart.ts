import type { BindMount, CacheMount, ExecOp, Mount } from '../../graph/vertex.ts'
import type { ContentSelection } from '../../snapshot/contentHash.ts'

/** A mount that may show a part of an input. */
export type InputMount = BindMount | CacheMount

export function isInputMount(mount: Mount): mount is InputMount {
  return mount.kind === 'bind' || mount.kind === 'cache'
}

export function mountsOf({ mounts }: ExecOp, input: number): readonly InputMount[] {
  return mounts.filter(isInputMount).filter((mount) => mount.input === input)
}

/** Whether an input counts by what is in the mounted part of it: where the process cannot make an output of it. */
export function countsByContent(mounts: readonly InputMount[]): boolean {
  return mounts.every((mount) => {
    if (mount.kind === 'cache') return true
    const isSafe = mount.readonly || !mount.isOutput
    return mount.contentCache === undefined ? isSafe && mount.target !== '/' : mount.contentCache === 'on' && (isSafe || isWhole(mount))
  })
}

/** Then there is nothing else of it that an output could bring along. */
function isWhole({ selector }: BindMount): boolean {
  return /^[/.]*$/.test(selector)
}

export function mountedPart(selector: string): ContentSelection {
  return { path: selector, wildcard: false, followSymlinks: true, includePatterns: [], excludePatterns: [] }
}
