import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkContainerOptions } from './containerOptions.ts'

const check = (key: string, value: string): void => checkContainerOptions(new Map([[key, value]]))

describe('the options of the driver docker-container', () => {
  for (const [key, value] of [['image', 'a:1'], ['network', 'host'], ['memory', '2g'], ['memory-swap', '-1'], ['cpu-period', '100000'], ['cpuset-cpus', '0-3,5'], ['restart-policy', 'on-failure:3'], ['env.HTTP_PROXY', 'http://u:p@h:1'], ['env.A', ''], ['default-load', 'true'], ['provenance-add-gha', 'false']] as const) {
    it(`take ${key}=${value}`, () => check(key, value))
  }
  for (const [key, value] of [['image', ''], ['memory', 'much'], ['cpu-quota', '1.5'], ['cpuset-cpus', 'all'], ['restart-policy', 'sometimes'], ['env.A', 'a\nb'], ['env.', 'x'], ['env.A B', 'x'], ['default-load', 'maybe'], ['provenance-add-gha', 'true'], ['gpus', 'all']] as const) {
    it(`refuse ${key}=${JSON.stringify(value)}, and say what to write`, () => assert.throws(() => check(key, value), (error) => error instanceof Error && error.name === 'InvalidValueError' && 'hint' in error && error.hint !== undefined))
  }
  it('name the nearest of what is not there', () => assert.throws(() => check('memroy', '1g'), { hint: /^did you mean memory\?/ }))
})
