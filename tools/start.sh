#!/bin/sh
# Starts one of Coffre's own processes, the server, a worker or the catalogue's tools, after installing what is missing:
#   sh tools/start.sh [server | worker | catalogue [argument...]]
set -u
case $0 in
  */*) root=${0%/*}/.. ;;
  *) root=.. ;;
esac
sh "$root/tools/install.sh" || exit
program=${1:-server}
[ $# -eq 0 ] || shift
case $program in
  server) main=main.ts ;;
  worker) main=worker/main.ts ;;
  catalogue) main=catalogue-main.ts ;;
  *)
    echo "coffre: there is no process $program; there are server, worker and catalogue" >&2
    exit 12
    ;;
esac
# Their data lies outside the heap, which therefore need not grow in leaps, and large pieces of it go back to the system at once;
# compiled modules are kept.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$root/node_modules/.cache/coffre-modules}" MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}" \
  MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-131072}"
exec "$root/node_modules/.bin/node" --max-semi-space-size=4 --heap-growing-percent=50 \
  "$root/packages/control-plane/src/$main" "$@"
