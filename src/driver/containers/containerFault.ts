import { EngineUnavailableError } from '../driver.ts'
import { tellingLine } from '../programs/saidLine.ts'

type Advice = readonly (readonly [said: RegExp, hint: string])[]

/** What to do about what Docker's and Podman's commands say; only a hint depends on it. */
const DAEMON_ADVICE: Advice = [
  [/permission denied.*(?:daemon|\.sock)/i, 'your user may not use the daemon: join its group (sudo usermod -aG docker "$USER", then log in anew), use rootless Docker, or the default builder, which needs neither'],
  [/cannot connect to the docker daemon|is the docker daemon running|cannot connect to podman/i, 'start the daemon (sudo systemctl start docker), or choose another: docker context ls lists what there is'],
  [/context .*(?:not found|does not exist)/i, 'docker context ls lists what there is'],
]

const IMAGE_ADVICE: Advice = [
  [/toomanyrequests|rate limit/i, 'log in to the registry (docker login), or name a mirror of the image: --driver-opt image=REFERENCE'],
  [/access denied|unauthorized|authentication required/i, 'log in to its registry (docker login), or name another image: --driver-opt image=REFERENCE'],
  [/no such host|dial tcp|i\/o timeout|network is unreachable|tls|x509/i, 'the daemon does not reach the registry: load the image there (docker load), or name one it reaches: --driver-opt image=REFERENCE'],
  [/manifest|not found|does not exist/i, 'name an image that there is: --driver-opt image=REFERENCE'],
]

/** `what` is what was to be done; `said`, what the program said to it. */
export function containerFault(what: string, said: string): EngineUnavailableError {
  return fault(what, said, DAEMON_ADVICE)
}

/** Of a pull. */
export function pullFault(what: string, said: string): EngineUnavailableError {
  return fault(what, said, [...DAEMON_ADVICE, ...IMAGE_ADVICE])
}

function fault(what: string, said: string, advice: Advice): EngineUnavailableError {
  const reason = tellingLine(said).replace(/^(?:docker: )?(?:Error response from daemon: |Error: )?/, '')
  return new EngineUnavailableError(`${what}${reason === '' ? '' : `: ${reason}`}`, { hint: advice.find(([pattern]) => pattern.test(said))?.[1] })
}
