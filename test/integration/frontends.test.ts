import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingPeer, startBuildkitPeer } from '../parity/buildkitPeer.ts'
import { createDrivenClient, statusOf, type DrivenCall, type DrivenClient } from '../support/engine/drivenClient.ts'
import { startEngine } from '../support/engine/engineSocket.ts'
import { findProcesses, untilNone } from '../support/engine/traces.ts'
import { pushFrontendImage } from '../support/images/frontendImage.ts'
import { openPelago, type CommandResult, type Pelago } from '../support/pelago.ts'
import { startDockerRegistry } from '../support/registry/dockerRegistry.ts'
import { missing } from '../support/requires.ts'
import { startPelago } from '../support/startedCommand.ts'
import { createLlb, mkfile } from '../support/llb.ts'

const TAKES_ALL = { allowResultReturn: true, allowResultArrayRef: true }

interface Case {
  readonly name: string
  /** By `gateway.v0`, or by the line in the file that names it. */
  readonly by: 'name' | 'line'
  /** Behind that line. */
  readonly text: string
  readonly options?: Readonly<Record<string, string>>
  /** Of each reference. */
  readonly files?: readonly string[]
  /** Where Pelago says it in words of its own. */
  readonly says?: RegExp
}

/** Each comes to the same with BuildKit. */
const cases: readonly Case[] = [
  { name: 'makes files for several platforms, and knows what it is asked and given, and where it is', by: 'line', text: 'file /greeting hello\noptions\nenvironment\nping\ninputs', options: { platform: 'linux/amd64,linux/arm64', 'build-arg:X': '1' }, files: ['/greeting', '/options', '/environment', '/caps', '/inputs', '/platform'] },
  { name: 'has a Dockerfile built', by: 'name', text: 'dockerfile', files: ['/copied'] },
  { name: 'answers what is asked instead of a build', by: 'name', text: 'file /greeting hello', options: { requestid: 'frontend.outline' } },
  { name: 'fails with a place of its own', by: 'line', text: 'file /a b\nfail it is wrong' },
  { name: 'ends without a result', by: 'name', text: 'exit 0', says: /the frontend \S+ ended without a result/ },
  { name: 'ends with a failure', by: 'line', text: 'exit 03', says: /did not complete successfully: exit code: 3/ },
  { name: 'lacks what is asked of it', by: 'line', text: 'file /a b', options: { 'frontend.caps': 'moby.buildkit.frontend.wonder+forward' } },
]

describe('a frontend that is an image', { skip: missing('crun', 'docker-registry', 'ldd', 'tar') }, () => {
  const opened = new AsyncDisposableStack()
  let pelago: Pelago
  let image: string
  before(async () => {
    pelago = opened.use(await openPelago())
    image = await pushFrontendImage(pelago, opened.use(await startDockerRegistry()).host)
  })
  after(() => opened.disposeAsync())

  const build = async (text: string, ...args: readonly string[]): Promise<CommandResult> => {
    const context = await pelago.context({ Dockerfile: `# syntax=${image} and more\n${text}\n` })
    return await pelago.run(['build', '--progress', 'plain', '--output', `type=local,dest=${join(pelago.folder, 'out')}`, ...args, context])
  }

  it('builds what the Dockerfile says to it, and shows what it says', async () => {
    const { exitCode, stderr } = await build('say how are you\nfile /greeting hello\noptions')
    assert.equal(exitCode, 0, stderr)
    assert.match(stderr, /\[frontend\] run \S+\/site-frontend:1\n[^]*#\d+ [\d.]+ how are you\n/)
    assert.deepEqual(await Promise.all(['greeting', 'options'].map((name) => readFile(join(pelago.folder, 'out', name), 'utf8'))), ['hello\n', `cmdline=${image} and more\nsource=${image}\n`])
  })

  it('fails with the line that names it, takes one result, and says where it was asked for', async () => {
    const twice = await build('file /a b\ntwice')
    assert.match(twice.stderr, /\ngateway result is already set\n[^]*ERROR: process "\S+ \/program\/frontend\.js" did not complete successfully: exit code: 9\nDockerfile:1\n/)
    const unknown = await build('', '--build-arg', `BUILDKIT_SYNTAX=${image}x`)
    assert.match(unknown.stderr, /ERROR: failed with build-arg:BUILDKIT_SYNTAX = \S+: .*there is no such image/)
  })

  it('fails where it asks for itself without an end', async () => {
    assert.match((await build('again')).stderr, /more than 8 frontends run one another/)
  })

  it('fails where it breaks its connection, and does not end', async () => {
    assert.match((await build('babble')).stderr, /ERROR: frontend grpc server closed unexpectedly\n/)
  })

  it('is asked what is asked of a Dockerfile, but for a plan', async () => {
    assert.equal((await build('say', '--call', 'outline')).stdout, 'asked for frontend.outline\n')
    const context = await pelago.context({ Dockerfile: `# syntax=${image}\n` })
    assert.match((await pelago.run(['plan', context])).stderr, /a plan cannot tell what the frontend \S+ would do/)
  })

  it('ends with its build', async () => {
    const context = await pelago.context({ Dockerfile: `# syntax=${image}\nhang\n` })
    await using command = startPelago(pelago, ['build', '--progress', 'plain', context])
    await command.printed(/hanging/)
    assert.equal(findProcesses('/program/frontend.js').length > 0, true)
    command.kill('SIGINT')
    assert.equal((await command.ended).status, 130)
    await untilNone(() => findProcesses('/program/frontend.js'), 60_000)
  })

  describe('as with BuildKit', { skip: missingPeer }, () => {
    let own: DrivenClient
    let theirs: DrivenClient
    before(async () => {
      own = opened.use(await open(opened.use(await startEngine()).address))
      theirs = opened.use(await open(opened.use(await startBuildkitPeer()).address))
    })
    for (const wanted of cases) {
      it(wanted.name, async () => {
        const [ours, expected] = await Promise.all([outcome(own, wanted), outcome(theirs, wanted)])
        if (wanted.says === undefined) return void assert.equal(ours, expected)
        assert.match(ours, wanted.says)
        assert.deepEqual(codesOf(ours), codesOf(expected))
      })
    }
  })

  const outcome = async (client: DrivenClient, { by, text, options, files: paths = [] }: Case): Promise<string> => {
    const files = new Map([['dockerfile', new Map([['Dockerfile', Buffer.from(`# syntax=${image}\n${text}\n`)], ['inner.Dockerfile', Buffer.from('FROM scratch\nCOPY a /copied\n')]])], ['context', new Map([['a', Buffer.from('content')]])]])
    const llb = createLlb()
    const asked = { ...TAKES_ALL, FrontendInputs: { extra: llb.define(llb.file([], [mkfile('/x', 'x')])) } }
    const frontend = by === 'line' ? { Frontend: 'dockerfile.v0', FrontendOpt: { ...options } } : { Frontend: 'gateway.v0', FrontendOpt: { source: image, cmdline: image, ...options } }
    let said = ''
    await client.drive(async (call) => {
      const failure = await statusOf(showResult(call, { ...asked, ...frontend }, paths).then((told) => (said = told)))
      if (failure !== undefined) said = JSON.stringify({ ...failure, details: failure.details.filter((name) => COMPARED.has(name)) })
    }, { files })
    return said
  }
})

const COMPARED: ReadonlySet<string> = new Set(['errdefs.FrontendCap+json', 'errdefs.Source+json'])

function codesOf(told: string): readonly string[] {
  return [...told.matchAll(/"code":\d+|errdefs\.\w+/g)].map(([text]) => text)
}

async function showResult({ bridge, options }: DrivenCall, request: Parameters<DrivenCall['bridge']['solve']>[0], paths: readonly string[]): Promise<string> {
  const { result } = await bridge.solve(request, options)
  const refs = result?.result.case === 'refs' ? Object.entries(result.result.value.refs).toSorted(([a], [b]) => (a < b ? -1 : 1)) : [['', result?.result.value] as const]
  const told = [`answer: ${Buffer.from(result?.metadata['result.txt'] ?? []).toString()}`]
  for (const [platform, ref] of refs) {
    for (const path of typeof ref === 'object' && 'id' in ref ? paths : []) {
      const id = typeof ref === 'object' && 'id' in ref ? ref.id : ''
      told.push(`${platform}${path}: ${Buffer.from((await bridge.readFile({ Ref: id, FilePath: path }, options)).Data).toString()}`)
    }
  }
  return told.join('\n')
}

async function open(address: string): Promise<DrivenClient> {
  const socket = connect(address.replace('unix://', ''))
  await once(socket, 'connect')
  return createDrivenClient(socket)
}
