import type { Pelago } from '../pelago.ts'
import { HERE, type ServerPlace } from '../servers/sshServer.ts'
import { PROGRAM, startCommand, type StartedCommand } from '../startedCommand.ts'

/** `pelago serve`, with the store of a `Pelago`. Disposing ends it as an operator would. */
export interface ServedEngine extends AsyncDisposable {
  /** As it says itself where it listens, in the order of the flags. */
  readonly addresses: readonly string[]
  readonly command: StartedCommand
  /** All that it has said until it ended. */
  readonly output: Promise<string>
}

/** Resolves when it says that it listens. @throws where it ends before */
export async function serve(pelago: Pick<Pelago, 'env' | 'folder'>, args: readonly string[], settings: Readonly<Record<string, string>> = {}, { argvThere }: ServerPlace = HERE): Promise<ServedEngine> {
  const command = startCommand(pelago, argvThere([PROGRAM, 'serve', ...args]), settings)
  const [, addresses = ''] = await command.printed(/listens at (.*) and builds for .*\n/)
  return {
    addresses: addresses.split(', '),
    command,
    output: command.ended.then(({ output }) => output),
    async [Symbol.asyncDispose]() {
      command.kill('SIGTERM')
      await command.ended
    },
  }
}
