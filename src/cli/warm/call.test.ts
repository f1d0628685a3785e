import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidValueError } from '../../ground/errors.ts'
import { parseCall } from './call.ts'

const call = (...texts: readonly string[]): Buffer => Buffer.from(texts.map((text) => `${text}\0`).join(''))

describe('parseCall', () => {
  it('reads what a process began with', () => {
    assert.deepEqual(parseCall(call('27', '011', '80x24', '/a b', '2', 'build', '', 'HOME=/root', 'EMPTY=', 'TEXT=a=b\nc')), {
      umask: 0o27,
      terminals: [false, true, true],
      window: { columns: 80, rows: 24 },
      folder: '/a b',
      argv: ['build', ''],
      env: { HOME: '/root', EMPTY: '', TEXT: 'a=b\nc' },
    })
  })
  it('takes the first of two variables of a name, as the C library does', () => {
    assert.deepEqual(parseCall(call('0', '000', '0x0', '/', '0', 'A=1', 'A=2')).env, { A: '1' })
  })
  for (const [why, texts] of [
    ['a umask that is none', ['9', '000', '0x0', '/', '0']],
    ['a folder that is not absolute', ['0', '000', '0x0', 'a', '0']],
    ['more arguments than there are texts', ['0', '000', '0x0', '/', '3', 'a']],
    ['a size that is none', ['0', '000', 'wide', '/', '0']],
    ['nothing', []],
  ] as const) {
    it(`refuses ${why}`, () => assert.throws(() => parseCall(call(...texts)), InvalidValueError))
  }
})
