import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { peerArgv } from './buildx.ts'

type PeerProgram = 'docker' | 'kubectl'

/** For a test's `skip`: why there is none; false where there is. */
export function missingPeer(name: PeerProgram): string | false {
  return peerArgv(join('usr/bin', name)) === undefined && `not fetched by scripts/peers: ${name}`
}

/** Puts a real program that scripts/peers fetches into a folder for PATH, which it makes: the machine's own may be a wrapper, old or not there. */
export async function installPeer(name: PeerProgram, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const words = (peerArgv(join('usr/bin', name)) ?? []).map((word) => `'${word}'`).join(' ')
  await writeFile(join(folder, name), `#!/bin/sh\nexec ${words} "$@"\n`)
  await chmod(join(folder, name), 0o755)
}
