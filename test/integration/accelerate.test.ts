import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { fetchDebianRoot } from '../support/images/debianRoots.ts'
import { makeTwinRoot } from '../support/images/twinRoots.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'

const ROOTS = ['amd64', 'arm64', 's390x'] as const
const FOREIGN = 'linux/arm64,linux/s390x'
const STEP = 'RUN readlink /proc/self/exe > /self; for i in 1 2 3; do ls /usr/bin | sed s/a/b/ | sort | gzip -9n > /z$i; done; mkdir -p /d/e; ln -s x /d/y; cp -a /var/lib/dpkg/info /d/e; chown 33:44 /z1; chmod 4750 /z2'

/** `--accelerate` from the command to the image, over small Debians whose tools have real twins. */
describe('an accelerated build', { skip: process.arch === 'x64' ? missingForBuilds('mmdebstrap', 'tar') : 'the siblings of the tests are for amd64' }, () => {
  let pelago: Pelago
  let hasRoots = true
  before(async () => {
    pelago = await openPelago()
    const folder = await pelago.context({ Dockerfile: 'FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /\n' })
    for (const architecture of ROOTS) {
      const tar = await fetchDebianRoot(architecture)
      if (tar === undefined) hasRoots = false
      else makeTwinRoot(join(folder, architecture), tar)
    }
    if (hasRoots) {
      appendFileSync(join(folder, 'arm64/var/lib/dpkg/status'), '\nPackage: gcc-14\nStatus: install ok installed\nVersion: 14.2.0-19\n')
      breakPackages(join(folder, 'amd64'))
    }
    if (hasRoots) await pelago.succeed(['build', '--audit=off', '--platform', `linux/amd64,${FOREIGN}`, '-o', 'type=image,name=tools,compression=uncompressed', folder])
  })
  after(() => pelago[Symbol.asyncDispose]())

  const build = async (text: string, ...flags: readonly string[]): Promise<string> => {
    const { stderr } = await pelago.succeed(['build', '--audit=off', '--progress=plain', ...flags, await pelago.context({ Dockerfile: text })])
    return stderr
  }
  const used = (log: string): readonly string[] => [...log.matchAll(/^#\d+ (with(?:out)? twins: .*)$/gm)].map(([, text = '']) => text)

  it('runs tools natively, and verifies that the result is the one without', async (context) => {
    if (!hasRoots) return void context.skip('no Debian root to be had')
    const log = await build(`FROM tools\n${STEP.replace('readlink /proc/self/exe > /self; ', '')}`, '--accelerate=verify', '--platform', FOREIGN)
    assert.equal(used(log).length, 2, log)
    for (const text of used(log)) assert.match(text, /^with twins: [1-9]\d* of \d+ processes ran natively$/)
    assert.equal(log.match(/verified: the same with native twins and without$/gm)?.length, 2, log)
  })
  it('has a result of its own, that is made again by none but the same mode, and that plan, history and provenance tell of', async (context) => {
    if (!hasRoots) return void context.skip('no Debian root to be had')
    const text = `FROM tools\n${STEP}\nRUN cat /self`
    const flags = ['--platform', 'linux/amd64,linux/arm64'] as const
    const log = await build(text, '--accelerate', '--provenance=mode=max', ...flags)
    assert.equal(used(log).length, 2, log)
    assert.match(log, / \/\S*ld-linux-x86-64\S*$/m, 'a twin is started by the sibling\'s loader')
    assert.doesNotMatch(await build(text, '--accelerate', ...flags), /twins|emulated by/, 'cached')
    const plain = await build(text, ...flags)
    assert.match(plain, /emulated by qemu-aarch64/)
    assert.deepEqual(used(plain), [])
    const { stdout } = await pelago.succeed(['plan', '--no-cache', '--accelerate', '--platform', 'linux/arm64', await pelago.context({ Dockerfile: text })])
    assert.match(stdout, /emulated by qemu-aarch64, with twins/)
    assert.match(stdout, /^Twins: 2 emulated steps have native twins/m)
    const history = (await pelago.succeed(['history', 'inspect', '^2'])).stdout
    assert.match(history, /^Accelerated: +on$/m)
    assert.match(history, /RUN cat \/self +linux\/arm64 .*emulated by qemu-aarch64, with twins: \d+ of \d+ processes ran natively$/m)
  })
  it('goes on where cross compilers cannot be fetched, and says so once, with the reason', async (context) => {
    if (!hasRoots) return void context.skip('no Debian root to be had')
    const text = 'FROM tools\nRUN true\nRUN cat /dev/null'
    const flags = ['--accelerate=toolchain', '--platform', 'linux/arm64'] as const
    const warnings = (log: string): readonly string[] => log.match(/^ - .*(?:compilers|toolchain).*$/gm) ?? []
    const [first = '', ...others] = warnings(await build(text, ...flags))
    assert.match(first, /cross compilers for arm64 could not be fetched, so compilers are emulated: Failed to fetch http:\/\/127\.0\.0\.1:1/)
    assert.deepEqual(others, [])
    assert.deepEqual(warnings(await build('FROM tools\nRUN true', ...flags, '--network=none')), [' - without toolchain for linux/arm64: the build has no network (--network=none) to fetch cross compilers by'])
  })
})

/** So that fetching some fails at once. */
function breakPackages(root: string): void {
  symlinkSync('mawk', join(root, 'usr/bin/awk'))
  for (const folder of ['etc/apt/apt.conf.d', 'var/lib/apt/lists/partial', 'var/cache/apt/archives/partial']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'etc/apt/sources.list'), 'deb [trusted=yes] http://127.0.0.1:1/ x main\n')
}
