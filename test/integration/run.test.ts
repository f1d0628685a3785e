import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { runCommand, type CommandResult, type Pelago, type RunOptions } from '../support/pelago.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

const PROGRAM = new URL('../../bin/pelago', import.meta.url).pathname

describe('pelago run', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  before(async () => {
    ({ pelago } = workbench = await openWorkbench())
    const { base } = workbench
    const dockerfile = `FROM ${base}\nWORKDIR /srv\nENV FROM_IMAGE=image\nCOPY entry /entry\nRUN chmod 755 /entry\nUSER daemon\nENTRYPOINT ["/entry"]\nCMD ["default"]\n`
    const context = await pelago.context({ Dockerfile: `FROM ${base}\n`, Other: dockerfile, entry: '#!/bin/sh\necho "entry $*"\n' })
    const platforms = ['--platform', 'linux/amd64,linux/arm64,linux/arm/v7,linux/s390x,linux/386']
    await pelago.succeed(['pull', ...platforms, base]) // so that no run has to, and to tell it
    await pelago.succeed(['build', ...platforms, '-t', 'plain', context])
    await pelago.succeed(['build', '-f', join(context, 'Other'), '-t', 'configured', context])
  })
  after(() => workbench[Symbol.asyncDispose]())

  const run = (args: readonly string[], options?: RunOptions): Promise<CommandResult> => pelago.run(['run', '--rm', ...args], options)

  for (const [platform, machine] of [['linux/amd64', 'x86_64'], ['linux/arm64', 'aarch64'], ['linux/arm/v7', 'armv7l'], ['linux/s390x', 's390x'], ['linux/386', 'i686']] as const) {
    it(`runs a program of ${platform}`, async () => {
      assert.deepEqual(await run(['--platform', platform, 'plain', 'uname', '-m']), { exitCode: 0, stdout: `${machine}\n`, stderr: '' })
    })
  }

  const cases: readonly { readonly name: string; readonly args: readonly string[]; readonly options?: RunOptions; readonly want: CommandResult }[] = [
    { name: 'exits with the code of the program', args: ['plain', 'sh', '-c', 'exit 42'], want: { exitCode: 42, stdout: '', stderr: '' } },
    { name: 'keeps stdout and stderr apart', args: ['plain', 'sh', '-c', 'echo out; echo err >&2'], want: { exitCode: 0, stdout: 'out\n', stderr: 'err\n' } },
    { name: 'takes entrypoint and command from the image', args: ['configured'], want: { exitCode: 0, stdout: 'entry default\n', stderr: '' } },
    { name: 'gives its own arguments to the entrypoint', args: ['configured', 'a', 'b c'], want: { exitCode: 0, stdout: 'entry a b c\n', stderr: '' } },
    { name: 'takes another entrypoint, and with it no command of the image', args: ['--entrypoint', 'pwd', 'configured'], want: { exitCode: 0, stdout: '/srv\n', stderr: '' } },
    { name: 'runs as the user of the image', args: ['--entrypoint', 'id', 'configured', '-u'], want: { exitCode: 0, stdout: '1\n', stderr: '' } },
    { name: 'runs as another user by name', args: ['-u', 'nobody', '--entrypoint', 'id', 'configured', '-u'], want: { exitCode: 0, stdout: '65534\n', stderr: '' } },
    { name: 'runs as another user by numbers', args: ['-u', '123:456', 'plain', 'sh', '-c', 'id -u; id -g'], want: { exitCode: 0, stdout: '123\n456\n', stderr: '' } },
    { name: 'sets variables, over those of the image and from its own environment', args: ['-e', 'FROM_IMAGE=run', '-e', 'OWN', '--entrypoint', 'sh', 'configured', '-c', 'echo $FROM_IMAGE $OWN'], options: { env: { OWN: 'mine' } }, want: { exitCode: 0, stdout: 'run mine\n', stderr: '' } },
    { name: 'starts in a folder, which it makes where it is missing', args: ['-w', '/new/folder', 'plain', 'pwd'], want: { exitCode: 0, stdout: '/new/folder\n', stderr: '' } },
    { name: 'passes stdin on with -i', args: ['-i', 'plain', 'tr', 'a-z', 'A-Z'], options: { input: 'lower\n' }, want: { exitCode: 0, stdout: 'LOWER\n', stderr: '' } },
    { name: 'gives no stdin without -i', args: ['plain', 'cat'], options: { input: 'lower\n' }, want: { exitCode: 0, stdout: '', stderr: '' } },
    { name: 'has the network of the machine with --network host', args: ['--network', 'host', 'plain', 'readlink', '/proc/self/ns/net'], want: { exitCode: 0, stdout: `${readlinkSync('/proc/self/ns/net')}\n`, stderr: '' } },
    { name: 'has the loopback interface alone with --network none', args: ['--network', 'none', 'plain', 'sh', '-c', 'tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "'], want: { exitCode: 0, stdout: 'lo\n', stderr: '' } },
    { name: 'cannot write with --read-only', args: ['--read-only', 'plain', 'sh', '-c', 'touch /file 2>/dev/null || echo refused'], want: { exitCode: 0, stdout: 'refused\n', stderr: '' } },
    { name: 'takes its name from --hostname', args: ['--hostname', 'island', 'plain', 'hostname'], want: { exitCode: 0, stdout: 'island\n', stderr: '' } },
  ]
  for (const { name, args, options, want } of cases) it(name, async () => assert.deepEqual(await run(args, options), want))

  it('takes as much input as there is, and gives it back', async () => {
    const input = Buffer.alloc(5_000_000, 'line\n')
    const { exitCode, stdout } = await run(['-i', 'plain', 'md5sum'], { input })
    const expected = await runCommand(['md5sum'], { input })
    assert.deepEqual([exitCode, stdout], [0, expected.stdout])
  })

  it('ends where its emulated program crashes', async () => {
    const { exitCode, stderr } = await run(['--platform', 'linux/arm64', 'plain', 'sh', '-c', 'kill -SEGV $$'])
    assert.equal(exitCode, 139)
    assert.match(stderr, /Segmentation fault/)
  })

  it('begins anew each time: nothing that one container writes is seen by the next', async () => {
    await run(['plain', 'touch', '/left-over'])
    assert.notEqual((await run(['plain', 'ls', '/left-over'])).exitCode, 0)
  })

  it('shows folders of this machine, to read and write or to read', async () => {
    const folder = join(pelago.folder, 'volume')
    mkdirSync(folder)
    writeFileSync(join(folder, 'in'), 'from outside')
    assert.equal((await run(['-v', `${folder}:/data`, 'plain', 'sh', '-c', 'cat /data/in; echo inside > /data/out'])).stdout, 'from outside')
    assert.equal(readFileSync(join(folder, 'out'), 'utf8'), 'inside\n')
    assert.equal((await run(['-v', `${folder}:/data:ro`, 'plain', 'sh', '-c', 'touch /data/more 2>/dev/null || echo refused'])).stdout, 'refused\n')
  })

  it('makes a port of the container one of this machine', async () => {
    const port = await freePort()
    const server = run(['-p', `127.0.0.1:${port}:8080`, 'plain', 'sh', '-c', 'echo hello | nc -l -p 8080'])
    const heard = await untilAnswered(port)
    assert.deepEqual([heard, (await server).exitCode], ['hello\n', 0])
  })

  it('gives a terminal with -it, and its size', { skip: missingForBuilds('script') }, async () => {
    const inner = `stty rows 33 cols 77; ${PROGRAM} run --rm -it plain sh -c 'tty; stty size; exit 9'; echo "code $?"`
    const { stdout } = await runCommand(['script', '-qec', inner, '/dev/null'], { env: { ...pelago.env, TERM: 'xterm' } })
    // script tells its terminal by a character, which is shown as ^@, that its own input has ended: whenever it comes to it
    assert.match(stdout.replaceAll('^@', ''), /\/dev\/(?:pts\/\d+|console)\r+\n33 77\r+\ncode 9/)
  })

  for (const { name, args, exitCode, message } of [
    { name: 'a program that is not there', args: ['plain', '/missing'], exitCode: 127, message: /\/missing/ },
    { name: 'an image that is nowhere', args: ['127.0.0.1:1/nothing'], exitCode: 125, message: /127\.0\.0\.1:1/ },
    { name: 'a platform that the image has not', args: ['--platform', 'linux/riscv64', 'plain', 'true'], exitCode: 125, message: /linux\/riscv64/ },
    { name: 'a flag that comes later', args: ['--memory', '1g', 'plain'], exitCode: 125, message: /--memory/ },
    { name: '-it without a terminal', args: ['-it', 'plain', 'sh'], exitCode: 125, message: /terminal/ },
  ]) {
    it(`fails for ${name}`, async () => {
      const result = await run(args)
      assert.match(result.stderr, message)
      assert.match(result.stderr, /^ERROR: /m)
      assert.equal(result.exitCode, exitCode, result.stderr)
    })
  }
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** What the container's server says, once it listens. */
async function untilAnswered(port: number): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const heard = await hear(port).catch(() => '')
    if (heard !== '') return heard
    await delay(50)
  }
  return 'nobody answered'
}

async function hear(port: number): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of connect(port, '127.0.0.1') as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
