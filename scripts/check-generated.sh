#!/bin/sh
# Fails when the committed code in hailwire/ is not what protos/ generates, and shows the difference.
set -eu
cd "$(dirname "$0")/.."
fresh="$(mktemp -d)"
trap 'rm -rf "$fresh"' EXIT
sh scripts/generate.sh "$fresh"
(cd hailwire && find . -name '*_pb2*' ! -name '*.pyc' | sort) > "$fresh/committed"
(cd "$fresh/hailwire" && find . -name '*_pb2*' | sort) > "$fresh/generated"
diff -u "$fresh/committed" "$fresh/generated" && while read -r file; do
    diff -u "hailwire/$file" "$fresh/hailwire/$file"
done < "$fresh/generated" || { echo "hailwire/ is out of date: run make generate and commit" >&2; exit 1; }
