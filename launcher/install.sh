#!/bin/sh
# Creates .venv from the lock files and writes .venv/bin/hailwire. Called by `make setup`; PYTHON names the interpreter.
set -eu
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"

fail() { printf '%s\n' "$*" >&2; exit 2; }

command -v "$python" >/dev/null 2>&1 ||
    fail "There is no '$python' here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Hailwire needs Python 3.11 or newer; '$python' is $("$python" -V 2>&1). Name another: make PYTHON=python3.11"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "'$python' cannot create virtual environments. On Debian and Ubuntu: sudo apt install python3-venv"

# A half-made environment, or one of another interpreter, is made anew; a good one is only brought up to date.
version="$("$python" -c 'import sys; print(sys.version)')"
if [ "$(.venv/bin/python -c 'import sys; print(sys.version)' 2>/dev/null || true)" != "$version" ]; then
    rm -rf .venv
fi
# Whoever waits sees that something happens, and who has waited enough hears how to go on.
( while sleep 2 && kill -0 $$ 2>/dev/null; do printf .; done ) & ticking=$!
trap 'kill "$ticking" 2>/dev/null' EXIT
trap 'echo; fail "interrupted; the same command goes on where this one stopped"' INT TERM
echo "setting up .venv: downloading and installing what requirements/test.txt lists"
[ -x .venv/bin/pip ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --quiet --require-hashes -r requirements/test.txt ||
    fail "Installing the locked packages failed; run 'make setup' again when the package index can be reached."

# The command runs from the checkout, wherever that is, so it finds its way from its own place.
cat > .venv/bin/hailwire <<'COMMAND'
#!/bin/sh
# Written by launcher/install.sh.
root="$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)"
[ -x "$root/.venv/bin/python" ] || { echo "hailwire: the Python behind .venv is gone: run 'make clean setup'" >&2; exit 2; }
PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec "$root/.venv/bin/python" -m launcher "$@"
COMMAND
chmod 755 .venv/bin/hailwire
touch .venv/.ready
echo
