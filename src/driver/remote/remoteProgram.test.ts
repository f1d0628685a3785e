import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { findProgram } from '../../kit/enterNamespaces.ts'
import { parseRemoteAnswer, remoteCommand } from './remoteProgram.ts'

const run = promisify(execFile)

describe('remoteCommand', () => {
  let root = ''
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'pelago-remote-'))
    await mkdir(join(root, 'tools'))
    for (const tool of ['sed', 'grep', 'env', 'id', 'sh', 'printf']) await writeScript(join(root, 'tools', tool), `exec ${findProgram(tool, process.env) ?? tool} "$@"`)
    for (const program of ['pelago', 'buildctl', 'docker']) {
      await mkdir(join(root, program))
      await writeScript(join(root, program, program), `case "$*" in *--help) echo "usage: dial-stdio" ;; *) echo "${program} $*" ;; esac`)
    }
    await mkdir(join(root, 'home/.local/bin'), { recursive: true })
  })
  after(() => rm(root, { recursive: true, force: true }))

  /** What it prints on a machine with these programs, called by `shell`. */
  const printed = async (programs: readonly string[], { socket = '', shell = '/bin/sh', env = {} }: { socket?: string; shell?: string; env?: Readonly<Record<string, string>> } = {}): Promise<readonly string[]> => {
    const path = [...programs, 'tools'].map((name) => join(root, name)).join(delimiter)
    const { stdout } = await run(shell, ['-c', remoteCommand(socket)], { env: { PATH: path, HOME: join(root, 'home'), XDG_RUNTIME_DIR: join(root, 'none'), ...env } }).catch((error: unknown) => error as { stdout: string })
    return stdout.split('\n').filter((line) => line !== '')
  }

  const cases = [
    { name: 'takes Pelago first', programs: ['docker', 'buildctl', 'pelago'], want: ['PELAGO-STREAM pelago', 'pelago dial-stdio'] },
    { name: 'has Pelago join the socket that is named', programs: ['pelago'], socket: '/run/a.sock', want: ['PELAGO-STREAM pelago', 'pelago --builder unix:///run/a.sock dial-stdio'] },
    { name: 'takes buildctl for a socket that is named', programs: ['docker', 'buildctl'], socket: '/run/a.sock', want: ['PELAGO-STREAM buildctl', 'buildctl --addr unix:///run/a.sock dial-stdio'] },
    { name: 'takes Docker where buildctl has no buildkitd', programs: ['docker', 'buildctl'], want: ['PELAGO-STREAM docker buildx', 'docker buildx dial-stdio'] },
  ]
  for (const { name, programs, want, socket } of cases) {
    it(name, async () => assert.deepEqual(await printed(programs, socket === undefined ? {} : { socket }), want))
  }
  it('says where it has looked', async () => {
    const [line = ''] = await printed([])
    assert.match(line, /^PELAGO-STREAM nothing .*tools:.*\/home\/\.local\/bin:/)
  })
  it('leaves a named socket alone with Docker', async () => assert.match((await printed(['docker'], { socket: '/run/a.sock' }))[0] ?? '', /nothing/))
  it('asks the login shell where programs are, when nothing else says so', async () => {
    await writeScript(join(root, 'tools/login'), `echo PATH=${join(root, 'pelago')}`)
    assert.deepEqual(await printed([], { env: { SHELL: join(root, 'tools/login') } }), ['PELAGO-STREAM pelago', 'pelago dial-stdio'])
  })
  const shells = ['bash', 'zsh', 'fish', 'csh', 'ksh'].flatMap((name) => findProgram(name, process.env) ?? [])
  for (const shell of shells) it(`is understood by ${shell}`, async () => assert.deepEqual(await printed(['pelago'], { shell }), ['PELAGO-STREAM pelago', 'pelago dial-stdio']))
  it('has nothing that a shell of any kind would take for its own', () => assert.doesNotMatch(remoteCommand(''), /'.*'.*'|[!\n]|\\\\/))
})

describe('parseRemoteAnswer', () => {
  const settings = Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100])
  it('passes over what a shell’s files print', () => {
    const noise = Buffer.from('Welcome!\nPELAGO-STREAMS\n\nPELAGO-STREAM buildctl\n')
    assert.deepEqual(parseRemoteAnswer(Buffer.concat([noise, settings])), { answer: { kind: 'stream', program: 'buildctl' }, rest: noise.byteLength })
  })
  it('waits for the whole line', () => assert.equal(parseRemoteAnswer(Buffer.from('\nPELAGO-STREAM buildc')), undefined))
  it('knows an engine that speaks at once', () => assert.deepEqual(parseRemoteAnswer(settings), { answer: { kind: 'stream', program: 'unknown' }, rest: 0 }))
  it('gives up on what prints no end', () => assert.equal(parseRemoteAnswer(Buffer.alloc(70_000, 'x\n')), 'too-much'))
  it('tells where was looked in vain', () => assert.deepEqual(parseRemoteAnswer(Buffer.from('\nPELAGO-STREAM nothing /a:/b\n')), { answer: { kind: 'nothing', searchPath: '/a:/b' }, rest: 29 }))
})

async function writeScript(path: string, text: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${text}\n`)
  await chmod(path, 0o755)
}
