import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { saidLines, tellingLine } from './saidLine.ts'

describe('what a program said', () => {
  it('is lines that draw only themselves', () => assert.deepEqual(saidLines('a\r\n\n \u001b[31mred\u001b[0m\u001b]0;t\u0007\ttab\u0007\n'), ['a', 'red tab']))
  it('is told by the last line of an error, else by the last', () => {
    assert.equal(tellingLine('Error: one\nError: two\nSee help.\n'), 'Error: two')
    assert.equal(tellingLine('one\ntwo\n'), 'two')
    assert.equal(tellingLine(''), '')
  })
})
