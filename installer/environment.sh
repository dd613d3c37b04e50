# Sourced by installer/run and tests/run with `here` set to the checkout: defines `prepare EXTRAS`.

say() { printf '%s\n' "upzeroir: $*" >&2; }
die() { say "$1"; [ $# -lt 2 ] || say "$2"; exit 5; }

find_python() {
  for candidate in ${UPZEROIR_PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  die "Python 3.11, 3.12 or 3.13 is needed and was not found." \
    "Install one with your system's package manager, or name one: UPZEROIR_PYTHON=/path/to/python3."
}

# torch's newest wheels for Linux carry CUDA, gigabytes of it. Without an NVIDIA driver a CPU build is asked for:
# first from wherever pip is set up to look, then from PyTorch's own CPU index.
install_torch() {
  local range='torch>=2.6,<2.14' pip="$1/bin/python -m pip"
  if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi >/dev/null 2>&1; then
    say "An NVIDIA driver answers: installing torch with CUDA."
    $pip install --quiet "$range" >&2
    return
  fi
  if $pip install --dry-run --quiet --ignore-installed --no-deps --report - "$range" 2>/dev/null | looks_like_cpu "$1"; then
    $pip install --quiet "$range" >&2
  else
    $pip install --quiet --index-url "${UPZEROIR_TORCH_INDEX:-https://download.pytorch.org/whl/cpu}" "$range" >&2
  fi
}

# Reads pip's report: is the torch that pip would take free of CUDA packages?
looks_like_cpu() {
  "$1/bin/python" -c '
import json, platform, sys
try:
    torch = next(i for i in json.load(sys.stdin)["install"] if i["metadata"]["name"] == "torch")
except (ValueError, StopIteration):
    sys.exit(1)
cuda = any(r.startswith(("nvidia-", "cuda-")) for r in torch["metadata"].get("requires_dist", []))
sys.exit(cuda and platform.system() == "Linux" and "+cpu" not in torch["metadata"]["version"])
'
}

stamp_of() {
  { "$1" --version; cat "$here/pyproject.toml"; printf '%s\n' "$here"; } | cksum
}

prepare() {
  local extras=$1 venv="$here/.venv" python lock="$here/.venv.lock" want had
  if [ -x "$venv/bin/python" ] && [ -f "$venv/ready" ]; then
    want=$(stamp_of "$venv/bin/python")
    had=$(head -n 1 "$venv/ready")
    if [ "$want" = "$had" ] && has_extras "$extras" "$venv"; then return; fi
  fi
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$lock"
    flock 9
    if [ -f "$venv/ready" ] && [ "$(stamp_of "$venv/bin/python")" = "$(head -n 1 "$venv/ready")" ] &&
      has_extras "$extras" "$venv"; then
      exec 9>&-
      return
    fi
  fi
  if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    say "Setting up $venv (once; a few minutes)."
    rm -rf "$venv"
    "$python" -m venv "$venv" || die "The environment could not be made." "On Debian: apt install python3-venv."
  fi
  rm -f "$venv/ready"
  "$venv/bin/python" -c 'import torch' 2>/dev/null || install_torch "$venv" ||
    die "torch could not be installed." "See the message above; check the network, a proxy (HTTPS_PROXY) and free disk space."
  if [ -f "$venv/extras" ]; then extras="$extras,$(cat "$venv/extras")"; fi
  "$venv/bin/python" -m pip install --quiet --editable "$here[$extras]" >&2 ||
    die "The packages could not be installed." "See the message above; check the network, a proxy (HTTPS_PROXY) and free disk space."
  printf '%s' "$extras" | tr ',' '\n' | sort -u | paste -sd, - | tr -d '\n' >"$venv/extras"
  stamp_of "$venv/bin/python" >"$venv/ready"
  exec 9>&-
}

has_extras() {
  local extra
  for extra in $(printf '%s' "$1" | tr ',' ' '); do
    case ",$(cat "$2/extras" 2>/dev/null)," in *",$extra,"*) ;; *) return 1 ;; esac
  done
}
