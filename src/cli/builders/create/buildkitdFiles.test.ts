import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse } from 'smol-toml'
import { UsageError } from '../../flags/usageError.ts'
import { readBuildkitdFiles } from './buildkitdFiles.ts'

const folder = await mkdtemp(join(tmpdir(), 'pelago-buildkitd-'))
const PLAIN = '# ours\ndebug = true\n[registry."r.example"]\n  http = true\n'
const CERTS = 'debug = true\n[registry."r.example:5000"]\nca = ["ca.pem"]\n[[registry."r.example:5000".keypair]]\nkey = "key.pem"\ncert = "FOLDER/cert.pem"\n[registry.other]\nmirrors = ["m"]\n'
before(async () => {
  const files = { 'plain.toml': PLAIN, 'certs.toml': CERTS.replace('FOLDER', folder), 'ca.pem': 'CA', 'key.pem': 'KEY', 'cert.pem': 'CERT', 'broken.toml': 'a = [', 'gone.toml': '[registry.r]\nca = ["gone.pem"]\n', 'large.toml': '' }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  await truncate(join(folder, 'large.toml'), 2 ** 21)
})
after(() => rm(folder, { recursive: true }))

describe('readBuildkitdFiles', () => {
  it('keeps the text as it is where nothing has to be moved', async () => assert.deepEqual(await readBuildkitdFiles('plain.toml', folder), new Map([['buildkitd.toml', PLAIN]])))
  it('takes certificates and keys along, and writes where they are then', async () => {
    const { 'buildkitd.toml': text = '', ...files } = Object.fromEntries(await readBuildkitdFiles(join(folder, 'certs.toml'), folder))
    assert.deepEqual(files, { 'certs/r.example_5000/ca.pem': 'CA', 'certs/r.example_5000/key.pem': 'KEY', 'certs/r.example_5000/cert.pem': 'CERT' })
    const there = '/etc/buildkit/certs/r.example_5000'
    assert.deepEqual(JSON.parse(JSON.stringify(parse(text))), { debug: true, registry: { 'r.example:5000': { ca: [`${there}/ca.pem`], keypair: [{ key: `${there}/key.pem`, cert: `${there}/cert.pem` }] }, other: { mirrors: ['m'] } } })
  })
  it('keeps apart what has one name in two folders, or of two registries', async () => {
    for (const name of ['one', 'two']) {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'ca.pem'), name)
    }
    await writeFile(join(folder, 'same.toml'), '[registry."r:1"]\nca = ["one/ca.pem", "two/ca.pem"]\n[registry.r_1]\nca = ["ca.pem"]\n')
    const { 'buildkitd.toml': text = '', ...files } = Object.fromEntries(await readBuildkitdFiles('same.toml', folder))
    assert.deepEqual(files, { 'certs/r_1/ca.pem': 'one', 'certs/r_1/2/ca.pem': 'two', 'certs/r_1/3/ca.pem': 'CA' })
    assert.match(text, /"\/etc\/buildkit\/certs\/r_1\/2\/ca.pem"/)
  })
  const refused: readonly (readonly [file: string, message: RegExp])[] = [
    ['none.toml', /^cannot read --buildkitd-config "none.toml": ENOENT/],
    ['broken.toml', /^--buildkitd-config "broken.toml" is not TOML: /],
    ['gone.toml', /^cannot read "gone.pem", of registry r in gone.toml: ENOENT/],
    ['large.toml', /^--buildkitd-config "large.toml" has more than 1048576 bytes$/],
  ]
  for (const [file, message] of refused) it(`refuses ${file}`, async () => assert.rejects(readBuildkitdFiles(file, folder), (error) => error instanceof UsageError && message.test(error.message)))
})
