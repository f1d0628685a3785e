import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missing } from '../support/requires.ts'

/** The command as a process of its own, with an engine of its own in a store of its own. */

const COMMAND = join(import.meta.dirname, '../../src/cli/main.ts')

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

describe('the command', { skip: missing('crun', 'busybox') }, () => {
  let folder: string
  let env: NodeJS.ProcessEnv

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pelago-command-'))
    env = { ...process.env, PELAGO_ROOT: join(folder, 'store'), PELAGO_LINGER: '3', XDG_RUNTIME_DIR: folder, DOCKER_CONFIG: folder, NO_COLOR: '1' }
    await mkdir(join(folder, 'app'))
    await copyFile('/bin/busybox', join(folder, 'app/busybox'))
    await writeFile(join(folder, 'app/Dockerfile'), ['FROM scratch', 'COPY busybox /bin/sh', 'ARG SAYS=hello', 'RUN echo $SAYS > /said', 'LABEL made=here', 'CMD ["/bin/sh", "-c", "read line < /said; echo $line"]', ''].join('\n'))
  })
  after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))

  async function run(argv: readonly string[], input = ''): Promise<Ran> {
    const child = spawn(process.execPath, [COMMAND, ...argv], { cwd: folder, env })
    child.stdin.end(input)
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    const [code] = (await once(child, 'close')) as [number]
    return { code, ...output }
  }

  it('builds into the local store, and says so on stdout and in files', async () => {
    const { code, stdout, stderr } = await run(['build', '--progress=plain', '-t', 'said:1', '--metadata-file', 'meta.json', '--iidfile', 'id', 'app'])
    assert.equal(code, 0, stderr)
    const metadata = JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8')) as Readonly<Record<string, unknown>>
    const digest = String(metadata['containerimage.digest'])
    assert.match(stdout, new RegExp(`^stored said:1\n {2}digest ${digest}\n`))
    assert.match(stderr, /^#\d+ \[2\/2\] RUN echo hello > \/said$/m)
    assert.match(await readFile(join(folder, 'id'), 'utf8'), /^sha256:[0-9a-f]{64}$/)
    assert.equal((await run(['build', '-q', '-t', 'said:1', 'app'])).stdout, `${digest}\n`)
  })
  it('runs what it built, with the container\'s exit code and streams', async () => {
    assert.equal((await run(['build', '-q', '-t', 'said:1', 'app'])).code, 0)
    assert.deepEqual(await run(['run', 'said:1']), { code: 0, stdout: 'hello\n', stderr: '' })
    assert.deepEqual(await run(['run', '-e', 'A=x', 'said:1', '/bin/sh', '-c', 'echo $A >&2; exit 7']), { code: 7, stdout: '', stderr: 'x\n' })
    assert.deepEqual(await run(['run', '-i', 'said:1', '/bin/sh', '-c', 'read a; echo "got $a"'], 'line\n'), { code: 0, stdout: 'got line\n', stderr: '' })
  })
  it('writes files into a folder, and archives to stdout', async () => {
    assert.equal((await run(['build', '-q', '--build-arg', 'SAYS=bye', '-o', 'out', 'app'])).code, 0)
    assert.equal(await readFile(join(folder, 'out/said'), 'utf8'), 'bye\n')
    const { code, stdout } = await run(['build', '-q', '-o', 'type=tar', 'app'])
    assert.equal(code, 0)
    assert.match(stdout, /said/)
  })
  it('takes the Dockerfile from stdin', async () => {
    assert.equal((await run(['build', '-q', '-f', '-', '-o', 'piped', 'app'], 'FROM scratch\nCOPY Dockerfile /copied\n')).code, 0)
    assert.match(await readFile(join(folder, 'piped/copied'), 'utf8'), /^FROM scratch/)
  })
  it('ends with 1 where a step fails, and shows its output and its line', async () => {
    const { code, stderr } = await run(['build', '--progress=plain', '-f', '-', 'app'], 'FROM scratch\nCOPY busybox /bin/sh\nRUN echo the reason; exit 3\n')
    assert.equal(code, 1)
    assert.match(stderr, /^ > \[2\/2\] RUN echo the reason; exit 3:\nthe reason\n------$/m)
    assert.match(stderr, /^ERROR: process .* exit code: 3$/m)
  })
  it('ends with 1 where the Dockerfile is wrong, and shows the line', async () => {
    const { code, stderr } = await run(['build', '-q', '-f', '-', 'app'], 'FROM scratch\nRUNN x\n')
    assert.equal(code, 1)
    assert.match(stderr, /unknown instruction: RUNN\nDockerfile:2\n-+\n.*FROM scratch\n.*>>> RUNN x\n[^]*hint: did you mean RUN\?\n$/)
  })
  it('ends with 130 where it is interrupted', async () => {
    const child = spawn(process.execPath, [COMMAND, 'build', '--progress=plain', '--no-cache', '-f', '-', 'app'], { cwd: folder, env })
    child.stdin.end('FROM scratch\nCOPY busybox /bin/sh\nRUN echo started; while true; do :; done\n')
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (!stderr.includes(' started\n') && (stderr + text).includes(' started\n')) child.kill('SIGINT')
      stderr += text
    })
    const [code] = (await once(child, 'close')) as [number]
    assert.equal(code, 130, stderr)
  })
  it('keeps images under several names until they are removed', async () => {
    assert.equal((await run(['build', '-q', '-t', 'kept:1', 'app'])).code, 0)
    assert.equal((await run(['image', 'tag', 'kept:1', 'kept:2'])).code, 0)
    assert.equal((await run(['image', 'rm', 'kept:1'])).code, 0)
    assert.match((await run(['images', '--format', '{{.Reference}}'])).stdout, /^kept:2$/m)
    assert.equal((await run(['image', 'save', '-o', 'saved.tar', 'kept:2'])).code, 0)
    assert.equal((await run(['image', 'rm', 'kept:2'])).code, 0)
    assert.equal((await run(['image', 'load', '-i', 'saved.tar'])).stdout, 'loaded kept:2\n')
    assert.equal((await run(['image', 'rm', 'gone:1'])).code, 1)
  })
  it('lists what it can run, its own platform first', async () => {
    const { code, stdout } = await run(['platforms'])
    assert.equal(code, 0)
    assert.match(stdout, /^PLATFORM +RUNS +BY\nlinux\/\w+ +natively\n/)
  })
})
