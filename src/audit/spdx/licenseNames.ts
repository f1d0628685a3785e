import licenseIds from 'spdx-license-ids/index.json' with { type: 'json' }
import deprecatedIds from 'spdx-license-ids/deprecated.json' with { type: 'json' }
import exceptionIds from 'spdx-exceptions/index.json' with { type: 'json' }

/**
 * The SPDX id, `+` behind it where it stands for later versions too, that `name` means: SPDX's own ids in any case,
 * those that SPDX has given up, and what Debian, Fedora, Python and others write. Undefined where it is no one's name,
 * or may mean several licences (`BSD`, `GPL`).
 */
export function licenseIdOf(name: string): string | undefined {
  const lower = name.toLowerCase()
  const exact = LICENSES.get(lower) ?? OTHER_NAMES.get(lower) ?? gnuLicense(lower)
  if (exact !== undefined) return exact
  const base = lower.endsWith('+') ? LICENSES.get(lower.slice(0, -1)) : undefined
  return base === undefined ? DEPRECATED.get(lower) : `${base}+`
}

/** The id of what may stand behind WITH: `Bison exception` is `Bison-exception-2.2`. */
export function exceptionIdOf(name: string): string | undefined {
  const lower = name.toLowerCase().replaceAll(' ', '-')
  return EXCEPTIONS.get(lower) ?? EXCEPTIONS.get(OTHER_EXCEPTIONS.get(lower) ?? '')
}

function byLowerCase(ids: readonly string[]): ReadonlyMap<string, string> {
  return new Map(ids.map((id) => [id.toLowerCase(), id]))
}

const LICENSES = byLowerCase(licenseIds)
const DEPRECATED = byLowerCase(deprecatedIds)
const EXCEPTIONS = byLowerCase(exceptionIds)

/** `GPL-2+`, `GPLv2+`, `LGPL-2.1`, `gfdl-1.3-or-later`, `AGPL 3.0 only`: one family, one way to write it. */
function gnuLicense(lower: string): string | undefined {
  const [, family = '', major = '', minor = '0', later = ''] = /^(a?gpl|lgpl|gfdl)[- ]?v?(\d)(?:\.(\d))?(?:\.0)?(\+|[- ]or[- ]later|[- ]only)?$/.exec(lower) ?? []
  return family === '' ? undefined : LICENSES.get(`${family}-${major}.${minor}-${later === '' || later.endsWith('only') ? 'only' : 'or-later'}`)
}

const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['expat', 'MIT'],
  ['mit license', 'MIT'],
  ['the mit license', 'MIT'],
  ['mit/x11', 'MIT'],
  ['isc license', 'ISC'],
  ['isc license (iscl)', 'ISC'],
  ['asl 2.0', 'Apache-2.0'],
  ['apache-2', 'Apache-2.0'],
  ['apache 2.0', 'Apache-2.0'],
  ['apache license 2.0', 'Apache-2.0'],
  ['apache license, version 2.0', 'Apache-2.0'],
  ['artistic', 'Artistic-1.0-Perl'],
  ['artistic-1', 'Artistic-1.0'],
  ['artistic-2', 'Artistic-2.0'],
  ['bsd-2-clause license', 'BSD-2-Clause'],
  ['bsd-3-clause license', 'BSD-3-Clause'],
  ['3-clause bsd license', 'BSD-3-Clause'],
  ['boost', 'BSL-1.0'],
  ['cc0', 'CC0-1.0'],
  ['mplv2.0', 'MPL-2.0'],
  ['mpl 2.0', 'MPL-2.0'],
  ['mozilla public license 2.0 (mpl 2.0)', 'MPL-2.0'],
  ['openldap-2.8', 'OLDAP-2.8'],
  ['psf', 'PSF-2.0'],
  ['psf-2', 'PSF-2.0'],
  ['python software foundation license', 'PSF-2.0'],
  ['sil-1.1', 'OFL-1.1'],
  ['ofl-1.1', 'OFL-1.1'],
  ['gnu general public license v2 (gplv2)', 'GPL-2.0-only'],
  ['gnu general public license v2 or later (gplv2+)', 'GPL-2.0-or-later'],
  ['gnu general public license v3 (gplv3)', 'GPL-3.0-only'],
  ['gnu general public license v3 or later (gplv3+)', 'GPL-3.0-or-later'],
  ['gnu lesser general public license v3 (lgplv3)', 'LGPL-3.0-only'],
  ['gnu lesser general public license v3 or later (lgplv3+)', 'LGPL-3.0-or-later'],
  ['the unlicense (unlicense)', 'Unlicense'],
])

const OTHER_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['bison-exception', 'bison-exception-2.2'],
  ['autoconf-exception', 'autoconf-exception-generic'],
  ['linux-syscall-exception', 'linux-syscall-note'],
  ['classpath-exception', 'classpath-exception-2.0'],
])
