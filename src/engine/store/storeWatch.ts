import { existsSync, watch } from 'node:fs'
import { join } from 'node:path'
import { LAYOUT_FILE } from '../../content/layoutFiles.ts'

/**
 * Calls `onRemoved`, once, when somebody removes the store in `root`, whose files an engine has open: it would go on in what
 * nobody can see any more. Where the system has no watch left to give, nobody is told.
 */
export function watchStore(root: string, onRemoved: () => void): Disposable {
  const mark = join(root, LAYOUT_FILE)
  try {
    const watcher = watch(mark, { persistent: false }, () => {
      if (existsSync(mark)) return
      watcher.close()
      onRemoved()
    })
    watcher.on('error', () => undefined)
    return { [Symbol.dispose]: () => watcher.close() }
  } catch {
    return { [Symbol.dispose]: () => undefined }
  }
}
