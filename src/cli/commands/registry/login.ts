import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'

/** Docker Hub. */
const DEFAULT_HOST = 'docker.io'

export const login = defineCommand({
  usage: '[OPTIONS] [HOST]',
  summary: 'Remember name and password for a registry',
  flags: {
    password: { kind: 'text', short: 'p', value: 'PASSWORD', help: 'Password or access token; others can see it in the list of processes' },
    'password-stdin': { kind: 'switch', help: 'Read the password from stdin' },
    username: { kind: 'text', short: 'u', value: 'NAME', help: 'User name' },
  },
  operands: [0, 1],
  async run({ flags, operands: [host = DEFAULT_HOST] }, context, signal) {
    if (flags['password-stdin'] && flags.password !== undefined) throw new UsageError('--password and --password-stdin exclude each other')
    if (flags['password-stdin'] && flags.username === undefined) throw new UsageError('--password-stdin needs --username')
    const server = parseHost(host)
    const { askForLogin } = await import('../../registry/askForLogin.ts')
    const credentials = { kind: 'basic', ...(await askForLogin({ username: flags.username, password: flags.password, isPasswordOnStdin: flags['password-stdin'] }, context, signal)) } as const
    const { registryOptions } = await import('../../registry/registryAccess.ts')
    const { checkLogin } = await import('../../../registry/checkLogin.ts')
    const { saveCredentials } = await import('../../../registry/auth/dockerConfig.ts')
    await checkLogin(server, await registryOptions(context, { credentials: async () => credentials }), signal)
    await saveCredentials(server, credentials, { env: context.env }, signal)
    context.stdout.write(`logged in to ${server} as ${credentials.username}\n`)
    return EXIT.done
  },
})

/** A host as references have it; people also give a URL. @throws UsageError */
export function parseHost(text: string): string {
  const host = text.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '')
  if (host === '' || /[/\s@]/.test(host)) throw new UsageError(`invalid registry: ${JSON.stringify(text)}`, { hint: 'give a host, such as ghcr.io or localhost:5000' })
  return /^(?:index\.docker\.io|registry-1\.docker\.io)$/.test(host) ? DEFAULT_HOST : host
}
