import assert from 'node:assert/strict'
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { EngineClient } from '../../src/driver/driver.ts'
import { createSocketDriver } from '../../src/driver/socketDriver.ts'
import { missingPeer, startBuildkitPeer } from '../parity/buildkitPeer.ts'
import { definitionOf, LLB_CASES, type LlbCase } from '../parity/llbCases.ts'
import { startEngine } from '../support/engine/engineSocket.ts'
import { solveToFacts, type DefinitionSolve } from '../support/engine/solveDefinition.ts'
import { writeContext } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

const never = new AbortController().signal

/* The same graph gives the same files as with BuildKit: each case is solved by both, and what comes of it compared file by file. */
describe('a graph of the client’s own', { skip: missingPeer || missing('crun', 'busybox') }, () => {
  const resources = new AsyncDisposableStack()
  let folder: string
  let has: Omit<DefinitionSolve, 'definition'>
  let engines: { readonly pelago: EngineClient; readonly buildkit: EngineClient }
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pelago-llb-'))
    resources.defer(() => rm(folder, { recursive: true, force: true }))
    has = await writeFolders(folder)
    const [engine, peer] = await Promise.all([startEngine(), startBuildkitPeer()])
    resources.use(engine)
    resources.use(peer)
    const [pelago, buildkit] = await Promise.all([engine, peer].map(({ address }) => createSocketDriver(address).connect(never)))
    assert.ok(pelago !== undefined && buildkit !== undefined)
    engines = { pelago: resources.use(pelago), buildkit: resources.use(buildkit) }
  })
  after(() => resources.disposeAsync())

  async function outcome(name: keyof typeof engines, wanted: LlbCase): Promise<string> {
    try {
      const facts = await solveToFacts(engines[name], { ...has, definition: definitionOf(wanted) }, join(folder, `${name}-${LLB_CASES.indexOf(wanted)}.tar`))
      return [...facts].map(([path, fact]) => `${path} ${fact.replace(/ trusted\.overlay\.\S+/, '')}`).sort().join('\n') // BuildKit leaves its own in differences
    } catch (error) {
      return `failed: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  describe('comes to what BuildKit makes of it:', { concurrency: 3 }, () => {
    for (const wanted of LLB_CASES) {
      it(wanted.name, async () => {
        const [theirs, ours] = await Promise.all([outcome('buildkit', wanted), outcome('pelago', wanted)])
        const shown = (text: string): string => (wanted.hasFoldersOfNow === true ? text.replace(/( folder .*) \S+$/gm, '$1') : text)
        if (wanted.fails === undefined) return void assert.equal(shown(ours), shown(theirs))
        assert.match(theirs, new RegExp(`^failed: .*(?:${wanted.fails.source})`, 's'), 'BuildKit')
        assert.match(ours, new RegExp(`^failed: .*(?:${wanted.fails.source})`, 's'), 'Pelago')
      })
    }
  })
})

/** What the cases ask their client for. */
async function writeFolders(folder: string): Promise<Omit<DefinitionSolve, 'definition'>> {
  const [bin, src] = [join(folder, 'bin'), join(folder, 'src')]
  await mkdir(bin)
  await copyFile('/usr/bin/busybox', join(bin, 'busybox'))
  await chmod(join(bin, 'busybox'), 0o755)
  await writeContext(src, { 'a.txt': 'a', 'keep.txt': 'k', 'b.md': 'b', 'sub/c.txt': 'c', 'other/d': 'd' })
  await symlink('sub/c.txt', join(src, 'link'))
  await writeFile(join(folder, 'token'), 'secret')
  return { folders: new Map([['bin', bin], ['src', src]]), secrets: new Map([['token', { kind: 'file', path: join(folder, 'token') }]]) }
}
