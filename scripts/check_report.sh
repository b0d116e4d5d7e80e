#!/usr/bin/env bash
# scripts/check_report.sh REPORT.html [OUT]: opens a report in headless Chromium with the network off, as its readers do,
# and fails where it asks for anything, complains in the console, or does not print. Leaves in OUT (default: a folder
# beside the page) page.pdf and pictures in light, in dark and 390 px wide, to be looked at. With npx it is also checked as
# HTML, by html-validate 9. A development tool: needs chromium (Debian) and, for the page count, pdfinfo.
set -euo pipefail

page=$(realpath "${1:?usage: scripts/check_report.sh REPORT.html [OUT]}")
out=$(realpath -m "${2:-${page%.html}-check}")
mkdir -p "$out"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
failures=0

complain() {
  echo "$1" >&2
  failures=1
}

# browse NAME OPTION...: Chromium without a network, where every host is unknown; its log is OUT/NAME.log.
browse() {
  local name=$1
  shift
  chromium --headless --no-sandbox --disable-gpu --user-data-dir="$profile" --no-first-run --disable-extensions \
    --disable-background-networking --disable-component-update --host-resolver-rules='MAP * ~NOTFOUND' \
    --enable-logging=stderr --v=0 --virtual-time-budget=5000 "$@" "file://$page" >"$out/$name.out" 2>"$out/$name.log" ||
    complain "chromium failed ($name): $out/$name.log"
  if grep -E 'CONSOLE' "$out/$name.log"; then complain "the console has messages ($name)"; fi
}

browse dom --dump-dom
browse print --print-to-pdf="$out/page.pdf" --no-pdf-header-footer
browse light --screenshot="$out/light.png" --window-size=1100,6000
browse dark --screenshot="$out/dark.png" --window-size=1100,6000 --blink-settings=preferredColorScheme=0
browse phone --screenshot="$out/phone.png" --window-size=390,6000 # Chromium makes no window narrower than about 500 px
[ -s "$out/page.pdf" ] || complain "nothing was printed"
if command -v pdfinfo >/dev/null; then pdfinfo "$out/page.pdf" | grep -E 'Pages|Page size'; fi

# A page asks for nothing from outside: no address but in text, and as names of XML.
if grep -noE '(src|href)="(https?:)?//[^"]*"|url\((https?:)?//|@import|<link |<iframe |fetch\(|XMLHttpRequest' "$page"; then
  complain "the page asks for something from outside"
fi
if grep -noE '"/(home|root|usr|var|mnt|opt)/' "$page"; then complain "the page names an absolute path"; fi
if command -v npx >/dev/null; then
  npx --yes html-validate@9 "$page" || complain "html-validate is not content"
else
  echo "npx is missing: the page was not checked as HTML" >&2
fi
ls -l "$page" | awk '{print $5 " bytes"}'
exit "$failures"
