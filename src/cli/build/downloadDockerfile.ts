import { createHttpClient, DEFAULT_TLS, proxyFrom } from '../../kit/http.ts'
import { redactUrls } from '../../ground/urlText.ts'
import { VERSION } from '../../ground/version.ts'
import { collectBounded } from '../collectBounded.ts'
import { UsageError } from '../flags/usageError.ts'

const MAX_REDIRECTS = 10

/** The Dockerfile at a URL. @throws UsageError; HttpConnectionError */
export async function downloadDockerfile(url: string, maxBytes: number, env: Readonly<NodeJS.ProcessEnv>, signal: AbortSignal): Promise<Uint8Array> {
  await using http = createHttpClient({ userAgent: `pelago/${VERSION}`, connectionsPerOrigin: 1, proxy: proxyFrom(env) })
  const response = await http.send({ method: 'GET', url: new URL(url), headers: new Map([['accept', '*/*']]), body: undefined, tls: DEFAULT_TLS, maxRedirects: MAX_REDIRECTS }, signal)
  if (response.status === 200) return await collectBounded(response.body, maxBytes, 'the Dockerfile')
  await response.discard()
  throw new UsageError(`cannot read the Dockerfile ${redactUrls(url)}: the server answered with HTTP status ${response.status}`, { hint: 'check the URL, or give the Dockerfile by its path' })
}
