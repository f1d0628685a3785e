/** Files that an image rarely needs, told by where they are. */
export interface FileCategory {
  /** Stable: programs read it. */
  readonly rule: string
  readonly title: string
  readonly remedy: string
  readonly path: RegExp
}

const CACHE_MOUNT = 'or keep it out of the image: RUN --mount=type=cache,target='

/** The first that fits. Paths have no slash in front. */
export const FILE_CATEGORIES: readonly FileCategory[] = [
  { rule: 'package-lists', title: 'lists of apt', path: /^var\/lib\/apt\/lists\//, remedy: `in the same RUN as apt-get: rm -rf /var/lib/apt/lists/*; ${CACHE_MOUNT}/var/lib/apt/lists,sharing=locked` },
  { rule: 'package-cache', title: 'caches of apt', path: /^var\/cache\/(?:apt|debconf)\//, remedy: `in the same RUN as apt-get: apt-get clean, rm -f /var/cache/apt/*.bin; ${CACHE_MOUNT}/var/cache/apt,sharing=locked` },
  { rule: 'package-cache', title: 'caches of apk', path: /^(?:var\/cache|etc)\/apk\//, remedy: `apk add --no-cache; ${CACHE_MOUNT}/var/cache/apk` },
  { rule: 'package-cache', title: 'caches of dnf, zypper or pacman', path: /^var\/cache\/(?:dnf|yum|libdnf\d*|zypp|pacman)\//, remedy: `in the same RUN: dnf clean all (zypper clean -a, pacman -Scc); ${CACHE_MOUNT}/var/cache/dnf` },
  { rule: 'package-cache', title: 'caches of pip, uv or poetry', path: /(?:^|\/)\.cache\/(?:pip|uv|pypoetry|pipenv)\//, remedy: `pip install --no-cache-dir (uv: UV_NO_CACHE=1); ${CACHE_MOUNT}/root/.cache/pip` },
  { rule: 'package-cache', title: 'caches of npm, yarn or pnpm', path: /(?:^|\/)(?:\.npm\/_|\.cache\/(?:yarn|pnpm|node-gyp)\/|\.yarn\/(?:berry\/)?cache\/|pnpm\/store\/|\.pnpm-store\/|node_modules\/\.cache\/)/, remedy: `in the same RUN: npm cache clean --force; ${CACHE_MOUNT}/root/.npm` },
  { rule: 'package-cache', title: 'the registry of cargo', path: /(?:^|\/)\.?cargo\/(?:registry|git)\//, remedy: `build in a stage of its own, and COPY --from the program; ${CACHE_MOUNT}/usr/local/cargo/registry` },
  { rule: 'package-cache', title: "Go's build cache and modules", path: /(?:^|\/)(?:\.cache\/go-build|go\/pkg\/mod)\//, remedy: `build in a stage of its own, and COPY --from the program; ${CACHE_MOUNT}/root/.cache/go-build` },
  { rule: 'package-cache', title: 'caches of Maven, Gradle, Composer, NuGet or Bundler', path: /(?:^|\/)(?:\.m2\/repository|\.gradle\/caches|\.composer\/cache|\.cache\/composer|\.nuget\/packages|bundle\/(?:ruby\/[^/]+\/)?cache)\//, remedy: `build in a stage of its own, and COPY --from what it makes; ${CACHE_MOUNT}/root/.m2` },
  { rule: 'package-cache', title: 'caches of compilers', path: /(?:^|\/)(?:\.ccache|\.cache\/(?:ccache|sccache|bazel|zig))\//, remedy: `${CACHE_MOUNT.slice(3)}/root/.cache` },
  { rule: 'debug-files', title: 'debug files', path: /^usr\/lib\/debug\//, remedy: 'leave the -dbg and -dbgsym packages out' },
  { rule: 'documentation', title: 'documentation', path: /^usr\/(?:local\/)?share\/(?:doc|man|info|gtk-doc|doc-base|lintian|linda|groff)\//, remedy: 'in the same RUN: rm -rf /usr/share/doc /usr/share/man /usr/share/info; or tell dpkg before (path-exclude), dnf --setopt=tsflags=nodocs' },
  { rule: 'locales', title: 'locales and translations', path: /^usr\/(?:local\/)?(?:share\/(?:locale|i18n\/locales)|lib\/locale)\//, remedy: 'in the same RUN: rm -rf /usr/share/locale; keep C.UTF-8 of /usr/lib/locale' },
  { rule: 'build-tools', title: 'headers and static libraries', path: /^usr\/(?:local\/)?include\/|^(?:usr\/(?:local\/)?)?lib(?:32|64)?\/(?:.*\/)?[^/]+\.a$/, remedy: 'build in a stage of its own, and COPY --from what it makes' },
  { rule: 'repository', title: 'a git repository', path: /(?:^|\/)\.git\//, remedy: 'write .git into .dockerignore' },
  { rule: 'bytecode', title: "Python's bytecode", path: /(?:^|\/)__pycache__\//, remedy: 'ENV PYTHONDONTWRITEBYTECODE=1 and pip install --no-compile; programs then start slower' },
  { rule: 'left-overs', title: 'logs and temporary files', path: /^(?:tmp|var\/tmp|var\/log)\//, remedy: 'in the same RUN: rm -rf /tmp/* /var/tmp/* /var/log/*; or RUN --mount=type=tmpfs,target=/tmp' },
]

export function categoryOf(path: string): FileCategory | undefined {
  return FILE_CATEGORIES.find((category) => category.path.test(path))
}
