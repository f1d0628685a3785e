import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createNameFilter } from './imageFilter.ts'

describe('createNameFilter', () => {
  const cases = [
    { name: 'all tags of a repository', asked: 'app', image: 'docker.io/library/app:2', want: true },
    { name: 'no other repository', asked: 'app', image: 'docker.io/library/app2:latest', want: false },
    { name: 'one tag', asked: 'localhost:5000/app:1', image: 'localhost:5000/app:1', want: true },
    { name: 'no other tag', asked: 'localhost:5000/app:1', image: 'localhost:5000/app:2', want: false },
    { name: 'a repository at a host with a port', asked: 'localhost:5000/app', image: 'localhost:5000/app:2', want: true },
    { name: 'no image without a name', asked: 'app', image: '', want: false },
  ]
  for (const { name, asked, image, want } of cases) it(`takes ${name}`, () => assert.equal(createNameFilter(asked)(image), want))
})
