# Sourced by scripts that fetch packages: an apt of its own for one architecture, in the folder $apt. Nothing of the
# machine's own package state is read or changed.

mirror() {
  sed -n 's/^URIs: *//p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list /etc/apt/sources.list 2>/dev/null |
    grep -v security | head -n 1
}

private_apt() { # ARCH ARGUMENT...
  arch=$1; shift
  state=$apt/$arch
  apt-get -qq -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::State::lists="$state/lists" -o Dir::Cache="$state" \
    -o Dir::Cache::archives="$state/archives" -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$state/sources" \
    -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Acquire::Languages=none -o APT::Sandbox::User="$(id -un)" "$@"
}

# Fetches the lists of the first suite that gives them, a mirror in the middle of an update having some that do not fit
# together; `suite` says which one that is. Fails where none does.
update_lists() { # ARCH SUITE...
  arch=$1; shift
  state=$apt/$arch
  mkdir -p "$state/sources" "$state/lists/partial" "$state/archives/partial"
  : > "$state/status"
  for suite in "$@"; do
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$(mirror)" "$suite" > "$state/sources/base.sources"
    private_apt "$arch" -o APT::Update::Error-Mode=any update 2> "$state/update.log" && return 0
    printf '%s: the lists of %s for %s cannot be had\n' "${0##*/}" "$suite" "$arch" >&2
  done
  cat "$state/update.log" >&2
  printf '%s: no suite has lists for %s\n' "${0##*/}" "$arch" >&2
  return 1
}
