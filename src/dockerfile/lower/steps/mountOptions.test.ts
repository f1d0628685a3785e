import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BuildError, InvalidValueError } from '../../../ground/errors.ts'
import type { MountFlag } from '../../instructions/instruction.ts'
import { readMountOptions, type MountOptions } from './mountOptions.ts'

function flagOf(text: string): MountFlag {
  const fields = text.split(',').map((field) => {
    const [key = '', value] = field.split(/=(.*)/s)
    return { key: key.toLowerCase(), value, text: field }
  })
  return { text, fields, from: undefined }
}

function read(text: string): MountOptions {
  return readMountOptions(flagOf(text), (value) => value.replaceAll('$V', '7'))
}

describe('the options of a mount', () => {
  const cases: readonly (readonly [text: string, said: Partial<MountOptions>])[] = [
    ['target=/a', { type: 'bind', target: '/a', source: '', readonly: true }],
    ['type=bind,dst=/a,src=b,rw', { target: '/a', source: 'b', readonly: false }],
    ['type=BIND,destination=/a,readwrite=false', { type: 'bind', target: '/a', readonly: true }],
    ['type=bind,target=/a,ro=F', { readonly: false }],
    ['type=cache,target=/a', { readonly: false, sharing: 'shared', id: '' }],
    ['type=cache,target=/a,ro,sharing=Locked,id=n,mode=0750,uid=$V,gid=8', { readonly: true, sharing: 'locked', id: 'n', mode: 0o750, uid: 7, gid: 8 }],
    ['target=/a,type=tmpfs,size=1.5k', { type: 'tmpfs', readonly: false, sizeBytes: 1536 }],
    ['required,type=secret,id=x', { type: 'secret', isRequired: true }],
    ['type=secret,id=x,required=0,env=E', { isRequired: false, env: 'E' }],
    ['type=ssh', { type: 'ssh', isRequired: false, mode: undefined }],
    ['type=cache,id=n,id=n', { id: 'n' }],
  ]
  for (const [text, said] of cases) {
    it(`are read from ${text}`, () => {
      const options = read(text)
      assert.deepEqual({ ...options, ...said }, options)
    })
  }

  const mistakes: readonly (readonly [text: string, message: string | RegExp, hint?: RegExp])[] = [
    ['type=cahce,target=/a', 'unsupported mount type "cahce"', /did you mean cache\?/],
    ['type=volume', 'unsupported mount type "volume"', /bind, cache, tmpfs, secret, ssh/],
    ['typ=cache', "unexpected key 'typ' in 'typ=cache'", /did you mean type\?/],
    ['targett=/a', "unexpected key 'targett' in 'targett=/a'", /did you mean target\?/],
    ['target', "invalid field 'target' must be a key=value pair", /target=/],
    ['ro=perhaps', 'invalid value for ro: perhaps', /true or false/],
    ['target=/a,target=/b', "conflicting values for 'target': '/a' and '/b'"],
    ['target=/a,dst=/b', /conflicting values/],
    ['target=/a,ro,rw', "conflicting values for 'readonly': 'true' and 'false'"],
    ['required,target=/a', "unexpected key 'required' for mount type 'bind'", /secret and ssh/],
    ['type=cache,target=/a,size=1m', "unexpected key 'size' for mount type 'cache'", /tmpfs/],
    ['type=tmpfs,target=/a,size=big', 'invalid value for size: big'],
    ['type=cache,target=/a,sharing=lock', 'unsupported sharing value "lock"', /did you mean locked\?/],
    ['type=bind,target=/a,sharing=shared', "unexpected key 'sharing' for mount type 'bind'"],
    ['type=bind,target=/a,uid=1', "unexpected key 'uid' for mount type 'bind'"],
    ['type=cache,target=/a,mode=0888', 'invalid value 0888 for mode', /octal/],
    ['type=cache,target=/a,uid=me', 'invalid value me for uid'],
    ['type=secret', 'invalid secret mount. one of source, target required'],
    ['type=secret,id=a,source=b', "both source and id can't be set"],
    ['type=secret,id=a,from=b', 'secret mount should not have a from'],
    ['type=secret,id=a,env=', /env needs the name/],
    ['type=cache,target=/a,env=E', "unexpected key 'env' for mount type 'cache'"],
    ['type=ssh,source=a', 'ssh does not support source'],
  ]
  for (const [text, message, hint = /|/] of mistakes) {
    it(`cannot be ${text}`, () => assert.throws(() => read(text), (error) => error instanceof InvalidValueError && (typeof message === 'string' ? error.message === message : message.test(error.message)) && hint.test(error.hint ?? '')))
  }

  it('of any text are read or refused', () => {
    const part = fc.constantFrom('type', 'cache', 'secret', 'target', 'ro', 'rw', 'uid', 'mode', 'size', 'from', 'env', 'id', '=', '=', '=', ',', ',', '/a', '7', '$V', 'true', '', 'é')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        try {
          read(parts.join(''))
        } catch (error) {
          assert.ok(error instanceof BuildError, String(error))
        }
      }),
    )
  })
})
