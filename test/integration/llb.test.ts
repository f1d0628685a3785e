import assert from 'node:assert/strict'
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { SecurityMode, type Definition } from '../../src/api/gen/ops_pb.ts'
import { RemoteError } from '../../src/api/errorMapping.ts'
import type { EngineClient } from '../../src/driver/driver.ts'
import { createSocketDriver } from '../../src/driver/socketDriver.ts'
import { digestOf } from '../../src/ground/digest.ts'
import { missingPeer, startBuildkitPeer } from '../parity/buildkitPeer.ts'
import { readImageFacts } from '../parity/imageFacts.ts'
import { definitionOf, LLB_CASES, wrote } from '../parity/llbCases.ts'
import { LLB_REMOTE_CASES, type LlbRemoteCase } from '../parity/llbRemoteCases.ts'
import { askDockerfile, LLB_QUESTIONS, solveForPlatforms, solveWithAttestations } from '../parity/llbQuestions.ts'
import { startEngine } from '../support/engine/engineSocket.ts'
import { driveDefinition, readTarFacts, solveDefinition, solveToFacts, type DefinitionSolve } from '../support/engine/solveDefinition.ts'
import { createLlb, mkfile, rm as rmAction, type Llb, type LlbRef } from '../support/llb.ts'
import { writeContext } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { openLlbPlaces, STORE, type LlbPlaces } from '../support/servers/llbPlaces.ts'

const never = new AbortController().signal

/* The same graph gives the same files as with BuildKit: each case is solved by both, and what comes of it compared file by file. */
describe('a graph of the client’s own', { skip: missingPeer || missing('crun', 'busybox', 'docker-registry', 'git') }, () => {
  const resources = new AsyncDisposableStack()
  let folder: string
  let has: Omit<DefinitionSolve, 'definition'>
  let places: LlbPlaces
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
    places = resources.use(await openLlbPlaces(engines.pelago, folder))
  })
  after(() => resources.disposeAsync())

  const remoteDefinition = ({ build }: Pick<LlbRemoteCase, 'build'>): Definition => {
    const llb = createLlb()
    return llb.define(build(llb, places))
  }

  let outcomes = 0
  async function outcome(name: keyof typeof engines, solve: Partial<DefinitionSolve> & Pick<DefinitionSolve, 'definition'>): Promise<string> {
    try {
      const facts = await solveToFacts(engines[name], { ...has, ...places.client, ...solve }, join(folder, `${name}-${outcomes++}.tar`))
      return [...facts].map(([path, fact]) => `${path} ${fact.replace(/ trusted\.overlay\.\S+/, '')}`).sort().join('\n') // BuildKit leaves its own in differences
    } catch (error) {
      return `failed: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  describe('answers what a frontend asks as BuildKit does:', { concurrency: 3 }, () => {
    for (const { name, ask, isSimilar } of LLB_QUESTIONS) {
      it(name, async () => {
        const answer = async (engine: EngineClient): Promise<string> => {
          let text = 'no answer'
          await driveDefinition(engine, has, async (options) => {
            text = await ask({ bridge: engine.bridge, options }).catch((error: unknown) => `failed: ${error instanceof Error ? error.message : String(error)}`)
            return {}
          })
          return text
        }
        const [theirs, ours] = await Promise.all([answer(engines.buildkit), answer(engines.pelago)])
        if (isSimilar === undefined) return void assert.equal(ours, theirs)
        assert.match(theirs, isSimilar, 'BuildKit')
        assert.match(ours, isSimilar, 'Pelago')
      })
    }
  })

  it('fails with the lines that its source map names', async () => {
    const llb = createLlb()
    const broken = llb.file([llb.file([], [mkfile('/a')])], [rmAction('/none')])
    const definition = llb.define(broken, { infos: [{ filename: 'site.hcl', data: Buffer.from('one\ntwo\nthree\n') }], locations: { [broken.digest]: { locations: [{ sourceIndex: 0, ranges: [{ start: { line: 2 }, end: { line: 3 } }] }] } } })
    const spanOf = async (engine: EngineClient): Promise<unknown> => solveDefinition(engine, { ...has, definition }).catch((error: unknown) => (error instanceof RemoteError ? error.span : error))
    const [theirs, ours] = await Promise.all([spanOf(engines.buildkit), spanOf(engines.pelago)])
    assert.deepEqual(ours, { source: { filename: 'site.hcl', text: 'one\ntwo\nthree\n' }, startLine: 2, endLine: 3 })
    assert.deepEqual(theirs, ours)
  })

  it('is shown in the groups that it names', async () => {
    const llb = createLlb()
    const definition = llb.define(llb.file([llb.file([], [mkfile('/a')], { progressGroup: { id: 'g', name: 'both of them', weak: true } })], [mkfile('/b')]))
    const groups = async (engine: EngineClient): Promise<readonly unknown[]> => {
      const shown: unknown[] = []
      await solveDefinition(engine, { ...has, definition, sink: (event) => event.kind === 'vertex-announced' && event.group !== undefined && shown.push([event.name, event.group]) })
      return shown
    }
    const [theirs, ours] = await Promise.all([groups(engines.buildkit), groups(engines.pelago)])
    assert.deepEqual(ours, theirs)
    assert.deepEqual(ours, [['mkfile /a', { id: 'g', name: 'both of them', isWeak: true }]])
  })

  it('leaves out of exported caches what is to be left out', async () => {
    const cached = async (name: keyof typeof engines, isExported: boolean): Promise<readonly boolean[]> => {
      const llb = createLlb()
      const inner = llb.file([llb.file([], [mkfile('/a')])], [mkfile('/b')], { exportCache: { Value: isExported } })
      const definition = llb.define(llb.file([inner], [mkfile('/c')]))
      const tag = `${name}-${isExported}`
      await solveDefinition(engines[name], { ...has, definition, cacheExports: [{ type: 'registry', attributes: new Map([['ref', places.image.replace(/:1$/, `:${tag}`)], ['mode', 'max'], ['image-manifest', 'true']]) }] })
      return (await places.readCache(tag)).map(({ layers = [], chains = [] }) => layers.length + chains.length > 0)
    }
    const counted = (results: readonly boolean[]): readonly number[] => [results.length, results.filter((has) => has).length]
    const [theirs, ours] = await Promise.all((['buildkit', 'pelago'] as const).map(async (name) => [counted(await cached(name, true)), counted(await cached(name, false))]))
    assert.deepEqual(ours, theirs)
    assert.deepEqual(ours, [[3, 2], [3, 1]])
  })

  it('is an image with BuildKit’s config where it has none of its own', async () => {
    const facts = async (name: keyof typeof engines): Promise<readonly string[]> => {
      const path = join(folder, `${name}-plain.tar`)
      const llb = createLlb()
      await solveDefinition(engines[name], { ...has, definition: llb.define(llb.file([], [mkfile('/a', 'x')])), outputs: [{ type: 'oci', attributes: new Map([['tar', 'true']]), destination: { kind: 'file', path } }] })
      return [...(await readImageFacts(path))].filter(([key]) => /^(?:architecture|os|layers|layer 0 .*|config (?!media).*)$/.test(key)).map(([key, text]) => `${key}: ${text}`).sort()
    }
    const [theirs, ours] = await Promise.all([facts('buildkit'), facts('pelago')])
    assert.deepEqual(ours, theirs)
  })

  it('is exported for several platforms, with configs of the client’s own', async () => {
    const facts = async (name: keyof typeof engines): Promise<readonly string[]> => {
      const path = join(folder, `${name}-platforms.tar`)
      await driveDefinition(engines[name], { ...has, outputs: [{ type: 'oci', attributes: new Map([['tar', 'true']]), destination: { kind: 'file', path } }] }, (options) => solveForPlatforms({ bridge: engines[name].bridge, options }))
      return [...(await readImageFacts(path))].filter(([key]) => /architecture|author|config (?!media)|variant|layer/.test(key)).map(([key, text]) => `${key}: ${text}`).sort()
    }
    const [theirs, ours] = await Promise.all([facts('buildkit'), facts('pelago')])
    assert.deepEqual(ours, theirs)
  })

  it('has attestations that its client makes', async () => {
    const facts = async (name: keyof typeof engines): Promise<readonly string[]> => {
      const path = join(folder, `${name}-attested.tar`)
      await driveDefinition(engines[name], { ...has, outputs: [{ type: 'tar', attributes: new Map([['attestation-prefix', 'of-']]), destination: { kind: 'file', path } }] }, (options) => solveWithAttestations({ bridge: engines[name].bridge, options }))
      return [...(await readTarFacts(path))].map(([file, fact]) => `${file} ${fact.replace(/ \S+$/, '')}`).sort() // they are of now
    }
    const [theirs, ours] = await Promise.all([facts('buildkit'), facts('pelago')])
    assert.deepEqual(ours, theirs)
    assert.deepEqual(ours.map((line) => line.split(' ')[0]), ['made', 'of-claim.json', 'of-first.json'])
  })

  it('is the context of a Dockerfile', async () => {
    const answer = async (engine: EngineClient): Promise<string> => {
      let text = ''
      await driveDefinition(engine, { ...has, folders: new Map([['context', join(folder, 'src')]]), files: new Map([['dockerfile', new Map([['Dockerfile', Buffer.from('FROM base\nCOPY --from=base /d/a /copied\n')]])]]) }, async (options) => {
        text = await askDockerfile({ bridge: engine.bridge, options })
        return {}
      })
      return text
    }
    const [theirs, ours] = await Promise.all([answer(engines.buildkit), answer(engines.pelago)])
    assert.equal(ours, theirs)
    assert.match(ours, /copied/)
  })

  describe('comes to what BuildKit makes of it:', { concurrency: 3 }, () => {
    for (const wanted of LLB_CASES) {
      it(wanted.name, async () => {
        const solve = { definition: definitionOf(wanted) }
        const [theirs, ours] = await Promise.all([outcome('buildkit', solve), outcome('pelago', solve)])
        const shown = (text: string): string => (wanted.hasFoldersOfNow === true ? text.replace(/( folder .*) \S+$/gm, '$1') : text)
        if (wanted.fails === undefined) return void assert.equal(shown(ours), shown(theirs))
        assert.match(theirs, new RegExp(`^failed: .*(?:${wanted.fails.source})`, 's'), 'BuildKit')
        assert.match(ours, new RegExp(`^failed: .*(?:${wanted.fails.source})`, 's'), 'Pelago')
      })
    }
  })

  describe('takes what is elsewhere as BuildKit does:', { concurrency: 3 }, () => {
    for (const wanted of LLB_REMOTE_CASES) {
      it(wanted.name, async () => {
        const solve = { definition: remoteDefinition(wanted), entitlements: wanted.entitlements ?? [] }
        const [theirs, ours] = await Promise.all([outcome('buildkit', solve), outcome('pelago', solve)])
        if (wanted.fails === undefined) return void assert.equal(ours, theirs)
        assert.match(theirs, new RegExp(`^failed: .*(?:${wanted.fails.source})`, 's'), 'BuildKit')
        assert.match(ours, new RegExp(`^failed: .*(?:${wanted.fails.source})`, 's'), 'Pelago')
      })
    }
  })

  it('has all rights where the user allows it', async () => {
    const mounting = (llb: Llb): LlbRef => wrote(llb, 'mkdir /tmp/m && mount -t tmpfs none /tmp/m && umount /tmp/m && rmdir /tmp/m && echo mounted > /tmp/x', { op: { security: SecurityMode.INSECURE } })
    assert.match(await outcome('pelago', { definition: remoteDefinition({ build: mounting }), entitlements: ['security.insecure'] }), /^x file 644 0:0 8 bytes/m)
  })

  it('wants a worker, and is told what this one is', async () => {
    const wanting = (filter: string) => (llb: Llb): LlbRef => llb.add({ op: { case: 'file', value: { actions: [{ ...mkfile('/a', 'x'), input: -1n, secondaryInput: -1n, output: 0n }] } }, constraints: { filter: [filter] } })
    const ask = (filter: string): Promise<string> => outcome('pelago', { definition: remoteDefinition({ build: wanting(filter) }) })
    assert.match(await ask('labels."org.mobyproject.buildkit.worker.executor"==oci,platform!=plan9/386'), /^a file/)
    assert.match(await ask('labels.gpu'), /^failed: .*no worker is as it is wanted: labels\.gpu/s)
  })

  describe('takes a blob of an image', () => {
    const blobs = [
      { name: 'from a registry', source: (llb: Llb): LlbRef => llb.source(`docker-image+blob://${places.image.replace(/:1$/, '')}@${places.layer}`, { 'http.filename': 'layer', 'http.perm': '0640', 'http.uid': '3', 'http.gid': '4' }), facts: /^layer file 640 3:4 /m },
      { name: 'from a layout', source: (llb: Llb): LlbRef => llb.source(`oci-layout+blob://any/name@${places.digest}`, { 'oci.store': STORE }), facts: /^[0-9a-f]{64} file 600 0:0 /m },
      { name: 'that is not there', source: (llb: Llb): LlbRef => llb.source(`docker-image+blob://${places.image.replace(/:1$/, '')}@${digestOf('none')}`), facts: /^failed: .*app@sha256:140bedbf/ },
    ]
    for (const { name, source, facts } of blobs) it(name, async () => assert.match(await outcome('pelago', { definition: remoteDefinition({ build: source }) }), facts))
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
