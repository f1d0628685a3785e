import assert from 'node:assert/strict'
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { DEBIAN_PLATFORMS, fetchDebianRoot, missingForDebianRoots, releaseOf } from '../support/images/debianRoots.ts'
import { makeTwinRoot } from '../support/images/twinRoots.ts'
import { MORE_USER_LANDS, USER_LANDS, writeUserLand, type UserLand } from '../support/images/userLands.ts'
import { createOrdinaryUser, reasonAgainstUsers } from '../support/ordinaryUser.ts'
import { openPelago, writeContext, type CommandResult, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

/**
 * What steps are verified on. For every run that is one platform; test/userlands/verify has all of them by
 * PELAGO_VERIFY_TARGETS, which names some by Debian's names, and more user lands besides.
 */
const TARGETS = process.env['PELAGO_VERIFY_TARGETS']
const LANDS = TARGETS === undefined ? USER_LANDS : [...USER_LANDS, ...MORE_USER_LANDS]
const VERIFIED: ReadonlyMap<string, string> = new Map([...DEBIAN_PLATFORMS].filter(([, debian]) => (TARGETS ?? 'arm64').split(',').includes(debian)))
const ROOTS = ['amd64', 'arm64', 's390x'] as const
const FOREIGN = 'linux/arm64,linux/s390x'
const STEP = 'RUN readlink /proc/self/exe > /self; for i in 1 2 3; do ls /usr/bin | sed s/a/b/ | sort | gzip -9n > /z$i; done; mkdir -p /d/e; ln -s x /d/y; cp -a /var/lib/dpkg/info /d/e; chown 33:44 /z1; chmod 4750 /z2'

/** `--accelerate` from the command to the image, over small Debians whose tools have real twins. */
describe('an accelerated build', { skip: process.arch === 'x64' ? missingForBuilds() || missingForDebianRoots() : 'the siblings of the tests are for amd64' }, () => {
  let pelago: Pelago
  let hasRoots = true
  before(async () => {
    pelago = await openPelago()
    const folder = await pelago.context({ Dockerfile: 'FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /\n' })
    for (const architecture of ROOTS) {
      const tar = await fetchDebianRoot(architecture, releaseOf(ROOTS))
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

  describe('is verified', () => {
    const layouts = new Map<string, string>()
    let printed = ''
    const verify = async (build: (args: readonly string[]) => Promise<CommandResult>, lands: readonly UserLand[], folder: string): Promise<string> => {
      const scripts = new Map(lands.map(({ name, script }) => [`${name}.sh`, script]))
      const context = await writeContext(folder, { Dockerfile: verification(lands), ...Object.fromEntries(scripts) })
      const contexts = lands.flatMap(({ name }) => ['--build-context', `land-${name}=oci-layout://${layouts.get(name) ?? ''}`])
      const { exitCode, stderr } = await build(['build', '--audit=off', '--progress=plain', '--accelerate=verify', '--platform', [...VERIFIED.keys()].join(','), ...contexts, context])
      assert.equal(exitCode, 0, stderr)
      return stderr
    }
    before(async () => {
      const folder = mkdtempSync(join(pelago.folder, 'lands-'))
      chmodSync(folder, 0o755)
      for (const land of LANDS) {
        const context = await writeUserLand(join(folder, land.name), land, new Map([['amd64', 'amd64'], ...[...VERIFIED].map(([platform, debian]) => [debian, platform.replace(/^linux/, '').replaceAll('/', '')] as const)]))
        if (context !== undefined) layouts.set(land.name, join(folder, `${land.name}.layout`))
      }
      const platforms = ['linux/amd64', ...VERIFIED.keys()]
      const targets = [...layouts].map(([name, layout]) => [name, { context: join(folder, name), platforms, output: [`type=oci,tar=false,dest=${layout}`] }] as const)
      const file = join(await pelago.context({ 'docker-bake.json': JSON.stringify({ group: { default: { targets: [...layouts.keys()] } }, target: Object.fromEntries(targets) }) }), 'docker-bake.json')
      if (layouts.size > 0) await pelago.succeed(['bake', '--allow=fs=*', '-f', file])
      const lands = LANDS.filter(({ name }) => layouts.has(name))
      if (lands.length > 0) printed = await verify((args) => pelago.run(args), lands, mkdtempSync(join(folder, 'root-')))
    })
    for (const land of LANDS) {
      it(`in the user land ${land.name}`, (context) => {
        if (!layouts.has(land.name)) return void context.skip(['alpine', 'applets'].includes(land.name) ? 'test/userlands/verify has not made it' : 'it cannot be had')
        assertVerified(printed, land)
      })
    }
    it('for an ordinary user', { skip: reasonAgainstUsers() || missing('useradd', 'newuidmap', 'setpriv') }, async (context) => {
      const land = LANDS.find(({ name }) => name === 'debian')
      if (land === undefined || !layouts.has(land.name)) return void context.skip('no Debian root to be had')
      chmodSync(dirname(pelago.folder), 0o755)
      await using user = createOrdinaryUser({ hasIdRange: true })
      assertVerified(await verify((args) => user.pelago(...args), [land], join(user.home, 'context')), land)
    })
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

/** A stage for each, and no more of the result than what their steps have printed. */
function verification(lands: readonly UserLand[]): string {
  const stages = lands.map(({ name }) => `FROM land-${name} AS ${name}\nCOPY ${name}.sh /script\nRUN sh /script >/printed 2>&1\n`)
  return `${stages.join('')}FROM scratch\n${lands.map(({ name }) => `COPY --from=${name} /printed /${name}\n`).join('')}`
}

/** On each platform. */
function assertVerified(log: string, { name, native }: UserLand): void {
  const steps = [...log.matchAll(/^#(\d+) \[(?:\S+ )?(\w+) 3\/3\] RUN /gm)].filter(([, , stage]) => stage === name).map(([, id]) => id)
  assert.equal(new Set(steps).size, VERIFIED.size, log)
  for (const id of steps) {
    const own = log.split('\n').filter((line) => line.startsWith(`#${id} `)).join('\n')
    if (native instanceof RegExp) assert.match(/^#\d+ without twins: (.*)$/m.exec(own)?.[1] ?? own, native)
    else {
      const [, count = '0', all = '1'] = /^#\d+ with twins: (\d+) of (\d+) processes ran natively$/m.exec(own) ?? []
      assert.ok(Number(count) / Number(all) >= native, own)
      assert.match(own, / verified: the same with native twins and without$/m)
    }
  }
}

/** So that fetching some fails at once. */
function breakPackages(root: string): void {
  symlinkSync('mawk', join(root, 'usr/bin/awk'))
  for (const folder of ['etc/apt/apt.conf.d', 'var/lib/apt/lists/partial', 'var/cache/apt/archives/partial']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'etc/apt/sources.list'), 'deb [trusted=yes] http://127.0.0.1:1/ x main\n')
}
