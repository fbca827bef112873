#!/bin/sh
# Brings node_modules to what package-lock.json says, and does nothing when it is there already. Of the machine it needs a node
# and an npm of any age from 18 and 8 on; Coffre itself then runs on the node that the lock file names. No package's install
# script is run (they would depend on npm's settings), but the one step that puts node's binary in place.
# All output goes to standard error.
set -u
case $0 in
  */*) cd "${0%/*}/.." || exit 1 ;;
  *) cd .. || exit 1 ;;
esac
stamp=node_modules/.coffre-installed
node_version=24.21.0

fail() {
  printf 'coffre: %s\n' "$@" >&2
  exit 1
}

is_installed() {
  [ -x node_modules/.bin/node ] && [ -e "$stamp" ] && ! [ package-lock.json -nt "$stamp" ]
}

# The system's node, never ours: npm puts node_modules/.bin first on the path, and it is about to be replaced.
without_our_bin() {
  here=$(pwd -P)
  clean=
  rest=$PATH:
  while [ -n "$rest" ]; do
    part=${rest%%:*}
    rest=${rest#*:}
    case $part in
      "$here"/node_modules/.bin | "$here"/node_modules/node/* | */node-gyp-bin) ;;
      *) clean=${clean:+$clean:}$part ;;
    esac
  done
  printf '%s' "$clean"
}

check_machine() {
  missing='install Node 18 or newer with npm, on Debian and Ubuntu: apt-get install nodejs npm'
  command -v node >/dev/null 2>&1 || fail "node is missing, and Coffre needs it to install itself" "$missing"
  command -v npm >/dev/null 2>&1 || fail "npm is missing, and Coffre needs it to install itself" "$missing"
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' >/dev/null 2>&1 ||
    fail "node $(node --version 2>/dev/null || echo '(which does not start)') is too old" "$missing"
}

install_packages() {
  npm ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund --loglevel=error >&2 ||
    fail 'npm ci failed' 'its messages are above; behind a proxy or a mirror, see npm help config'
}

# npm links a program only when it is there; the binary of node comes as a package of its own.
install_node() {
  [ "$(node_modules/.bin/node --version 2>/dev/null)" = "v$node_version" ] && return
  (cd node_modules/node && NODE_NO_WARNINGS=1 npm_config_loglevel=error npm_config_fund=false \
    npm_config_audit=false node installArchSpecificPackage.js >&2) || fail "node $node_version could not be installed"
  mkdir -p node_modules/.bin && ln -sf ../node/bin/node node_modules/.bin/node || exit 1
  [ "$(node_modules/.bin/node --version 2>/dev/null)" = "v$node_version" ] ||
    fail "node $node_version was installed but does not start on this machine" \
      'it needs Linux with glibc 2.28 or newer, or macOS 13.5 or newer'
}

install() {
  if ! node tools/lock-matches.cjs; then
    echo 'coffre: installing the packages that package-lock.json names, once' >&2
    install_packages
    install_node
    # Under an old node, npm leaves out optional packages that ask for a newer one, although ours is what they will run on.
    if ! node_modules/.bin/node tools/lock-matches.cjs; then
      echo "coffre: installing again under node $node_version, for packages that do not suit node $(node --version)" >&2
      mkdir -p .cache/node && cp node_modules/node/bin/node .cache/node/ || exit 1
      PATH=$(pwd)/.cache/node:$PATH
      install_packages
    fi
  fi
  install_node
  rm -rf .cache/node
  # Dated before the lock file was read, so that a change made meanwhile is not taken for installed.
  mv .cache/install.stamp "$stamp" || exit 1
}

is_installed && exit 0
PATH=$(without_our_bin)
check_machine
mkdir -p .cache || fail "cannot write to $(pwd), where Coffre has to install its packages"
if command -v flock >/dev/null 2>&1; then
  exec 9>.cache/install.lock || exit 1
  flock 9 || exit 1
else
  tries=0
  until mkdir .cache/install.lock.d 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || fail 'another installation has been running for ten minutes' \
      'if none is, remove the folder .cache/install.lock.d'
    sleep 1
  done
  trap 'rmdir .cache/install.lock.d' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
fi
is_installed && exit 0
: >.cache/install.stamp || exit 1
install
