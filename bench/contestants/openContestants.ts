import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { missingPeerDaemon } from '../../test/support/peers/peerDaemon.ts'
import { missing } from '../../test/support/requires.ts'
import { openControlGroup } from '../measure/controlGroup.ts'
import { openBuildah } from './buildah.ts'
import { openBuildkit } from './buildkit.ts'
import type { Contestant, ContestantName, Stage } from './contestant.ts'
import { openDocker } from './docker.ts'
import { openPelagoContestant } from './pelago.ts'

/** Those that are there, opened, and closed with it. */
export interface Contestants extends AsyncDisposable {
  readonly all: readonly Contestant[]
}

/** Why a builder cannot be measured on this machine; false where it can. */
export function missingContestant(name: ContestantName): string | false {
  switch (name) {
    case 'pelago':
    case 'pelago-twins':
    case 'pelago-toolchain':
      return false
    case 'buildkit':
    case 'docker':
      return missingPeerDaemon
    case 'buildah':
      return process.getuid?.() === 0 ? missing('buildah') : 'measured as root'
  }
}

export async function openContestants(names: readonly ContestantName[], folder: string, options: { readonly program: string; readonly isEmulated: boolean }): Promise<Contestants> {
  await using stack = new AsyncDisposableStack()
  const all: Contestant[] = []
  for (const name of names) {
    const group = openControlGroup(`pelago-bench-${process.pid}-${name}`)
    if (group !== undefined) stack.use(group) // after the builder, whose processes are in it
    const stage = { folder: join(folder, name), isEmulated: options.isEmulated, group }
    mkdirSync(stage.folder)
    all.push(stack.use(await openContestant(name, stage, options.program)))
  }
  const held = stack.move()
  return { all, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

async function openContestant(name: ContestantName, stage: Stage, program: string): Promise<Contestant> {
  switch (name) {
    case 'pelago':
    case 'pelago-twins':
    case 'pelago-toolchain':
      return await openPelagoContestant(program, stage, name)
    case 'buildkit':
      return await openBuildkit(stage)
    case 'docker':
      return await openDocker(stage)
    case 'buildah':
      return await openBuildah(stage)
  }
}
