import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestHex, digestOf, parseDigest } from './digest.ts'

const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe('a digest', () => {
  it('is sha256 in lower-case hex', () => {
    assert.equal(digestOf(''), EMPTY)
    assert.equal(digestOf(new Uint8Array()), EMPTY)
    assert.equal(parseDigest(EMPTY), EMPTY)
    assert.equal(digestHex(digestOf('')), EMPTY.slice(7))
  })

  const refused = ['', 'sha256:', EMPTY.toUpperCase(), EMPTY.slice(0, -1), `${EMPTY}0`, `${EMPTY}\n`, EMPTY.replace('sha256', 'sha512'), EMPTY.slice(7), '../etc/passwd']
  for (const text of refused) {
    it(`is not ${JSON.stringify(text.slice(0, 20))} of ${text.length} characters`, () => {
      assert.throws(() => parseDigest(text), { name: 'InvalidValueError', kind: 'usage' })
    })
  }
})
