import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { applyMode, formatFileMode, parseFileMode } from './fileMode.ts'

const octal = (bits: number): string => bits.toString(8).padStart(4, '0')

describe('a mode', () => {
  const cases = [
    { text: '0640', before: 0o777, type: 'folder', want: '0640' },
    { text: '7777', before: 0, type: 'other', want: '7777' },
    { text: 'u=rwX,go=rX', before: 0o600, type: 'folder', want: '0755' },
    { text: 'u=rwX,go=rX', before: 0o600, type: 'other', want: '0644' },
    { text: 'u=rwX,go=rX', before: 0o640 | 0o010, type: 'other', want: '0755' },
    { text: 'u=rwx,go=rX', before: 0o600, type: 'other', want: '0744' },
    { text: 'a-x,a+X', before: 0o755, type: 'other', want: '0755' },
    { text: '+x', before: 0o644, type: 'other', want: '0755' },
    { text: 'g=u', before: 0o640, type: 'other', want: '0660' },
    { text: 'go=u-w', before: 0o600, type: 'other', want: '0644' },
    { text: 'go=', before: 0o666, type: 'other', want: '0600' },
    { text: 'u+s,g+s,+t', before: 0o755, type: 'other', want: '7755' },
    { text: 'o+s', before: 0o755, type: 'other', want: '0755' },
    { text: 'o+t', before: 0o755, type: 'folder', want: '0755' },
    { text: 'a=rx', before: 0o7777, type: 'other', want: '1555' },
    { text: 'u=g', before: 0o4750, type: 'other', want: '4550' },
    { text: 'ug+rw-x', before: 0o711, type: 'other', want: '0661' },
  ] as const
  for (const { text, before, type, want } of cases) {
    it(`${text} makes ${want} of ${octal(before)} of a ${type}`, () => assert.equal(octal(applyMode(parseFileMode(text), before, type)), want))
  }

  for (const text of ['888', '17777', '0o755', 'rwx', 'u', 'u+x,', ',u+x', 'z=r', 'u=q', 'u=r w', '']) {
    it(`is not ${JSON.stringify(text)}`, () => assert.throws(() => parseFileMode(text), { name: 'InvalidValueError', message: new RegExp(`'${text.replace('+', '\\+')}'`) }))
  }

  it('is told as it is written', () => assert.deepEqual(['755', 'u=rwX,go='].map((text) => formatFileMode(parseFileMode(text))), ['0755', 'u=rwX,go=']))
})

describe('a mode of changes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-mode-'))
  after(() => rmSync(folder, { recursive: true }))

  it('is what chmod makes of it', () => {
    const who = fc.constantFrom('', 'u', 'g', 'o', 'a', 'ug', 'go', 'uo')
    const permissions = fc.subarray(['r', 'w', 'x']).map((letters) => letters.join(''))
    const term = fc.tuple(fc.constantFrom('+', '-', '='), fc.oneof(permissions, fc.constantFrom('u', 'g', 'o'))).map((pair) => pair.join(''))
    // chmod looks at the mode as it is so far for `X`, POSIX and BuildKit as it was: so it comes first
    const first = fc.tuple(who, fc.constantFrom('+X', '=rX', '=X', '-X', '=rwX')).map((pair) => pair.join(''))
    const clause = fc.tuple(who, fc.array(term, { minLength: 1, maxLength: 2 })).map(([names, terms]) => names + terms.join(''))
    const text = fc.tuple(fc.option(first, { nil: undefined }), fc.array(clause, { minLength: 1, maxLength: 3 })).map(([head, rest]) => (head === undefined ? rest : [head, ...rest]).join(','))
    const runs = fc.sample(fc.tuple(text, fc.nat(0o777), fc.boolean()), 300)
    const paths = runs.map(([, before, isFolder], index) => {
      const path = join(folder, `${index}`)
      if (isFolder) mkdirSync(path)
      else writeFileSync(path, '')
      chmodSync(path, before)
      return path
    })
    const script = runs.map(([change], index) => `chmod -- '${change}' '${paths[index] ?? ''}'`).join('\n')
    assert.equal(spawnSync('sh', ['-ec', `umask 0\n${script}`], { encoding: 'utf8' }).stderr, '')
    for (const [index, [change, before, isFolder]] of runs.entries()) {
      const want = statSync(paths[index] ?? '').mode & 0o7777
      assert.equal(octal(applyMode(parseFileMode(change), before, isFolder ? 'folder' : 'other')), octal(want), `${change} of ${octal(before)}`)
    }
  })
})
