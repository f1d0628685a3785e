import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { UsageError } from '../../flags/usageError.ts'
import { parseSecrets } from './secrets.ts'

const workingFolder = mkdtempSync(join(tmpdir(), 'pelago-secrets-'))
for (const name of ['file', 'TOKEN', 'a,b']) writeFileSync(join(workingFolder, name), '')
after(() => rmSync(workingFolder, { recursive: true }))
const place = { workingFolder, env: { TOKEN: 'from the environment' } }
const file = (name: string): unknown => ({ kind: 'file', path: join(workingFolder, name) })

describe('--secret', () => {
  const cases: readonly (readonly [text: string, from: unknown])[] = [
    ['id=x,src=file', file('file')],
    ['id=x,source=file,type=file', file('file')],
    ['"src=a,b",id=x', file('a,b')],
    ['id=x,env=TOKEN', { kind: 'env', value: 'from the environment' }],
    ['id=x,type=env,src=TOKEN', { kind: 'env', value: 'from the environment' }],
    ['id=x,env=UNSET', { kind: 'env', value: '' }],
  ]
  for (const [text, from] of cases) it(`takes ${text}`, async () => assert.deepEqual((await parseSecrets([text], place)).get('x'), from))
  it('is the variable of its id, else the file, where it says no more', async () => {
    assert.deepEqual([...(await parseSecrets(['id=TOKEN', 'id=file', 'id=TOKEN,type=file'], place))], [['TOKEN', file('TOKEN')], ['file', file('file')]])
    assert.deepEqual([...(await parseSecrets(['id=TOKEN'], place)).values()], [{ kind: 'env', value: 'from the environment' }])
  })
  const mistakes: readonly (readonly [text: string, message: RegExp])[] = [
    ['src=file', /has no id/],
    ['id=x,src=none', /none: no such file/],
    ['id=x,scr=file', /unexpected key "scr"/],
    ['id=x,src', /must be key=value/],
    ['id=x,type=vault', /unsupported secret type "vault"/],
  ]
  for (const [text, message] of mistakes) it(`refuses ${text}`, async () => assert.rejects(parseSecrets([text], place), (error) => error instanceof UsageError && message.test(error.message) && error.hint !== undefined))
})
