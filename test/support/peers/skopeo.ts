import { runCommand, type CommandResult } from '../pelago.ts'
import { peerArgv } from './buildx.ts'

/** A skopeo that knows sigstore: Debian stable's has it switched off. */
const peer = peerArgv('usr/bin/skopeo')

/** For a test's `skip`: why there is none; false where there is. */
export const missingSkopeo: string | false = peer === undefined && 'not fetched by scripts/peers: skopeo'

export async function runSkopeo(args: readonly string[], cwd: string): Promise<CommandResult> {
  return await runCommand([...(peer ?? []), ...args], { cwd })
}
