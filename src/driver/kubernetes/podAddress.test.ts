import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePodAddress } from './podAddress.ts'

describe('the address of a pod', () => {
  it('is read with what stands behind it', () => {
    assert.deepEqual(parsePodAddress('kube-pod://buildkitd-0?context=c@d&namespace=ns&container=buildkitd'), { pod: 'buildkitd-0', context: 'c@d', namespace: 'ns', container: 'buildkitd' })
    assert.deepEqual(parsePodAddress('kube-pod://a.b/'), { pod: 'a.b', context: '', namespace: '', container: '' })
  })
  for (const text of ['kube-pod://', 'kube-pod://-x', 'kube-pod://a/b', 'kube-pod://a?pod=b', 'kube-pod://a?namespace=--token', 'pod://a']) {
    it(`is not read from ${text}`, () => assert.throws(() => parsePodAddress(text), { name: 'InvalidValueError', hint: 'write kube-pod://NAME, or kube-pod://NAME?context=…&namespace=…&container=…' }))
  }
})
