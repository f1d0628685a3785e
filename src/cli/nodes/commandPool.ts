import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Builder } from '../../driver/builders/builder.ts'
import { openNodeDriver } from '../../driver/nodeDriver.ts'
import { createNodePool, type NodePool } from '../../driver/nodes/nodePool.ts'
import { createTempFolder, type TempFolder } from '../../kit/files/tempFolder.ts'
import type { CommandContext } from '../command.ts'
import { neutralizeLines } from '../render/displayText.ts'

/** A builder's nodes, and a folder for what is on its way between them and the command; both go when it is disposed. */
export interface CommandPool extends NodePool {
  /** Made when it is first asked for. */
  readonly scratch: () => string
}

/** Nothing is reached at first. What drivers have to say goes to standard error. */
export function openCommandPool({ nodes }: Builder, { env, stderr }: Pick<CommandContext, 'env' | 'stderr'>): CommandPool {
  const pool = createNodePool(nodes, (node) => openNodeDriver(node, env, (text) => stderr.write(`note: ${node.name}: ${neutralizeLines(text)}\n`)))
  let scratch: TempFolder | undefined
  return {
    ...pool,
    scratch() {
      scratch ??= createTempFolder(join(env['TMPDIR'] ?? tmpdir(), 'pelago-nodes'))
      return scratch.path
    },
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      await scratch?.[Symbol.asyncDispose]()
    },
  }
}
