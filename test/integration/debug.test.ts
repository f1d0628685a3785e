import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { runCommand, type CommandResult, type Pelago, type RunOptions } from '../support/pelago.ts'
import { startPelago } from '../support/startedCommand.ts'
import { findLeftovers, findMounts, findProcesses, untilNone } from '../support/engine/traces.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/pelago', import.meta.url))

describe('pelago debug', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  let base: string
  before(async () => {
    ({ pelago, base } = workbench = await openWorkbench())
  })
  after(() => workbench[Symbol.asyncDispose]())

  /** The id that a failing build names. */
  async function fail(dockerfile: string, args: readonly string[] = [], options: RunOptions = {}): Promise<string> {
    const context = await pelago.context({ Dockerfile: dockerfile.replaceAll('BASE', base), note: 'of the context\n' })
    const { exitCode, stderr } = await pelago.run(['build', '--progress=plain', ...args, context], options)
    assert.equal(exitCode, 1, stderr)
    const [, id = ''] = /^hint: look into the step as it failed: pelago debug ([0-9a-f]{12})$/m.exec(stderr) ?? []
    assert.notEqual(id, '', stderr)
    return id
  }

  const debug = (...args: readonly string[]): Promise<CommandResult> => pelago.run(['debug', ...args])
  const STEP = 'FROM BASE\nWORKDIR /work\nENV COLOR=blue\nUSER daemon\nRUN echo partial > /tmp/partial; exit 7\n'

  it('finds the files as the step left them, as its user, in its folder, with its variables', async () => {
    const id = await fail(STEP)
    const script = 'id -un; pwd; echo $COLOR; cat /tmp/partial'
    assert.deepEqual(await debug(id, '--', 'sh', '-c', script), { exitCode: 0, stdout: 'daemon\n/work\nblue\npartial\n', stderr: '' })
    assert.deepEqual(await debug('-u', 'root', '-w', '/tmp', '-e', 'COLOR=red', id.slice(0, 8), '--', 'sh', '-c', script), { exitCode: 0, stdout: 'root\n/tmp\nred\npartial\n', stderr: '' })
  })

  it('begins anew each time, and exits with the code of the command', async () => {
    await fail(STEP)
    assert.equal((await debug('--', 'sh', '-c', 'rm /tmp/partial; exit 42')).exitCode, 42)
    assert.equal((await debug('--', 'cat', '/tmp/partial')).stdout, 'partial\n')
  })

  it('takes the last one without a name, emulates it where it was, and outlives its engine', async () => {
    await fail(STEP)
    const id = await fail(STEP, ['--platform', 'linux/arm64'])
    await pelago.succeed(['stop'])
    await untilNone(() => findProcesses(pelago.env['PELAGO_ROOT'] ?? ''), 60_000)
    assert.equal((await debug('--', 'uname', '-m')).stdout, 'aarch64\n')
    const { stdout } = await debug('--list')
    assert.match(stdout, new RegExp(`^STEP +FAILED +PLATFORM +NAME\\n${id} +0 minutes ago +linux/arm64 +\\[3/3\\] RUN echo partial`))
    assert.match((await debug('--list', '--format', '{{.platform}} {{.message}}')).stdout, /^linux\/arm64 process .* exit code: 7\nlinux\/amd64 /)
  })

  it('mounts what the step had: context, cache, and secrets where they are given', async () => {
    const secret = join(pelago.folder, 'secret')
    writeFileSync(secret, 'confidential')
    const mounts = '--mount=type=bind,target=/context --mount=type=cache,target=/cache --mount=type=secret,id=key,required --mount=type=tmpfs,target=/memory'
    await fail(`FROM BASE\nRUN ${mounts} echo kept > /cache/file; exit 3\n`, ['--secret', `id=key,src=${secret}`])
    const script = 'cat /context/note /cache/file; cat /run/secrets/key 2>/dev/null || echo none; grep -c " /memory tmpfs" /proc/mounts'
    assert.equal((await debug('--', 'sh', '-c', script)).stdout, 'of the context\nkept\nnone\n1\n')
    assert.equal((await debug('--secret', `id=key,src=${secret}`, '--', 'sh', '-c', script)).stdout, 'of the context\nkept\nconfidential1\n')
  })

  it('takes a script from stdin where there is no terminal', async () => {
    await fail(STEP)
    assert.deepEqual(await pelago.run(['debug'], { input: 'pwd\ncat /tmp/partial\nexit 5\n' }), { exitCode: 5, stdout: '/work\npartial\n', stderr: '' })
  })

  it('opens a shell on a terminal, of its size', { skip: missingForBuilds('script') }, async () => {
    const id = await fail(STEP)
    const inner = `stty rows 33 cols 77; ${PROGRAM} debug; echo "code $?"`
    const { stdout } = await runCommand(['sh', '-c', `(sleep 3; echo 'stty size; cat /tmp/partial'; sleep 1; echo 'exit 9'; sleep 1) | script -qec '${inner}' /dev/null`], { env: { ...pelago.env, TERM: 'xterm' } })
    assert.match(stdout, /\[3\/3\] RUN echo partial[^]*on linux\/amd64, as it failed: [^]*exit code: 7\r+\nIt ran: \/bin\/sh -c echo partial/)
    assert.match(stdout, /33 77\r+\npartial\r+\n[^]*code 9/)
    assert.match(id, /^[0-9a-f]+$/)
  })

  it('also enters a step whose program could not be started', async () => {
    await fail('FROM BASE\nRUN ["/missing"]\n')
    assert.equal((await debug('--', 'sh', '-c', 'ls /missing 2>/dev/null || echo still missing')).stdout, 'still missing\n')
  })

  it('leaves nothing behind when it is killed', async () => {
    await fail(STEP)
    {
      await using command = startPelago(pelago, ['debug', '--', 'sh', '-c', 'echo begun; sleep 600'])
      await command.printed(/begun/)
      command.kill('SIGKILL')
      await command.ended
    }
    await untilNone(() => findProcesses('sleep 600'), 60_000)
    await pelago.succeed(['stop'])
    await untilNone(() => findProcesses(pelago.env['PELAGO_ROOT'] ?? ''), 60_000)
    assert.deepEqual(findMounts(pelago.folder), [])
    assert.deepEqual(findLeftovers(pelago.env['PELAGO_ROOT'] ?? ''), [])
  })

  for (const { name, args, exitCode, message } of [
    { name: 'a step that is not kept', args: ['abcdef', '--', 'true'], exitCode: 125, message: /no failed step is kept as "abcdef"/ },
    { name: 'a command without dashes', args: ['ls'], exitCode: 125, message: /no id of a step: "ls"\nhint: .*behind --/ },
    { name: 'a program that is not there', args: ['--', '/missing'], exitCode: 127, message: /\/missing.*no such file/ },
    { name: 'a list of one step', args: ['--list', 'abcdef'], exitCode: 125, message: /--list takes neither/ },
  ]) {
    it(`refuses ${name}`, async () => {
      const result = await debug(...args)
      assert.match(result.stderr, message)
      assert.equal(result.exitCode, exitCode, result.stderr)
    })
  }

  it('says so where the step was pruned', async () => {
    const id = await fail(STEP)
    await delay(10) // prune spares what is used in its own millisecond
    await pelago.succeed(['prune', '--all', '--force'])
    const { exitCode, stderr } = await debug(id, '--', 'true')
    assert.equal(exitCode, 125)
    assert.match(stderr, /^ERROR: what \[3\/3\] RUN .* has left was pruned\nhint: build again/)
    assert.doesNotMatch((await debug('--list')).stdout, new RegExp(id))
  })
})
