import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import { chainId, chainIds } from './chainId.ts'

const [A, B, C] = [digestOf('a'), digestOf('b'), digestOf('c')]

describe('the chain id', () => {
  it('of no layers is none', () => assert.equal(chainId([]), undefined))
  it('of one layer is its own digest', () => assert.equal(chainId([A]), A))
  it('of more is made from that of those below', () => assert.equal(chainId([A, B, C]), digestOf(`${digestOf(`${A} ${B}`)} ${C}`)))
  it('is one for each layer', () => assert.deepEqual(chainIds([A, B]), [A, digestOf(`${A} ${B}`)]))
})
