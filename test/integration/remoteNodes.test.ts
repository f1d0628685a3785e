import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { findProcesses, untilNone } from '../support/engine/traces.ts'
import { startSshMachine, type SshMachine } from '../support/engine/sshMachine.ts'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { startPelago } from '../support/startedCommand.ts'

const GONE_MS = 15_000
/** What it prints is not a part of the command itself, which is printed, too. */
const PAUSE = 'RUN if [ $PAUSE != 0 ]; then echo "is pau""sed"; sleep $PAUSE; fi; hostname > result'

describe('an engine over ssh', { skip: missing('crun', 'busybox', 'ssh', 'ssh-keygen') }, () => {
  let undo: AsyncDisposableStack
  let machine: SshMachine
  let pelago: Pelago
  let context: string
  const storeThere = (): string => machine.pelago.env['PELAGO_ROOT'] ?? ''

  before(async () => {
    undo = new AsyncDisposableStack()
    machine = undo.use(await startSshMachine())
    pelago = undo.use(await openPelago({ PATH: `${machine.clientPath}:${process.env['PATH'] ?? ''}` }))
    context = await pelago.context(busyboxContext(['COPY note.txt .', 'ARG PAUSE=0', PAUSE], { 'note.txt': 'a note\n' }))
  })
  after(async () => await undo.disposeAsync())

  it('builds from a folder of this machine, and sends the result back', async () => {
    await pelago.succeed(['build', '--builder', 'ssh://big', '--output', 'out', context])
    assert.equal(readFileSync(join(pelago.folder, 'out/work/note.txt'), 'utf8'), 'a note\n')
    const { stdout } = await pelago.succeed(['--builder', 'ssh://big', 'info', '--format', '{{.DockerRootDir}}'])
    assert.equal(stdout.trim(), storeThere())
    assert.deepEqual(findProcesses(pelago.env['PELAGO_ROOT'] ?? ''), [])
  })

  const failures = [
    { name: 'a machine whose key is not known', address: 'ssh://stranger', message: /ssh:\/\/stranger: Host key verification failed\.\nhint: .*ssh stranger/ },
    { name: 'a machine that refuses the login', address: 'ssh://refusing', message: /Permission denied.*\nhint: .*authorized_keys/ },
    { name: 'a port that nobody listens on', address: 'ssh://big:1', message: /Connection refused\nhint: .*sshd/ },
    { name: 'a socket that is not there', address: 'ssh://big/no/such.sock', message: /ssh:\/\/big\/no\/such\.sock: no engine answers at unix:\/\/\/no\/such\.sock\nhint: on big: / },
  ]
  for (const { name, address, message } of failures) {
    it(`says why ${name} has no engine for it, and what to do`, async () => {
      const { exitCode, stderr } = await pelago.run(['--builder', address, 'info'])
      assert.match(stderr, message)
      assert.equal(exitCode, 125)
    })
  }

  it('ends what it began there with kill -9 of the command here', async () => {
    const mark = `87${String(process.hrtime.bigint()).slice(-9)}`
    await using command = startPelago(pelago, ['build', '--builder', 'ssh://big', '--progress=plain', '--build-arg', `PAUSE=${mark}`, context])
    await command.printed(/is paused/)
    command.kill('SIGKILL')
    await untilNone(() => [...findProcesses(mark), ...findProcesses('dial-stdio').filter(({ pid }) => environmentOf(pid).includes(storeThere()))], GONE_MS)
  })
})

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return '' // it ended meanwhile
  }
}
