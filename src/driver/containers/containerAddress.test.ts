import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseContainerAddress } from './containerAddress.ts'

describe('the address of a container', () => {
  for (const [text, program, container, endpoint] of [
    ['docker-container://buildx_buildkit_b0', 'docker', 'buildx_buildkit_b0', ''],
    ['docker-container://b/?context=far', 'docker', 'b', 'far'],
    ['podman-container://b?connection=vm', 'podman', 'b', 'vm'],
    ['nerdctl-container://b?namespace=k8s.io', 'nerdctl', 'b', 'k8s.io'],
  ] as const) {
    it(`is read from ${text}`, () => assert.deepEqual(parseContainerAddress(text), { program, container, endpoint }))
  }
  for (const text of ['docker-container://', 'docker-container://-v', 'docker-container://a/b', 'docker-container://a b', 'docker-container://a?namespace=x', 'docker-container://a?context=--host', 'docker-container://u@a', 'docker-container:a']) {
    it(`is not read from ${text}`, () => assert.throws(() => parseContainerAddress(text), { name: 'InvalidValueError', hint: /^write docker-container:\/\/NAME, or docker-container:\/\/NAME\?context=…$/ }))
  }
})
