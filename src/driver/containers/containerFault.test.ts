import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { containerFault, pullFault } from './containerFault.ts'

describe('what Docker says', () => {
  for (const [name, fault, said, message, hint] of [
    ['a daemon that is not there', containerFault, 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n', /^x: Cannot connect to the Docker daemon at unix/, /^start the daemon/],
    ['a socket that is not the user\'s', containerFault, 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Head "http://x/_ping": dial unix /var/run/docker.sock: connect: permission denied\n', /^x: permission denied/, /usermod -aG docker/],
    ['a context that is not there', containerFault, 'Failed to initialize: unable to resolve docker endpoint: context "far": context not found: open /h/meta.json: no such file or directory\n', /^x: Failed to initialize/, /^docker context ls/],
    ['a name in use', containerFault, 'Error response from daemon: Conflict. The container name "/b" is already in use\nSee \'docker run --help\'.\n', /^x: Conflict/, /^undefined$/],
    ['an image without the right to it', pullFault, 'Error response from daemon: pull access denied for own/image, repository does not exist or may require \'docker login\'\n', /^x: pull access denied/, /^log in to its registry/],
    ['an image that is not there', pullFault, 'Error response from daemon: manifest for localhost:5000/none:latest not found: manifest unknown\n', /^x: manifest for/, /^name an image that there is/],
    ['a registry that is not reached', pullFault, 'Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on [::1]:53: connection refused\n', /^x: Get "https/, /^the daemon does not reach the registry/],
    ['a registry that has had enough', pullFault, 'toomanyrequests: You have reached your unauthenticated pull rate limit.\n', /^x: toomanyrequests/, /^log in to the registry/],
    ['nothing', containerFault, '', /^x$/, /^undefined$/],
    ['what a terminal would obey', containerFault, '\u001b]0;title\u0007\u001b[31mError: no\u001b[0m\u0007\n', /^x: no$/, /^undefined$/],
  ] as const) {
    it(`of ${name} is told with what to do`, () => {
      const error = fault('x', said)
      assert.match(error.message, message)
      assert.match(String(error.hint), hint)
    })
  }
})
