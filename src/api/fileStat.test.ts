import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeFileStat, encodeFileStat } from './fileStat.ts'
import { StatSchema } from './gen/stat_pb.ts'

describe('the stat of a file on the wire', () => {
  it('has a path as UTF-8', () => {
    const stat = decodeFileStat(create(StatSchema, { path: Buffer.from('ä/日本'), linkname: Buffer.from('../ü'), mode: 0o644 }))
    assert.deepEqual([stat.path, stat.linkTarget], ['ä/日本', '../ü'])
    assert.deepEqual(decodeFileStat(fromBinary(StatSchema, toBinary(StatSchema, encodeFileStat(stat)))), stat)
  })

  const refused = [
    { name: 'a path', stat: { path: Buffer.from('latin\xe9', 'latin1') }, message: 'file name is not UTF-8: "latin\u{fffd}"' },
    { name: 'the target of a link', stat: { path: Buffer.from('link'), linkname: Buffer.from('\xff', 'latin1') }, message: 'file name is not UTF-8: "\u{fffd}"' },
  ]
  for (const { name, stat, message } of refused) {
    it(`refuses ${name} that is not UTF-8`, () => {
      assert.throws(() => decodeFileStat(create(StatSchema, stat)), { name: 'FileNameError', kind: 'usage', message, hint: /exclude it/ })
    })
  }
})
