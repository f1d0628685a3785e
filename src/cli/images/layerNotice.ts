import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { CommandContext } from '../command.ts'
import { formatBytes } from '../render/measure.ts'
import { isTerminal } from '../terminal.ts'

/** On a terminal, which layer is being read: a big one takes a while. Disposing takes the line away. */
export interface LayerNotice extends Disposable {
  show(layer: Descriptor): void
}

export function openLayerNotice({ stderr, env }: Pick<CommandContext, 'stderr' | 'env'>): LayerNotice {
  const isShown = isTerminal(stderr, env)
  let count = 0
  return {
    show({ sizeBytes }) {
      count += 1
      if (isShown) stderr.write(`\r\u001b[Kreading layer ${count}, ${formatBytes(sizeBytes)}`)
    },
    [Symbol.dispose]() {
      if (isShown) stderr.write('\r\u001b[K')
    },
  }
}
