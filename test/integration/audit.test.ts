import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeLinkedElf } from '../../src/audit/elf/linkedElf.suite.ts'
import { BASE_PLATFORMS, missingForBuilds, pushBaseImage } from '../support/baseImage.ts'
import { DEBIAN_PLATFORMS, fetchDebianRoot } from '../support/debianRoots.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/dockerRegistry.ts'
import { openPelago, type CommandResult, type ContextFiles, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { writeTarLayout, type TarImage } from '../support/tarLayout.ts'

interface AuditJson {
  readonly image: string
  readonly digest: string
  readonly platforms: readonly {
    readonly platform: string
    readonly counts: Readonly<Record<'error' | 'warning' | 'note', number>>
    readonly judgedFiles: number
    readonly base: { readonly known: string; readonly layers: number | null }
    readonly findings: readonly { readonly severity: string; readonly rule: string; readonly path: string; readonly layer: { readonly index: number; readonly step: string; readonly isBase: boolean | null } | null }[]
  }[]
}

function parse({ stdout }: CommandResult): AuditJson {
  return JSON.parse(stdout) as AuditJson
}

/** A real program of Go, static, for amd64 on a machine of that kind. */
const ESBUILD = fileURLToPath(new URL(`../../node_modules/@esbuild/linux-${process.arch}/bin/esbuild`, import.meta.url))
const OTHER = process.arch === 'x64' ? 'arm64' : 'amd64'

describe('pelago audit of a Debian of seven architectures', { skip: missing('mmdebstrap') }, () => {
  it('finds no error and nothing to warn of', async (t) => {
    const images: TarImage[] = []
    for (const [platform, architecture] of DEBIAN_PLATFORMS) {
      const root = await fetchDebianRoot(architecture)
      if (root === undefined) {
        t.skip(`packages for ${architecture} cannot be had`)
        return
      }
      images.push({ platform, layers: [root], config: { cmd: ['bash'] } })
    }
    await using pelago = await openPelago()
    const folder = await mkdtemp(join(homedir(), '.cache/pelago-test/layout-')) // where the roots are, since it links to them
    try {
      await writeTarLayout(folder, images)
      const { platforms } = parse(await pelago.succeed(['audit', '--strict', '--format', 'json', folder]))
      assert.deepEqual(platforms.map(({ platform, counts: { error, warning } }) => `${platform} ${error} ${warning}`), [...DEBIAN_PLATFORMS.keys()].map((platform) => `${platform} 0 0`))
      for (const { judgedFiles, findings } of platforms) {
        assert.ok(judgedFiles > 500)
        assert.ok(findings.some(({ rule, path }) => rule === 'SetuidFile' && path.endsWith('/bin/su')))
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('pelago audit', { skip: missingForBuilds(), concurrency: false }, () => {
  let registry: DockerRegistry
  let pelago: Pelago
  let base: string
  before(async () => {
    registry = await startDockerRegistry()
    pelago = await openPelago()
    base = await pushBaseImage(pelago, registry.host)
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  const build = async (files: ContextFiles, ...args: readonly string[]): Promise<void> => {
    const context = await pelago.context(files)
    for (const [path, content] of Object.entries(files)) if (typeof content !== 'string') await chmod(join(context, path), 0o755)
    await pelago.succeed(['build', '-q', ...args, context])
  }
  const wrongDockerfile = (): string => `FROM ${base}\nCOPY tool /usr/bin/\nENTRYPOINT ["tool"]\n`

  it('finds nothing in busybox, in a registry and with all its platforms', async () => {
    const { stdout, exitCode } = await pelago.run(['audit', '--strict', base])
    assert.equal(exitCode, 0)
    for (const platform of BASE_PLATFORMS) assert.match(stdout, new RegExp(`^${platform}  (?:clean|\\d+ notes?)  `, 'm'))
  })

  it('finds a program of Go for another architecture, wherever the image is', async () => {
    const archive = join(pelago.folder, 'app.tar')
    const layout = join(pelago.folder, 'app-layout')
    await mkdir(dirname(archive), { recursive: true })
    const files = { Dockerfile: wrongDockerfile(), tool: readFileSync(ESBUILD) }
    await build(files, '--platform', 'linux/amd64,linux/arm64', '-t', `${registry.host}/wrong:1`, '--output', 'type=registry', '--output', 'type=image', '--output', `type=oci,dest=${archive}`, '--output', `type=oci,tar=false,dest=${layout}`)
    for (const image of [`${registry.host}/wrong:1`, archive, layout]) {
      const result = await pelago.run(['audit', '--format', 'json', image])
      assert.equal(result.exitCode, 1, result.stderr)
      const found = parse(result).platforms.map(({ platform, findings }) => [platform, ...findings.filter(({ severity }) => severity !== 'note').map(({ severity, rule, path, layer }) => `${severity} ${rule} ${path} ${layer?.index} ${layer?.step}`)])
      const wanted = [[`linux/${OTHER}`, 'error ProgramWrongArchitecture /usr/bin/tool 1 COPY tool /usr/bin/'], [`linux/${OTHER === 'arm64' ? 'amd64' : 'arm64'}`]]
      assert.deepEqual(found.toSorted(), wanted.toSorted())
    }
    const own = await pelago.run(['audit', '--platform', `linux/${OTHER === 'arm64' ? 'amd64' : 'arm64'}`, `${registry.host}/wrong:1`])
    assert.equal(own.exitCode, 0, own.stdout)
    const shown = await pelago.run(['audit', `${registry.host}/wrong:1`])
    assert.match(shown.stdout, /error {4}\/usr\/bin\/tool is what the image starts \(ENTRYPOINT\), and is for .*: exec format error \[ProgramWrongArchitecture\]\n +layer 2.*: COPY tool \/usr\/bin\/\n +→ /)
  })

  it('tells the base apart, and says what it was asked to', async () => {
    const files = { Dockerfile: `FROM ${base}\nCOPY tool x.py /usr/bin/\nRUN chmod 4755 /usr/bin/tool\n`, tool: makeLinkedElf({ architecture: 'amd64', loader: '/lib64/ld-linux-x86-64.so.2', needed: ['libc.so.6'] }), 'x.py': '#!/usr/bin/python3\n' }
    await build(files, '--platform', 'linux/amd64', '-t', 'local:1')
    const known = parse(await pelago.run(['audit', '--format', 'json', '--base', base, 'local:1'])).platforms[0]
    assert.deepEqual([known?.base, known?.findings.map(({ severity, rule, layer }) => `${severity} ${rule} ${layer?.isBase}`)], [{ known: 'given', layers: 1 }, ['error LoaderMissing false', 'note SetuidFile false']])
    const refused = await pelago.run(['audit', '--base', `${registry.host}/wrong:1`, 'local:1'])
    assert.equal(refused.exitCode, 1)
    assert.match(refused.stderr, /does not begin with the layers of --base/)
    const notes = await pelago.run(['audit', '--severity', 'note', 'local:1'])
    assert.match(notes.stdout, /note {5}\/usr\/bin\/tool is setuid \(4755\) \[SetuidFile\]/)
    assert.doesNotMatch((await pelago.run(['audit', '--severity', 'error', 'local:1'])).stdout, /SetuidFile/)
  })

  it('fails on warnings with --strict, and on notes where asked to', async () => {
    await build({ Dockerfile: `FROM ${base}\nRUN printf '#!/usr/bin/python3' > /usr/bin/x.py && chmod 755 /usr/bin/x.py && chmod u+s /bin/busybox\n` }, '--platform', 'linux/amd64', '-t', 'local:2')
    const codes = []
    for (const args of [[], ['--strict'], ['--fail-on', 'warning'], ['--fail-on', 'note', '--severity', 'error']]) codes.push((await pelago.run(['audit', ...args, 'local:2'])).exitCode)
    assert.deepEqual(codes, [0, 1, 1, 1])
  })

  it('lets no name of a file draw on the terminal', async () => {
    await build({ Dockerfile: `FROM ${base}\nCOPY tool /tool\nRUN mv /tool "$(printf '/usr/bin/a\\033[31mb\\nc')"\n`, tool: makeLinkedElf({ architecture: OTHER, type: 2 }) }, '--platform', `linux/${OTHER === 'arm64' ? 'amd64' : 'arm64'}`, '-t', 'local:3')
    const { stdout } = await pelago.run(['audit', 'local:3'])
    assert.match(stdout, /error {4}\/usr\/bin\/abc is for /)
  })

  const refusals: readonly (readonly [args: readonly string[], exitCode: number, message: RegExp])[] = [
    [[], 2, /takes 1 argument/],
    [['--severity', 'bad', 'x'], 2, /choose one of error, warning, note/],
    [['--platform', 'linux/s390x/x/y', 'x'], 2, /invalid --platform/],
    [['./nowhere'], 1, /no OCI layout and no archive at \.\/nowhere/],
  ]
  for (const [args, exitCode, message] of refusals) {
    it(`refuses ${args.join(' ') || 'to guess what image is meant'}`, async () => {
      const result = await pelago.run(['audit', ...args])
      assert.equal(result.exitCode, exitCode)
      assert.match(result.stderr, message)
    })
  }
})
