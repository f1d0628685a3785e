import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createCrunExecutor } from '../../src/executor/crunExecutor.ts'
import { collect, shell, testExecutor, type ExecutorFixture } from '../../src/executor/executor.suite.ts'
import { formatPlatform, parsePlatform } from '../../src/ground/platform.ts'
import { namespaceArgv } from '../../src/kit/enterNamespaces.ts'
import { fetchBusybox, lendBusyboxes, LENT, makeBusyboxRoot } from '../support/images/busybox.ts'
import { CIPHER_PROGRAM } from '../support/images/cipherProgram.ts'
import { createOrdinaryUser, reasonAgainstUsers } from '../support/ordinaryUser.ts'
import { missing } from '../support/requires.ts'

/*
 * The executor lives inside pelago-ns, so this file runs itself in there: once as the user that runs it, and where that
 * is root once more as an ordinary one.
 */

const userId = process.getuid?.() ?? -1
const FOREIGN: readonly (readonly [platform: string, debianArchitecture: string, machine: string])[] = [
  ['linux/arm64', 'arm64', 'aarch64'],
  ['linux/arm/v7', 'armhf', 'armv7l'],
  ['linux/386', 'i386', 'i686'],
  ['linux/s390x', 's390x', 's390x'],
]

if (process.env['PELAGO_NS_IDS'] === undefined) {
  describe('the crun executor', { skip: missing('crun', 'busybox') }, () => {
    it('passes its tests inside the namespaces', () => assertPasses(namespaceArgv([process.execPath, fileURLToPath(import.meta.url)], process.env, userId)))
    it('passes its tests for an ordinary user', { skip: reasonAgainstUsers() || missing('runuser', 'newuidmap', 'useradd') }, async () => {
      await using user = createOrdinaryUser({ hasIdRange: true })
      const busyboxes = join(user.home, 'busyboxes')
      lendBusyboxes(FOREIGN.map(([, architecture]) => architecture), busyboxes)
      assertPasses(['runuser', '-u', user.name, '--', ...namespaceArgv([process.execPath, fileURLToPath(import.meta.url)], process.env, 1)], { HOME: user.home, [LENT]: busyboxes })
    })
  })
} else {
  testExecutor('crun', openFixture)
  testEmulation()
}

function assertPasses([program = '', ...args]: readonly string[], ownEnv: Readonly<Record<string, string>> = {}): void {
  const env = { ...process.env, ...ownEnv, NODE_TEST_CONTEXT: undefined } // it is a run of its own
  const { status, stdout } = spawnSync(program, args, { env, encoding: 'utf8' })
  assert.equal(status, 0, stdout)
}

async function openFixture(busybox = '/bin/busybox'): Promise<ExecutorFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-executor-'))
  let roots = 0
  return {
    executor: await createCrunExecutor({ stateFolder: join(folder, 'state'), isStatePrivate: true, cacheFolder: folder, environment: process.env }),
    makeRoot() {
      const root = join(folder, `root-${(roots += 1)}`)
      makeBusyboxRoot(root, busybox)
      return root
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

function testEmulation(): void {
  const never = new AbortController().signal
  describe('a foreign platform', () => {
    for (const [text, debianArchitecture, machine] of FOREIGN) {
      const busybox = fetchBusybox(debianArchitecture)
      it(`${text} says ${machine}, in a child of a child, too`, { skip: busybox === undefined ? `no busybox for ${debianArchitecture}` : false }, async () => {
        await using fixture = await openFixture(busybox)
        const platform = parsePlatform(text)
        const output = await collect(fixture.executor.run(shell(fixture.makeRoot(), 'sh -c "env uname -m"', { platform }), never))
        assert.equal(output.stdout, `${machine}\n`, formatPlatform(platform))
      })
    }
    const busybox = fetchBusybox('arm64')
    it('blames the emulator for a crash', { skip: busybox === undefined ? 'no busybox for arm64' : false }, async () => {
      await using fixture = await openFixture(busybox)
      const spec = shell(fixture.makeRoot(), 'sh -c "kill -SEGV \\$\\$"; exit 139', { platform: parsePlatform('linux/arm64') })
      await assert.rejects(collect(fixture.executor.run(spec, never)), { name: 'StepFailedError', exitCode: 139, hint: /crashed under qemu-aarch64 \d/ })
    })
    const processors: readonly (readonly [sentence: string, env: string, signs: string])[] = [
      ['shows arm64 a processor whose cipher for pointers is quick', '', 'its own cipher'],
      ['shows arm64 the processor that the step asks for', 'QEMU_CPU=cortex-a57', 'none'],
    ]
    for (const [sentence, env, signs] of processors) {
      it(sentence, { skip: busybox === undefined ? 'no busybox for arm64' : false }, async () => {
        await using fixture = await openFixture(busybox)
        const root = fixture.makeRoot()
        writeFileSync(join(root, 'cipher'), CIPHER_PROGRAM, { mode: 0o755 })
        const { stdout } = await collect(fixture.executor.run(shell(root, `${env} /cipher one "two words"; case $? in 0) echo none;; *) echo its own cipher;; esac; cat /proc/self/cmdline | tr '\\0' ' '`, { platform: parsePlatform('linux/arm64') }), never))
        assert.equal(stdout, `${signs}\ncat /proc/self/cmdline `)
      })
    }
  })
}
