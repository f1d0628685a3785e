import assert from 'node:assert/strict'
import { readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { runCommand, type CommandResult, openPelago, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { type FileServer, startFileServer } from '../support/servers/fileServer.ts'
import { type GitServer, startGitServer } from '../support/servers/gitServer.ts'

interface Printed {
  readonly target: Readonly<Record<string, { readonly context: string; readonly tags?: readonly string[]; readonly contexts?: Readonly<Record<string, string>>; readonly args?: Readonly<Record<string, string>> }>>
}

const DEFINITION = 'target "default" {\n  args = { place = BAKE_CMD_CONTEXT }\n}\ntarget "sub" {\n  context = "./sub"\n  contexts = { here = "cwd://x", other = "other", image = "docker-image://x" }\n}\n'

describe('bake of a definition that is elsewhere', { skip: missing('git', 'tar', 'crun') }, () => {
  let git: GitServer
  let files: FileServer
  let pelago: Pelago
  before(async () => {
    git = await startGitServer()
    files = await startFileServer()
    pelago = await openPelago()
    await git.commit('app', { 'docker-bake.hcl': DEFINITION, 'docker-bake.override.json': '{ "target": { "default": { "tags": ["override"] } } }', 'deep/x.hcl': 'target "default" {\n  tags = ["deep"]\n}\n', 'deep/docker-bake.hcl': 'target "default" {\n}\n', '.dockerignore': '*\n', 'other/x': '' })
    const folder = await pelago.context({ 'docker-bake.hcl': DEFINITION })
    const { exitCode } = await runCommand(['tar', '-czf', join(folder, 'x.tgz'), '-C', folder, 'docker-bake.hcl'])
    assert.equal(exitCode, 0)
    files.files.set('/x.tgz', { content: await readFile(join(folder, 'x.tgz')) })
    files.files.set('/one.hcl', { content: 'target "default" {\n  context = "sub"\n}\n' })
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await git[Symbol.asyncDispose]()
    await files[Symbol.asyncDispose]()
  })

  const print = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Printed['target']> => {
    const { stdout } = await pelago.succeed(['bake', '--print', ...args], { env })
    return (JSON.parse(stdout) as Printed).target
  }

  it('reads a git repository, whose places contexts then are', async () => {
    const url = `${git.url}/app.git`
    const target = await print([url, 'default', 'sub'])
    assert.deepEqual(target['default'], { context: url, dockerfile: 'Dockerfile', args: { place: 'cwd://' }, tags: ['override'] })
    assert.deepEqual([target['sub']?.context, target['sub']?.contexts], [`${url}#:sub`, { here: 'cwd://x', other: `${url}#:other`, image: 'docker-image://x' }])
  })

  it('reads a folder of a branch, and names contexts in it', async () => {
    const { sub } = await print([`${git.url}/app.git#main:deep`, '-f', 'x.hcl', '--set', 'default.context=a/../b', 'default']).then((target) => ({ sub: target['default'] }))
    assert.deepEqual([sub?.context, sub?.tags], [`${git.url}/app.git#main:deep/b`, ['deep']])
  })

  it('takes a second address for the context of the command, and files of here on top', async () => {
    const folder = await pelago.context({ 'own.hcl': 'target "default" {\n  tags = ["own"]\n}\n' })
    const { stdout } = await pelago.succeed(['bake', '--print', '-f', 'docker-bake.hcl', '-f', 'cwd://own.hcl', `${git.url}/app.git`, 'https://example.com/other.git'], { cwd: folder })
    const target = (JSON.parse(stdout) as Printed).target['default']
    assert.deepEqual([target?.tags, target?.args], [['own'], { place: 'https://example.com/other.git' }])
  })

  it('reads an archive, and a file by itself', async () => {
    assert.equal((await print([`${files.url}/x.tgz`]))['default']?.context, `${files.url}/x.tgz`)
    assert.equal((await print([`${files.url}/one.hcl`]))['default']?.context, 'sub')
    assert.equal((await pelago.succeed(['history', 'ls', '--format', '{{.Ref}}'])).stdout, '', 'reading is no build of the user')
  })

  it('lets a Compose file of it read files of here in the working folder, and others where that is granted', async () => {
    const folder = await pelago.context({ 'common.yaml': 'services:\n  common:\n    build: { context: ., args: { A: here } }\n' })
    const outside = join(await pelago.context({ 'common.yaml': 'services:\n  common:\n    build: { context: ., args: { A: outside } }\n' }), 'common.yaml')
    const compose = (path: string): string => `services:\n  app:\n    extends: { file: ${path}, service: common }\n`
    await git.commit('near', { 'compose.yaml': compose('common.yaml') })
    await git.commit('far', { 'compose.yaml': compose(outside) })
    const argsOf = ({ stdout }: CommandResult): unknown => (JSON.parse(stdout) as Printed).target['app']?.args
    assert.deepEqual(argsOf(await pelago.succeed(['bake', '--print', `${git.url}/near.git`], { cwd: folder })), { A: 'here' })
    const refused = await pelago.run(['bake', '--print', `${git.url}/far.git`], { cwd: folder })
    assert.equal(refused.exitCode, 2)
    assert.match(refused.stderr, new RegExp(`if you trust it, pass --allow=fs\\.read=${outside}`))
    assert.deepEqual(argsOf(await pelago.succeed(['bake', '--print', '--allow', `fs.read=${outside}`, `${git.url}/far.git`], { cwd: folder })), { A: 'outside' })
  })

  it('reads a repository that asks for a login', async () => {
    git.authorization = `basic ${Buffer.from('x-access-token:t0ken').toString('base64')}`
    await git.commit('closed', { 'docker-bake.json': '{ "target": { "default": {} } }' })
    const refused = await pelago.run(['bake', '--print', `${git.url}/closed.git`])
    const target = await print([`${git.url}/closed.git`], { BUILDX_BAKE_GIT_AUTH_TOKEN: 't0ken' })
    git.authorization = undefined
    assert.equal(refused.exitCode, 1)
    assert.equal(target['default']?.context, `${git.url}/closed.git`)
  })

  const refused: readonly (readonly [name: string, args: () => readonly string[], message: RegExp])[] = [
    ['a file that is not in it', () => ['-f', 'nope.hcl', `${git.url}/app.git`], /there is no nope\.hcl in/],
    ['a folder of an archive', () => [`${files.url}/x.tgz`, 'sub'], /a folder of an archive, which is not supported yet/],
    ['a folder without a definition', () => [`${git.url}/app.git#main:other`], /there is no bake definition in http/],
    ['a pattern', () => ['-f', '*.hcl', `${git.url}/app.git`], /cannot read "\*\.hcl" of a remote definition/],
  ]
  for (const [name, args, message] of refused) {
    it(`refuses ${name}`, async () => {
      const { exitCode, stdout, stderr } = await pelago.run(['bake', '--print', ...args()])
      assert.notEqual(exitCode, 0)
      assert.equal(stdout, '')
      assert.match(stderr, message)
    })
  }
})

describe('what a bake definition is granted', () => {
  let pelago: Pelago
  let folder: string
  before(async () => {
    pelago = await openPelago()
    folder = await pelago.context({
      'docker-bake.hcl': [
        'target "beside" {', '  context = "../beside"', '}',
        'target "linked" {', '  context = "link"', '}',
        'target "lent" {', '  ssh = ["default"]', '  secret = ["id=a,src=/etc/hostname"]', '  network = "host"', '}',
        'target "out" {', '  output = ["type=local,dest=../out"]', '}', '',
      ].join('\n'),
    })
    await symlink('/etc', join(folder, 'link'))
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
  })

  const bake = async (...args: readonly string[]): Promise<CommandResult> => await pelago.run(['bake', ...args], { cwd: folder })
  const refused: readonly (readonly [target: string, flags: RegExp, lines: readonly string[]])[] = [
    ['beside', /pass --allow=fs\.read=\S+\/beside$/m, ['target beside: context']],
    ['linked', /pass --allow=fs\.read=\/etc$/m, ['reading /etc (target linked: context)']],
    ['lent', /pass --allow=network\.host --allow=fs\.read=\/etc\/hostname --allow=ssh$/m, ['steps on the network of this machine (target lent: entitlements)', 'your ssh agent (target lent: ssh default)']],
    ['out', /pass --allow=fs\.write=\S+\/out$/m, ['target out: output']],
  ]
  for (const [target, flags, lines] of refused) {
    it(`is not what ${target} asks for, without a terminal`, async () => {
      const { exitCode, stderr } = await bake(target)
      assert.equal(exitCode, 2)
      assert.match(stderr, /the definition asks for more than it may have/)
      assert.match(stderr, flags)
      for (const line of lines) assert.ok(stderr.includes(line), stderr)
    })
  }

  it('is not looked at for --print', async () => {
    const { exitCode } = await bake('--print', 'lent')
    assert.equal(exitCode, 0)
  })

  const granted: readonly (readonly [name: string, args: readonly string[]])[] = [
    ['by --allow', ['beside', '--allow', 'fs.read=..']],
    ['by --allow of everything', ['out', '--allow', 'fs=*']],
    ['by --allow of each', ['lent', '--allow', 'network.host', '--allow', 'ssh', '--allow', 'fs.read=/etc']],
    ['by --set', ['out', '--set', 'out.output=type=local,dest=../out']],
  ]
  for (const [name, args] of granted) {
    it(`is told ${name}`, async () => {
      const { stderr } = await bake(...args)
      assert.doesNotMatch(stderr, /more than it may have/)
    })
  }

  it('is not of files where the environment says so', async () => {
    const { stderr } = await pelago.run(['bake', 'beside'], { cwd: folder, env: { BUILDX_BAKE_ENTITLEMENTS_FS: '0' } })
    assert.doesNotMatch(stderr, /more than it may have/)
  })
})
