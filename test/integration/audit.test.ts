import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http2'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeLinkedElf } from '../../src/audit/elf/linkedElf.suite.ts'
import { BASE_PLATFORMS, missingForBuilds } from '../support/images/baseImage.ts'
import { DEBIAN_PLATFORMS, fetchDebianRoot, missingForDebianRoots } from '../support/images/debianRoots.ts'
import { type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { openPelago, type CommandResult, type ContextFiles, type Pelago } from '../support/pelago.ts'
import { writeTarLayout, type TarImage } from '../support/images/tarLayout.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

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

describe('pelago audit of a Debian of seven architectures', { skip: missingForDebianRoots() }, () => {
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
  let workbench: Workbench
  let registry: DockerRegistry
  let pelago: Pelago
  let base: string
  before(async () => {
    ({ registry, pelago, base } = workbench = await openWorkbench())
  })
  after(() => workbench[Symbol.asyncDispose]())

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

  describe('of what is built', () => {
    const wrong = { architecture: OTHER, type: 2 } as const
    const own = process.arch === 'x64' ? 'amd64' : 'arm64'
    const contextOf = async (dockerfile: string): Promise<string> => {
      const context = await pelago.context({ Dockerfile: `FROM ${base}\n${dockerfile}`, tool: makeLinkedElf(wrong) })
      await chmod(join(context, 'tool'), 0o755)
      return context
    }
    const message = new RegExp(`linux/${own}: /usr/bin/tool is for ${OTHER} .*, and the image for linux/${own} → build or download it .* \\(Dockerfile:3\\)\n +3 \\| COPY tool /usr/bin/`)
    const platform = ['--platform', `linux/${own}`]

    it('warns with the step that brought the file, each time, and tells it in the metadata', async () => {
      const context = await contextOf('WORKDIR /usr\nCOPY tool /usr/bin/\nRUN true\n')
      const metadata = join(pelago.folder, 'metadata.json')
      for (const round of ['built', 'cached']) {
        const { stderr } = await pelago.succeed(['build', '--progress', 'plain', ...platform, '-t', 'built:1', '--metadata-file', metadata, context])
        assert.match(stderr, message, round)
        const { audit } = JSON.parse(readFileSync(metadata, 'utf8')) as { readonly audit: { readonly platforms: readonly { readonly platform: string; readonly unreadLayers: number; readonly findings: readonly { readonly severity: string; readonly rule: string; readonly path: string; readonly line: number }[] }[] } }
        assert.deepEqual(audit.platforms.map((found) => [found.platform, found.unreadLayers, found.findings.filter(({ severity }) => severity !== 'note').map(({ rule, path, line }) => `${rule} ${path} ${line}`)]), [[`linux/${own}`, 0, ['WrongArchitecture /usr/bin/tool 3']]])
      }
      const raw = await pelago.succeed(['build', '--progress', 'rawjson', ...platform, context])
      const warnings = raw.stderr.split('\n').filter((line) => line.includes('"warnings"')).map((line) => (JSON.parse(line) as { readonly warnings: readonly { readonly short: string; readonly range: readonly { readonly start: { readonly line: number } }[] }[] }).warnings[0])
      assert.ok(warnings.some((warning) => warning?.range[0]?.start.line === 3 && Buffer.from(warning.short, 'base64').toString().includes('/usr/bin/tool is for')))
      assert.doesNotMatch((await pelago.succeed(['build', '--progress', 'plain', '--audit=off', ...platform, context])).stderr, /usr\/bin\/tool is for/)
    })

    it('lets nothing out with --audit=error', async () => {
      const context = await contextOf('WORKDIR /usr\nCOPY tool /usr/bin/\n')
      const folder = join(pelago.folder, 'out')
      const archive = join(pelago.folder, 'out.tar')
      for (const output of [['-t', `${registry.host}/refused:1`, '--push'], ['-t', 'refused:1'], ['-o', `type=oci,dest=${archive}`], ['-o', `type=local,dest=${folder}`], ['-o', `type=tar,dest=${archive}`], ['-o', 'type=cacheonly']]) {
        const { exitCode, stderr } = await pelago.run(['build', '--progress', 'plain', '--audit=error', ...platform, ...output, context])
        assert.equal(exitCode, 1, stderr)
        assert.match(stderr, message)
        assert.match(stderr, new RegExp(`ERROR: the audit found an error: linux/${own}: /usr/bin/tool is for`))
      }
      assert.deepEqual([existsSync(archive), existsSync(folder) ? readdirSync(folder) : []], [false, []])
      assert.equal((await pelago.run(['manifest', 'inspect', `${registry.host}/refused:1`])).exitCode, 1)
      assert.doesNotMatch((await pelago.succeed(['image', 'ls'])).stdout, /refused/)
    })

    it('does not fetch a base image for a warning, and says so; --audit=error fetches it', async () => {
      const store = { PELAGO_ROOT: join(pelago.folder, 'fresh') }
      const context = await contextOf('ENTRYPOINT ["nowhere"]\n')
      const args = ['build', '--progress', 'plain', ...platform, '-t', `${registry.host}/lazy:1`, '--push', context]
      const warned = await pelago.succeed(args, { env: store })
      assert.match(warned.stdout, /audit {2}layers that were never pulled were not looked into: --audit=error fetches them/)
      assert.doesNotMatch(warned.stderr, /warning|audit linux/)
      const refused = await pelago.run([...args, '--audit=error'], { env: store })
      assert.equal(refused.exitCode, 1)
      assert.match(refused.stderr, /#\d+ audit linux/)
      assert.match(refused.stderr, /the image starts "nowhere" \(ENTRYPOINT\), which is not in the image/)
    })

    it('tells what the base image alone does wrong as a note', async () => {
      await pelago.succeed(['build', '-q', ...platform, '-t', 'faulty:1', await contextOf('COPY tool /usr/bin/\n')])
      const context = await pelago.context({ Dockerfile: 'FROM faulty:1\nCOPY x /x\n', x: 'x' })
      const { stderr } = await pelago.succeed(['build', '--progress', 'plain', '--audit=error', ...platform, '-t', 'on-faulty:1', context])
      assert.doesNotMatch(stderr, /warning/)
    })

    it('refuses an engine that makes no audit, where one is asked for', async () => {
      const bare = createServer() // any BuildKit, to this question: it knows no such service
      bare.on('stream', (stream) => stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true }))
      const socket = join(pelago.folder, 'buildkit.sock')
      await new Promise<void>((resolve) => void bare.listen(socket, resolve))
      try {
        const { exitCode, stderr } = await pelago.run(['build', '--builder', `unix://${socket}`, '--audit=error', await contextOf('')])
        assert.deepEqual([exitCode, stderr.split('\n')[0]], [2, 'ERROR: --audit needs Pelago\'s own engine, and this builder is a BuildKit'])
      } finally {
        bare.close()
      }
    })

    it('refuses a mode that there is not', async () => {
      const { exitCode, stderr } = await pelago.run(['build', '--audit=maybe', '.'])
      assert.equal(exitCode, 2)
      assert.match(stderr, /choose one of error, warn, off/)
    })
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
