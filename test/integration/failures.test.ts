import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { runCommand, type Pelago } from '../support/pelago.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/pelago', import.meta.url))

/** A step that fails, and what its user reads of it. */
interface Failure {
  readonly name: string
  readonly step: string
  readonly args?: readonly string[]
  readonly message: RegExp
  readonly hint?: RegExp
}

const FAILURES: readonly Failure[] = [
  { name: 'a command that is not there', step: 'RUN nosuch --flag', message: /exit code: 127$/, hint: /the shell did not find a command/ },
  { name: 'a file that is no program', step: 'RUN touch /x; /x', message: /exit code: 126$/, hint: /\/x is not executable: COPY --chmod=755, or RUN chmod \+x \/x/ },
  { name: 'a signal', step: 'RUN sh -c \'kill -SEGV $$\'; exit $?', message: /exit code: 139 \(SIGSEGV\)$/ },
  { name: 'a kill', step: 'RUN sh -c \'kill -KILL $$\'; exit $?', message: /exit code: 137 \(SIGKILL\)$/, hint: /memory/ },
  { name: 'a crash under emulation', step: 'RUN sh -c \'kill -ABRT $$\'; exit $?', args: ['--platform', 'linux/arm64'], message: /exit code: 134 \(SIGABRT\)$/, hint: /under qemu-aarch64.*FROM --platform=\$BUILDPLATFORM/ },
  { name: 'a crash under emulation that is known', step: 'RUN echo "Setting up libc-bin (2.35) ..."; sh -c \'kill -SEGV $$\'; exit $?', args: ['--platform', 'linux/arm64'], message: /exit code: 139 \(SIGSEGV\)$/, hint: /ldconfig.* crashed: libc-bin could not be configured \(under qemu-aarch64 \d+\.\S+\): try QEMU 10/ },
  { name: 'words under emulation that are known', step: 'RUN echo "sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the \'nosuid\' option set" >&2; false', args: ['--platform', 'linux/arm64'], message: /exit code: 1$/, hint: /sudo got no rights/ },
  { name: 'the same words without emulation', step: 'RUN echo "Function not implemented" >&2; exit 127', message: /exit code: 127$/, hint: /the shell did not find/ },
  { name: 'a crash of the first process under emulation', step: 'RUN kill -SEGV $$', args: ['--platform', 'linux/arm64'], message: /exit code: 139 \(SIGSEGV\)$/, hint: /under qemu-aarch64/ },
]

describe('a step that fails', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  let base: string
  before(async () => {
    ({ pelago, base } = workbench = await openWorkbench())
  })
  after(() => workbench[Symbol.asyncDispose]())

  const contextOf = (...steps: readonly string[]): Promise<string> => pelago.context({ Dockerfile: [`FROM ${base}`, ...steps, ''].join('\n') })

  for (const { name, step, args = [], message, hint } of FAILURES) {
    it(`says what it was of ${name}`, async () => {
      const { exitCode, stderr } = await pelago.run(['build', '--progress=plain', ...args, await contextOf(step)])
      assert.equal(exitCode, 1, stderr)
      assert.match(stderr, new RegExp(`^ERROR: process .* did not complete successfully: ${message.source}`, 'm'))
      assert.match(stderr, hint === undefined ? /./ : new RegExp(`^hint: .*${hint.source}`, 'm'))
      assert.match(stderr, /^hint: look into the step as it failed: pelago debug [0-9a-f]{12}$/m)
    })
  }

  const ENDING = (): RegExp => new RegExp(
    [
      '------', ' > \\[2/2\\] RUN .*:', 'line 2', '[^]*', 'line 21', '------', 'ERROR: process .* exit code: 4', 'Dockerfile:2', '-+', `   1 |     FROM ${base}`,
      '   2 | >>> RUN for .*', '-+', 'hint: look into .*: pelago debug [0-9a-f]{12}', '',
    ].join('\r?\n').replaceAll('|', '\\|'),
  )
  const TALKATIVE = 'RUN for i in $(seq 1 21); do echo line $i; done; exit 4'

  for (const mode of ['plain', 'quiet']) {
    it(`ends with its last output, its lines, and the way in, with --progress=${mode}`, async () => {
      const { stderr } = await pelago.run(['build', `--progress=${mode}`, await contextOf(TALKATIVE)])
      assert.match(stderr, ENDING())
    })
  }

  it('ends so on a terminal, too', { skip: missingForBuilds('script') }, async () => {
    const inner = `stty rows 40 cols 120; ${PROGRAM} build ${await contextOf(TALKATIVE)}`
    const { stdout } = await runCommand(['script', '-qec', inner, '/dev/null'], { env: { ...pelago.env, TERM: 'xterm' } })
    assert.match(stdout, ENDING())
  })

  it('names the builder that keeps it', async () => {
    const { stderr } = await pelago.run(['build', '--builder', 'embedded', '--progress=plain', await contextOf('RUN false')])
    assert.match(stderr, /^hint: look into the step as it failed: pelago --builder embedded debug [0-9a-f]{12}$/m)
  })

  it('is not entered where it is no RUN', async () => {
    const { stderr } = await pelago.run(['build', '--progress=plain', await contextOf('COPY missing /')])
    assert.doesNotMatch(stderr, /pelago debug/)
  })
})
