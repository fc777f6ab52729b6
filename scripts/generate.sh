#!/bin/sh
# Writes the Python code of protos/ into hailwire/ (messages, typed gRPC stubs). Run it after every change of a .proto
# and commit the result; `make check-generated` fails when somebody forgot.
set -eu
cd "$(dirname "$0")/.."
out=${1:-.}
PATH="$PWD/.venv/bin:$PATH"
find "$out/hailwire" -name '*_pb2*' -delete 2>/dev/null || true
python -m grpc_tools.protoc -I protos \
  --python_out="$out" --mypy_out="quiet:$out" --grpc_python_out="$out" --mypy_grpc_out="quiet:$out" \
  $(cd protos && find hailwire -name '*.proto' | sort)
