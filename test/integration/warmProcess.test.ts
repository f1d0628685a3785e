import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { tryLock } from '../../src/kit/files/fileLock.ts'
import { openPelago, runCommand, type CommandResult, type Pelago, type RunOptions } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

/** The bundled command by its launcher, in a copy of its own that can be changed; with an engine and a store of its own. */

const HOME = join(import.meta.dirname, '../..')
const PARTS = ['dist/pelago.js', 'native/build/pelago-call'].filter((path) => !existsSync(join(HOME, path)))
const WAIT_MS = 60_000
const POLL_MS = 20

describe('a command in a process that has started already', { skip: missing('crun', 'busybox') || (PARTS.length > 0 && `needs ${PARTS.join(' and ')}: scripts/setup makes them`) }, () => {
  let pelago: Pelago
  let home: string
  let app: string

  before(async () => {
    pelago = await openPelago({ PELAGO_LINGER: '30', PELAGO_WARM: '1', PELAGO_NODE: process.execPath, TERM: 'xterm' })
    home = join(pelago.folder, 'home')
    await mkdir(join(home, 'bin'), { recursive: true })
    await cp(join(HOME, 'bin/pelago'), join(home, 'bin/pelago'))
    await cp(join(HOME, 'dist'), join(home, 'dist'), { recursive: true })
    for (const name of ['native', 'node_modules']) await symlink(join(HOME, name), join(home, name))
    app = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /copied\nARG WORD=none\nLABEL word=$WORD\n', 'wrong.dockerfile': 'FROM scratch\nRUNN x\n' })
    await call(['build', '-q', app])
    await warm()
  })
  after(async () => {
    for (const pid of await warmProcesses()) process.kill(pid)
    await pelago[Symbol.asyncDispose]()
  })

  const call = (args: readonly string[], options: RunOptions = {}): Promise<CommandResult> => runCommand([join(home, 'bin/pelago'), ...args], { cwd: pelago.folder, ...options, env: { ...pelago.env, ...options.env } })
  const start = (args: readonly string[]): ChildProcess => spawn(join(home, 'bin/pelago'), args, { cwd: pelago.folder, env: pelago.env, stdio: ['pipe', 'ignore', 'pipe'] })
  const both = async (args: readonly string[], options: RunOptions = {}): Promise<readonly [warm: CommandResult, own: CommandResult]> => [await call(args, options), await call(args, { ...options, env: { ...options.env, PELAGO_WARM: '0' } })]

  /** Those of this test's own copy. */
  async function warmProcesses(): Promise<readonly number[]> {
    const commands = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(async (pid) => [Number(pid), await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')] as const)
    return (await Promise.all(commands)).filter(([, words]) => words.includes(`${home}/bin/../dist/pelago.js\0--warm-process`) || words.includes(`${home}/dist/pelago.js\0--warm-process`)).map(([pid]) => pid)
  }

  /** The one process that waits, once it answers: another than `former`. */
  async function warm(former?: number): Promise<number> {
    const latest = Date.now() + WAIT_MS
    for (;;) {
      const [pid, another] = (await warmProcesses()).filter((found) => found !== former)
      if (pid !== undefined && another === undefined && (await isReady())) return pid
      if (Date.now() > latest) throw new Error('no process waits for the next command: is the bundle that of the sources?')
      await delay(POLL_MS)
    }
  }

  async function isReady(): Promise<boolean> {
    const folder = join(pelago.env['XDG_RUNTIME_DIR'] ?? '', 'pelago')
    const sockets = (await readdir(folder)).filter((name) => name.endsWith('.call'))
    const answers = sockets.map(async (name) => {
      const socket = connect(join(folder, name))
      let said = ''
      socket.setEncoding('latin1').on('data', (text: string) => {
        said += text
        socket.write(Buffer.from('C\0\0\0\0', 'latin1')) // no call: it hangs up, and is free again
      })
      await once(socket, 'close').catch(() => undefined)
      return said.startsWith('R')
    })
    return (await Promise.all(answers)).includes(true)
  }

  /** A build that goes on until it is ended, once its step runs. */
  async function longBuild(): Promise<{ readonly child: ChildProcess; readonly said: () => string; readonly exitCode: Promise<number | null> }> {
    const child = start(['build', '--progress=plain', '--no-cache', '-f', '-', await pelago.context({ busybox: await readFile('/bin/busybox') })])
    const exitCode = once(child, 'close').then(([code]) => code as number | null)
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.stdin?.end('FROM scratch\nCOPY --chmod=755 busybox /bin/sh\nRUN echo has begun; while true; do :; done\n')
    const latest = Date.now() + WAIT_MS
    while (!said.includes(' has begun\n')) {
      if (Date.now() > latest) throw new Error(`the step does not begin:\n${said}`)
      await delay(POLL_MS)
    }
    return { child, said: () => said, exitCode }
  }

  it('has the results of a process of its own', async () => {
    const pid = await warm()
    for (const args of [['--help'], ['build', '--help'], ['--version'], ['image', 'ls', '-q'], ['imagee'], ['build', '--no-such-flag', '.'], ['build', '-q', app], ['build', '-q', '-f', join(app, 'wrong.dockerfile'), app]]) {
      const [inWarm, own] = await both(args)
      assert.deepEqual(inWarm, own, args.join(' '))
    }
    assert.equal(await warm(), pid)
  })
  it('works in the caller\'s folder, with its umask and input', async () => {
    const { stderr } = await runCommand(['/bin/sh', '-c', 'umask 027; echo "FROM scratch\nCOPY Dockerfile /piped" | "$0" build -q -f - -o out .', join(home, 'bin/pelago')], { cwd: app, env: pelago.env })
    assert.equal(stderr, '')
    assert.match(await readFile(join(app, 'out/piped'), 'utf8'), /^FROM scratch/)
    assert.equal((await stat(join(app, 'out'))).mode & 0o777, 0o750)
  })
  it('has the caller\'s environment, and no other caller\'s', async () => {
    const word = async (env: Readonly<Record<string, string>>): Promise<string> => {
      assert.equal((await call(['build', '-q', '-t', 'word', '--build-arg', 'WORD', app], { env })).exitCode, 0)
      return (await call(['image', 'inspect', 'word'])).stdout
    }
    assert.match(await word({ WORD: 'first' }), /"word": "first"/)
    assert.match(await word({}), /"word": "none"/)
  })
  it('draws on the caller\'s terminal', async () => {
    const draw = async (env: Readonly<Record<string, string>>): Promise<string> => (await runCommand(['script', '-qec', `stty cols 60 rows 20; ${join(home, 'bin/pelago')} build ${app}`, '/dev/null'], { cwd: pelago.folder, env: { ...pelago.env, NO_COLOR: '', ...env } })).stdout.replaceAll(/\d+\.\ds/g, 'TIME')
    const [inWarm, own] = [await draw({}), await draw({ PELAGO_WARM: '0' })]
    assert.match(inWarm, /\x1b\[/)
    assert.equal(inWarm.split('\n').at(-2), own.split('\n').at(-2))
  })
  it('ends well where the reader of its output is gone', async () => {
    const { stdout } = await runCommand(['/bin/sh', '-c', '{ { "$0" --help 3>&-; echo "code $?" >&3; } | true; } 3>&1', join(home, 'bin/pelago')], { cwd: pelago.folder, env: pelago.env })
    assert.equal(stdout, 'code 0\n')
  })
  it('fails where its output finds no room, as a process of its own does', async () => {
    for (const PELAGO_WARM of ['1', '0']) {
      const { exitCode, stderr } = await runCommand(['/bin/sh', '-c', '"$0" --version > /dev/full', join(home, 'bin/pelago')], { cwd: app, env: { ...pelago.env, PELAGO_WARM } })
      assert.equal(exitCode, 125)
      assert.match(stderr, /^pelago: cannot write to its output: .*no space left on device/i)
    }
  })
  it('does without files that its caller has closed', async () => {
    const pid = await warm()
    const script = '"$0" --version >&-; echo "code $?"; "$0" image ls -q <&- >&- 2>&-; echo "code $?"; "$0" build -q -f - . <&- 2>/dev/null; echo "code $?"'
    const run = (env: Readonly<Record<string, string>>): Promise<CommandResult> => runCommand(['/bin/sh', '-c', script, join(home, 'bin/pelago')], { cwd: app, env: { ...pelago.env, ...env } })
    const [inWarm, own] = [await run({}), await run({ PELAGO_WARM: '0' })]
    assert.deepEqual(inWarm, own)
    assert.match(own.stdout, /^code 0\ncode 0\ncode [1-9]/)
    assert.equal(await warm(), pid)
  })
  it('fails rather than take nothing for a stdin that a file names', async () => {
    const folder = await pelago.context({
      Dockerfile: 'FROM scratch\nCOPY --chmod=755 busybox /bin/sh\nRUN --mount=type=secret,id=word,required true\n',
      busybox: await readFile('/bin/busybox'),
      'compose.yaml': 'services: {app: {build: {context: ., secrets: [word]}}}\nsecrets: {word: {file: /dev/stdin}}\n',
    })
    const { exitCode, stderr } = await call(['compose', 'build'], { cwd: folder })
    assert.equal(exitCode, 1)
    assert.match(stderr, /ENXIO.*\/dev\/stdin/)
  })
  it('runs two at once, the second in a process of its own', async () => {
    const pid = await warm()
    const { child, exitCode } = await longBuild()
    const { exitCode: second, stdout } = await call(['--version'])
    assert.equal(second, 0)
    assert.match(stdout, /^pelago /)
    child.kill('SIGINT')
    assert.equal(await exitCode, 130)
    assert.notEqual(await warm(pid), pid)
  })
  it('ends with its caller, also where that is killed', async () => {
    const pid = await warm()
    const { child } = await longBuild()
    child.kill('SIGKILL')
    const latest = Date.now() + WAIT_MS
    while ((await warmProcesses()).includes(pid)) {
      if (Date.now() > latest) assert.fail('the process that ran it is still there')
      await delay(POLL_MS)
    }
    assert.equal((await call(['build', '-q', app])).exitCode, 0)
  })
  it('fails by itself where the process that runs it is killed, and goes on without it', async () => {
    const pid = await warm()
    const { exitCode, said } = await longBuild()
    process.kill(pid, 'SIGKILL')
    assert.equal(await exitCode, 125)
    assert.match(said(), /^pelago: the process that ran the command was ended before the command was over\nhint: /m)
    assert.equal((await call(['build', '-q', app])).exitCode, 0)
    assert.notEqual(await warm(pid), pid)
  })
  it('does not wait for one that does not answer', async () => {
    const pid = await warm()
    process.kill(pid, 'SIGSTOP')
    const { exitCode, stdout } = await call(['--version'])
    process.kill(pid, 'SIGCONT')
    assert.equal(exitCode, 0)
    assert.equal(await warm(), pid)
    assert.match(stdout, /^pelago /)
  })
  it('is not started where one is on its way', async () => {
    const pid = await warm()
    const folder = join(pelago.env['XDG_RUNTIME_DIR'] ?? '', 'pelago')
    const arrivals = (await readdir(folder)).filter((name) => name.endsWith('.call')).map((name) => tryLock(join(folder, `${name}.arrival`), 'exclusive'))
    process.kill(pid, 'SIGKILL')
    assert.equal((await call(['--version'])).exitCode, 0)
    assert.deepEqual((await warmProcesses()).filter((found) => found !== pid), [])
    for (const arrival of arrivals) arrival?.remove()
    assert.equal((await call(['--version'])).exitCode, 0)
    assert.notEqual(await warm(pid), pid)
  })
  it('ends with the engine', async () => {
    await warm()
    assert.equal((await call(['stop'], { env: { PELAGO_WARM: '0' } })).exitCode, 0)
    const latest = Date.now() + WAIT_MS
    while ((await warmProcesses()).length > 0) {
      if (Date.now() > latest) assert.fail('it is still there')
      await delay(POLL_MS)
    }
    assert.equal((await call(['build', '-q', app])).exitCode, 0)
  })
  it('leaves one of another version alone, also of the same size and time', async () => {
    const entry = join(home, 'dist/pelago.js')
    const first = await warm()
    await utimes(entry, 1, 1)
    assert.equal((await call(['image', 'ls', '-q'])).exitCode, 0)
    await warm(first)
    await writeFile(entry, `console.log('a new version');process.exit(0)//`.padEnd((await stat(entry)).size))
    await utimes(entry, 1, 1)
    assert.equal((await call(['--version'])).stdout, 'a new version\n')
    assert.ok((await warmProcesses()).includes(first)) // the second may have made way for the new version, if its command left something open
  })
})
