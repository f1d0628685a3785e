import type { BuilderNode } from '../../driver/builders/builder.ts'
import { createBuilderStore } from '../../driver/builders/builderStore.ts'
import { chooseBuilder } from '../builders/chooseBuilder.ts'
import { namedCommand } from '../dispatch.ts'
import type { Call } from './call.ts'

/** Commands that neither ask their user, nor hand their terminal or open files to another program, nor stay. */
const SUITED: ReadonlySet<string> = new Set([
  '', 'audit', 'bake', 'build', 'compose', 'compose build', 'compose config', 'du', 'history', 'history inspect', 'history inspect attachment', 'history logs', 'history ls', 'image', 'image inspect', 'image ls', 'image rm',
  'image tag', 'imagetools', 'imagetools inspect', 'info', 'ls', 'manifest', 'manifest inspect', 'plan', 'platforms', 'platforms explain', 'pull', 'push', 'sbom', 'sizes', 'version',
])

/** What means another file in each process: of a command line's words, and of variables, which may name a terminal without meaning to read it. */
const OF_A_PROCESS = /\/(?:dev|proc)\//
const VARIABLE_OF_A_PROCESS = /\/dev\/(?:fd\/|std(?:in|out|err)\b)|\/proc\/(?:thread-)?self\//

/**
 * Whether `call` comes out the same in a process that others have used, and will, without the terminal of its user: on the
 * way to some engines a program such as ssh may want that. What is wrong with a command line is told anywhere.
 */
export async function suitsWarmProcess({ argv, env, folder }: Call): Promise<boolean> {
  if (argv.some((word) => OF_A_PROCESS.test(word)) || Object.values(env).some((value) => VARIABLE_OF_A_PROCESS.test(value))) return false
  try {
    const { words, builder } = namedCommand(argv, env)
    if (!SUITED.has(words)) return false
    const builders = words === 'ls' ? (await createBuilderStore(env).list()).builders : [await chooseBuilder({ builder, env, workingFolder: folder })]
    return builders.every(({ nodes }) => nodes.every(isReachedAlone))
  } catch {
    return true
  }
}

/** By this process itself. */
function isReachedAlone({ driver, endpoint }: BuilderNode): boolean {
  return driver === 'embedded' || (driver === 'remote' && /^(?:unix|tcp):/.test(endpoint))
}
