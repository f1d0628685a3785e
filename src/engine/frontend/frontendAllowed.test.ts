import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkFrontendAllowed } from './frontendAllowed.ts'

describe('a frontend that is an image', () => {
  const allowed = [
    ['any, where nothing is said', 'example.com/f:1', undefined],
    ['of a repository that is named, with any tag', 'example.com/f:2', ['example.com/f']],
    ['of a repository that is written in short', 'me/f', ['docker.io/me/f']],
  ] as const
  for (const [name, image, repositories] of allowed) it(`may be run: ${name}`, () => checkFrontendAllowed(image, repositories))
  const denied = [
    ['any, where that is off', 'example.com/f:1', [], /runs no frontends/],
    ['of another repository', 'example.com/f/g', ['example.com/f'], /runs those of example\.com\/f/],
  ] as const
  for (const [name, image, repositories, hint] of denied) it(`may not be run: ${name}`, () => assert.throws(() => checkFrontendAllowed(image, repositories), { kind: 'denied', message: `'${image}' is not an allowed gateway source`, hint }))
})
