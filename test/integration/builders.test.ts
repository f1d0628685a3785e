import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startBuildkitd, startEngine, type EngineSocket } from '../support/engine/engineSocket.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

interface FoundBuilder {
  readonly Nodes: readonly { readonly Name: string; readonly Status: string; readonly Err: string; readonly Version: string; readonly Platforms: readonly string[]; readonly GivenPlatforms: readonly string[]; readonly NativePlatforms: readonly string[] }[]
}

describe('builders', { skip: missing('crun'), concurrency: false }, () => {
  let pelago: Pelago
  let remote: EngineSocket
  let other: EngineSocket
  before(async () => {
    pelago = await openPelago({ PELAGO_LINGER: '60' }) // `stop` ends it, however slow the machine is
    ;[remote, other] = await Promise.all([startEngine(), startEngine()])
  })
  after(async () => {
    await pelago.run(['stop', 'default'])
    await remote[Symbol.asyncDispose]()
    await other[Symbol.asyncDispose]()
    await pelago[Symbol.asyncDispose]()
  })
  const output = async (...args: readonly string[]): Promise<string> => (await pelago.succeed(args)).stdout

  it('are listed before anything was made', async () => {
    assert.match(await output('buildx', 'ls'), /^NAME\/NODE +DRIVER\/ENDPOINT +STATUS +BUILDKIT +PLATFORMS\ndefault\* +embedded\n \\_ default +\\_ embedded +inactive +pelago \S+ +linux\/\w+ \(native/)
  })
  it('are made, used, started, stopped and removed', async () => {
    assert.equal(await output('buildx', 'create', '--name', 'b', '--use', '--platform', 'linux/riscv64'), 'b\n')
    assert.match(await output('inspect', '--bootstrap'), /^Name: +b\nDriver: +embedded\n\nNodes:\nName: +b0\nEndpoint: +embedded\nStatus: +running\nBuildKit version: pelago \S+\nPlatforms: +linux\/riscv64\*, linux\/\w+ \(native\)/)
    assert.equal(await output('ls', '--format', '{{if .Current}}{{.Name}}={{.Status}} {{end}}'), 'b= \nb0=running \n\n\n')
    assert.equal(await output('stop', 'b'), '')
    assert.match(await output('inspect', 'b'), /^Status: +inactive$/m)
    assert.equal(await output('rm'), 'b removed\n')
  })
  it('lead builds to their engine: by use, --builder and the variables, the nearest of them first', async () => {
    await output('create', '--name', 'far', '--driver', 'remote', remote.address)
    await output('--builder', 'far', 'build', '-q', '-t', 'app:1', await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' }))
    await output('use', 'far')
    const env = { BUILDX_BUILDER: 'default' }
    const images = ['images', '--format', '{{.Reference}}']
    assert.equal((await pelago.succeed(images)).stdout, 'app:1\n')
    assert.equal((await pelago.succeed(images, { env })).stdout, '')
    assert.equal((await pelago.succeed(['--builder', 'far', ...images], { env })).stdout, 'app:1\n')
    assert.match((await pelago.succeed(['stop'])).stderr, /^note: unix:\/\/\S+ is left running/)
    await output('use', '--default', 'default')
  })
  it('are told of by name where the file is damaged, at no cost for the others', async () => {
    const path = join(pelago.env['HOME'] ?? '', '.config/pelago/builders/far.json')
    const text = await readFile(path, 'utf8')
    assert.match(text, /^\{\n {2}"name": "far",\n {2}"nodes": \[\n {4}\{\n {6}"name": "far0",\n {6}"driver": "remote",/)
    await writeFile(path, text.slice(0, 20))
    const { stdout, stderr } = await pelago.succeed(['ls', '--format', '{{.Name}}'])
    assert.equal(stdout, 'default\ndefault\n')
    assert.match(stderr, /^warning: builder "far" cannot be read: .*far\.json is not JSON\n {2}mend .*, or remove it: pelago rm far\n$/)
    assert.equal((await pelago.run(['--builder', 'far', 'images'])).exitCode, 1)
    assert.equal(await output('rm', 'far'), 'far removed\n')
  })
  it('have several nodes, each with an engine of its own', async () => {
    await output('create', '--name', 'farm', '--node', 'away', 'unix:///nonexistent/socket')
    await Promise.all([output('create', '--name', 'farm', '--append', '--platform', 'linux/arm64', remote.address), output('create', '--name', 'farm', '--append', '--node', 'two', other.address)])
    assert.match((await pelago.run(['create', '--name', 'farm', '--append', other.address])).stderr, /^ERROR: node "two" of builder "farm" has the endpoint unix:\S+ already/)
    const up = await pelago.run(['inspect', '--bootstrap', '--timeout', '60s', 'farm'])
    assert.equal(up.exitCode, 125)
    assert.match(up.stderr, /^node away: no engine answers at \S+\nERROR: builder "farm" has nodes that did not come up: away\n/)
    const farm = JSON.parse(await output('inspect', 'farm', '--timeout', '60s', '--format', 'json')) as FoundBuilder
    const found = farm.Nodes.map(({ Name, Status, Err, GivenPlatforms, NativePlatforms }) => [Name, Status, Err, GivenPlatforms.join(), NativePlatforms.length > 0])
    assert.deepEqual(found.toSorted(), [['away', 'inactive', 'no engine answers at unix:///nonexistent/socket', '', false], ['farm0', 'running', '', 'linux/arm64', true], ['two', 'running', '', '', true]])
  })
  it('have caches and builds, which are told and pruned node by node', async () => {
    const farm = (...args: readonly string[]): Promise<string> => output('--builder', 'farm', ...args)
    const partly = await pelago.run(['--builder', 'farm', 'history', 'ls', '--timeout', '60s', '--format', '{{.Status}} {{.Node}}'])
    assert.deepEqual([partly.exitCode, partly.stdout], [125, 'Completed farm0\n'])
    assert.match(partly.stderr, /^ERROR: node away: no engine answers/)
    await output('create', '--name', 'farm', '--node', 'away', '--leave')
    assert.match((await pelago.succeed(['--builder', 'farm', 'images'])).stderr, /^note: builder farm has 2 nodes: this is done on (?:farm0|two) \(unix:/)
    assert.match(await farm('history', 'logs'), /COPY Dockerfile/)
    assert.match(await farm('du'), /^Node \w+ \(unix:\S+\):\nID[^]*\nTotal: +\S+\n\nNode \w+ \(unix:\S+\):\nID[^]*\n\n2 nodes:\nReclaimable: +\S+\nTotal: +\S+\n$/)
    assert.match(await farm('prune', '-af'), /^farm0\t\S+\t\S+\n(?:[^]*\n)?Node \w+: \S+\nNode \w+: \S+\nTotal: \S+\n$/)
    assert.match(await farm('du', '--node', 'two'), /^Node two \(unix:\S+\):\n[^]*\n\n1 node:\n/)
  })
  it('are used in a folder and below it, before the one of use', async () => {
    const folder = await pelago.context({ 'inner/a': '' })
    const used = async (cwd: string): Promise<string> => (await pelago.succeed(['use'], { cwd })).stdout
    await output('create', '--name', 'there', '--use', remote.address)
    await pelago.succeed(['use', '--folder', '.', 'farm'], { cwd: folder })
    assert.equal(await used(join(folder, 'inner')), `farm: used in ${folder} and below\n`)
    assert.equal((await pelago.succeed(['use', 'there'], { cwd: folder, env: { BUILDX_BUILDER: 'farm' } })).stderr, `note: in ${folder} and below farm is used: pelago use --folder ${folder} --forget takes that back\nnote: BUILDX_BUILDER comes before there while it is set\n`)
    await output('rm', 'farm')
    assert.equal(await used(folder), 'there: chosen by pelago use\n')
  })
  it('are removed together where their engine does not run, the default one aside', async () => {
    await output('create', '--name', 'gone', 'unix:///nonexistent/socket')
    assert.equal((await pelago.run(['rm', '--all-inactive'])).exitCode, 2)
    assert.equal(await output('rm', '--all-inactive', '--force'), 'gone removed\n')
    const { stdout, stderr } = await pelago.run(['rm', 'nothing', 'there', 'default'])
    assert.equal(stdout, 'there removed\n')
    assert.match(stderr, /^ERROR: builder "default" is always there\nhint: .*\nERROR: unknown builder: "nothing"\n/)
  })
  it('may be a real buildkitd, which says its version and platforms', { skip: missing('buildkitd') }, async () => {
    await using buildkitd = await startBuildkitd()
    await output('create', '--name', 'kit', '--driver', 'remote', '--bootstrap', buildkitd.address)
    const kit = JSON.parse((await output('ls', '--format', 'json')).split('\n').find((line) => line.includes('"kit"')) ?? '') as FoundBuilder
    assert.equal(kit.Nodes[0]?.Status, 'running')
    assert.match(kit.Nodes[0].Version, /^v?\d/)
    assert.match(kit.Nodes[0].Platforms.join(' '), /linux\/\w+/)
  })
})
