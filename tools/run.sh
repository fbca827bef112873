#!/bin/sh
# Runs one of the project's own TypeScript programs with the project's own node, after installing what is missing:
#   sh tools/run.sh tools/test.ts [argument...]
set -u
case $0 in
  */*) root=${0%/*}/.. ;;
  *) root=.. ;;
esac
sh "$root/tools/install.sh" || exit
program=$1
shift
exec "$root/node_modules/.bin/node" "$root/$program" "$@"
