import assert from 'node:assert/strict'
import { access, constants, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { elfIdentityOf } from '../../src/archive/elf/elfMachine.ts'
import { makeElf } from '../../src/archive/elf/madeElf.suite.ts'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { type Pelago } from '../support/pelago.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

const AMD64 = elfIdentityOf('amd64') ?? assert.fail()
const GLIBC_LOADER = '/lib64/ld-linux-x86-64.so.2'

/** What the context holds; all of it is executable. */
const FILES = {
  'bin/glibc': makeElf({ ...AMD64, interpreter: GLIBC_LOADER }),
  'bin/windows.sh': '#!/bin/sh\r\necho hello\r\n',
  'bin/empty': '',
  'bin/page': '<!DOCTYPE html>\n<p>not found',
  'bin/text': 'echo hello\n',
  'bin/bash.sh': '#!/usr/bin/env bash\n',
}

/** Programs of the machine that builds need; QEMU is none of them. */
const WITHOUT_QEMU = ['crun', 'sh', 'cat', 'env', 'find', 'dirname', 'readlink', 'uname', 'mount', 'unshare', 'newuidmap', 'newgidmap']

interface Case {
  readonly name: string
  readonly steps: readonly string[]
  readonly platform: string
  /** Whether QEMU is installed. */
  readonly emulates: boolean
  readonly error: RegExp
  readonly hint: RegExp
}

const TOOL_FOR_ARM = 'COPY --from=arm /bin/busybox /bin/tool'
const FOREIGN = /\/bin\/tool is for linux\/arm64 \(AArch64\), and this runs on linux\/amd64: .*\$TARGETARCH is amd64; to run it as it is: .*install.*qemu/

const CASES: readonly Case[] = [
  { name: 'a foreign program, from a shell that takes it for a script', steps: [TOOL_FOR_ARM, 'RUN /bin/tool true'], platform: 'linux/amd64', emulates: false, error: /exit code: 2/, hint: FOREIGN },
  { name: 'a foreign program of the exec form', steps: [TOOL_FOR_ARM, 'RUN ["tool", "true"]'], platform: 'linux/amd64', emulates: false, error: /exec: "tool": exec format error/, hint: FOREIGN },
  { name: 'a program of the machine in an emulated image', steps: ['RUN glibc'], platform: 'linux/arm64', emulates: true, error: /exit code: 127/, hint: /\/bin\/glibc is for linux\/amd64 \(x86-64\), and this runs on linux\/arm64: .*\$TARGETARCH is arm64$/ },
  { name: 'a program of glibc without it', steps: ['RUN ["/bin/glibc"]'], platform: 'linux/amd64', emulates: true, error: /exec: "\/bin\/glibc": it is in the image, but cannot be executed/, hint: /its loader \/lib64\/ld-linux-x86-64\.so\.2 \(glibc\) is not in the image: install/ },
  { name: 'a program of glibc where musl is', steps: ['COPY bin/text /lib/ld-musl-x86_64.so.1', 'RUN cd /bin && ./glibc'], platform: 'linux/amd64', emulates: true, error: /exit code: 127/, hint: /\(glibc\) is not in the image, whose C library is musl: use a build for musl/ },
  { name: 'a script with Windows line ends', steps: ['RUN windows.sh'], platform: 'linux/amd64', emulates: true, error: /exit code: 127/, hint: /\/bin\/windows\.sh has Windows line ends.*"\/bin\/sh\\r": sed -i/ },
  { name: 'a script with Windows line ends, emulated', steps: ['RUN ["windows.sh"]'], platform: 'linux/arm64', emulates: true, error: /cannot be executed/, hint: /has Windows line ends/ },
  { name: 'a script whose interpreter env does not find', steps: ['RUN ["/bin/bash.sh"]'], platform: 'linux/amd64', emulates: true, error: /exit code: 127/, hint: /\/bin\/bash\.sh asks for the interpreter "bash", which is not on PATH \(/ },
  { name: 'an empty file', steps: ['RUN ["/bin/empty"]'], platform: 'linux/amd64', emulates: true, error: /exec format error/, hint: /\/bin\/empty is empty: look at the step that made it/ },
  { name: 'an HTML page, emulated', steps: ['RUN page'], platform: 'linux/arm64', emulates: true, error: /exit code: 2/, hint: /\/bin\/page is an HTML page/ },
  { name: 'a text of the exec form', steps: ['RUN ["/bin/text"]'], platform: 'linux/amd64', emulates: true, error: /exec format error/, hint: /\/bin\/text is a text without #!/ },
]

describe('a file that cannot be executed', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  let base: string
  let withoutQemu: string
  before(async () => {
    ({ pelago, base } = workbench = await openWorkbench())
    withoutQemu = join(pelago.folder, 'without-qemu')
    await mkdir(withoutQemu)
    const folders = (process.env['PATH'] ?? '').split(':')
    for (const program of WITHOUT_QEMU) {
      const found = (await Promise.all(folders.map((folder) => isThere(join(folder, program))))).indexOf(true)
      if (found >= 0) await symlink(join(folders[found] ?? '', program), join(withoutQemu, program))
    }
  })
  after(() => workbench[Symbol.asyncDispose]())

  const contextOf = (steps: readonly string[]): Promise<string> =>
    pelago.context({ ...FILES, Dockerfile: [`FROM --platform=linux/arm64 ${base} AS arm`, `FROM ${base}`, 'COPY --chmod=755 bin/ /bin/', ...steps, ''].join('\n') })
  const envOf = (emulates: boolean): Record<string, string> => (emulates ? {} : { PATH: withoutQemu, PELAGO_NODE: process.execPath, PELAGO_NS_TEST: 'without QEMU' })

  for (const { name, steps, platform, emulates, error, hint } of CASES) {
    it(`is explained: ${name}`, async () => {
      const { exitCode, stderr } = await pelago.run(['build', '--progress=plain', '--platform', platform, await contextOf(steps)], { env: envOf(emulates) })
      assert.equal(exitCode, 1, stderr)
      assert.match(stderr, new RegExp(`^ERROR: .*${error.source}`, 'm'))
      assert.match(stderr, new RegExp(`^hint: .*${hint.source}`, 'm'))
      assert.doesNotMatch(stderr, /exec container process/)
    })
  }

  it('is explained to who runs a container or tests an image, and to who looks into a failed step', async () => {
    await pelago.succeed(['build', '-q', '-t', 'app', await contextOf([])])
    const failing = await pelago.run(['run', 'app', 'sh', '-c', 'windows.sh'])
    assert.deepEqual([failing.exitCode, failing.stdout], [127, ''])
    assert.match(failing.stderr, /^sh: windows\.sh: not found\nhint: \/bin\/windows\.sh has Windows line ends.*\n$/)
    const tested = await pelago.run(['test', '--platform', 'linux/amd64', 'app', '--', 'sh', '-c', 'windows.sh'])
    assert.match(tested.stdout + tested.stderr, /^hint: \/bin\/windows\.sh has Windows line ends/m)
    const refused = await pelago.run(['run', 'app', '/bin/empty'])
    assert.match(refused.stderr, /^ERROR: exec: "\/bin\/empty": exec format error\nhint: \/bin\/empty is empty/)
    await pelago.run(['build', await contextOf(['RUN false'])])
    assert.match((await pelago.run(['debug', '--', 'sh', '-c', '/bin/page'])).stderr, /^hint: \/bin\/page is an HTML page/m)
  })
  it('is nothing to complain of where the container fails by itself', async () => {
    const { exitCode, stderr } = await pelago.run(['run', 'app', 'sh', '-c', 'echo oh >&2; exit 3'])
    assert.deepEqual([exitCode, stderr], [3, 'oh\n'])
  })
})

async function isThere(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(() => true, () => false)
}
