import { connect, type ConnectionOptions } from './internal/connection.ts'
import { refusalOf } from './internal/response.ts'

/** Whether the credentials of `options` open `host`, before they are kept. @throws AuthenticationError; RegistryUnavailableError */
export async function checkLogin(host: string, options: ConnectionOptions, signal: AbortSignal): Promise<void> {
  const { requester, http } = connect(options)
  await using connections = new AsyncDisposableStack()
  connections.use(http)
  await requester.askOrigin(
    host,
    async (endpoint) => {
      const response = await requester.send(endpoint, { method: 'GET', target: endpoint.base, headers: new Map(), openBody: undefined, subject: host, scopes: [] }, signal)
      if (response.status >= 300) throw await refusalOf(response, host, host)
      await response.discard()
    },
    signal,
  )
}
