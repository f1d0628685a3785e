import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { parseHost } from './login.ts'

export const logout = defineCommand({
  usage: '[HOST]',
  summary: 'Forget name and password for a registry',
  flags: {},
  operands: [0, 1],
  async run({ operands: [host = 'docker.io'] }, context, signal) {
    const server = parseHost(host)
    const { eraseCredentials } = await import('../../../registry/auth/dockerConfig.ts')
    const wasThere = await eraseCredentials(server, { env: context.env }, signal)
    context.stdout.write(wasThere ? `logged out of ${server}\n` : `not logged in to ${server}\n`)
    return EXIT.done
  },
})
