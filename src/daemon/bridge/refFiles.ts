import type { FolderFiles, ResultFiles } from '../../engine/build/resultFiles.ts'
import type { FoundRef } from './assembleResult.ts'

/** Files of the results of one build, as its client reads them: what was opened stays open until the build ends, so that the next call finds it. */
export interface RefFiles extends AsyncDisposable {
  /** Does the work for the result first, where it is not done. `work` is handed the files for as long as it runs. */
  read<T>(ref: string, work: (files: FolderFiles) => T): Promise<T>
}

/** More are opened for each call: every open result is a mount. */
const KEPT = 32

/** `find` throws for a reference that there is not. `signal` is the build's. */
export function createRefFiles(find: (ref: string) => FoundRef, signal: AbortSignal): RefFiles {
  const stack = new AsyncDisposableStack()
  const kept = new Map<string, Promise<FolderFiles>>()
  const open = async (ref: string): Promise<ResultFiles> => {
    const { built, index } = find(ref)
    return await built.openFiles(index, signal)
  }
  const openKept = async (ref: string): Promise<FolderFiles> => {
    const files = await open(ref)
    if (!stack.disposed) return stack.use(files)
    await files[Symbol.asyncDispose]()
    return files
  }
  return {
    async read(ref, work) {
      if (kept.has(ref) || kept.size < KEPT) {
        const opening = kept.get(ref) ?? openKept(ref)
        kept.set(ref, opening)
        opening.catch(() => kept.delete(ref)) // whoever reads is told, and the next one tries again
        const files = await opening
        if (!stack.disposed) return work(files) // else they are closed
      }
      await using own = await open(ref)
      return work(own)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
