#!/usr/bin/env bash
# A file system that is full, and one that may only be read: each command ends with 3 and one line that names the file and
# what helps, nothing that was finished is lost, and with room again all goes on. Mounts of its own, in a namespace of its own.
if [ -z "${NOISEFLOOR_OWN_MOUNTS:-}" ]; then
  if ! unshare -m true 2>/dev/null; then
    echo "skipped: mounting needs root"
    exit 77
  fi
  NOISEFLOOR_OWN_MOUNTS=1 exec unshare -m "$0" "$@"
fi
source "$(dirname "$0")/cluster.sh"

cat >"$work/e.yaml" <<END
experiment: e
model: $source_dir/assets/models/opt-nano
data: {text: $source_dir/assets/text/eval-en.txt, context: 64, windows: 8}
trials:
  - {name: noise, repeat: 12, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}]}
END
cd "$work"
echo '{"threads": 1}' >rates.json
"$noisefloor" run e.yaml --out one --quiet >/dev/null

disk=$work/disk
mkdir "$disk"
mount -t tmpfs -o size=2m none "$disk"
trap 'umount "$disk"; rm -rf "$work"' EXIT
submit() { run "$noisefloor" submit e.yaml --shell --shards 3 --threads 1 --rates rates.json --out "$disk/batch"; }
# fill KIB: leaves so much room.
fill() {
  dd if=/dev/zero of="$disk/filler" bs=4k status=none 2>/dev/null || true
  truncate -s "-${1}K" "$disk/filler"
}
empty() { rm "$disk/filler"; }
# expect_refusal WHAT TEXT: one line, with the exit code of a file's error.
expect_refusal() {
  expect_code 3 "$1"
  expect_output "error: $disk/"
  expect_output "$2"
  [ "$(grep -c '^error: ' "$work/output")" = 1 ] || fail "$1: one line"
}
full="make room, then call it again"

fill 0
run "$noisefloor" run e.yaml --out "$disk/run" --quiet
expect_refusal "run on a full disk" "$full"
submit
expect_refusal "submit on a full disk" "$full"
[ ! -e "$disk/batch" ] || fail "a refused submission has left a folder"
empty
submit
expect_code 0 "submit with room again"

# Room for some of the records.
fill 120
run "$noisefloor" run "$disk/batch" --worker --quiet --save-every 1ms --threads 1
expect_refusal "a worker whose disk gets full" "$full"
recorded=$(cat "$disk"/batch/workers/*/records.jsonl | wc -l)
[ "$recorded" -gt 0 ] || fail "nothing was recorded before the disk got full"
run "$noisefloor" resubmit "$disk/batch"
[ "$code" = 3 ] || [ "$code" = 0 ] || fail "resubmit on a full disk: exit code $code"
empty
run "$noisefloor" resubmit "$disk/batch"
expect_code 0 "resubmit with room again"
run "$noisefloor" run "$disk/batch" --worker --quiet --threads 1
expect_code 0 "a worker with room again"
same_results "$disk/batch" one

# The joined folder is replaced whole or not at all, and until it is the batch is not done.
fill 16
rm "$disk/batch/done/merge.json"
run "$disk/batch/shards.sh" --quiet
expect_code 3 "a loop whose last worker cannot merge"
expect_output "all is done and not merged yet: "
run "$noisefloor" status "$disk/batch"
expect_code 75 "status of what is not merged"
run "$noisefloor" merge "$disk/batch"
expect_refusal "merge on a full disk" "$full"
same_results "$disk/batch" one
run "$noisefloor" report one --out "$disk/report.html"
expect_refusal "report on a full disk" "$full"
[ ! -e "$disk/report.html" ] || fail "a page that was not written whole is there"
empty
run "$noisefloor" merge "$disk/batch"
expect_code 0 "merge with room again"
same_results "$disk/batch" one

# What may only be read is read, and nothing else.
readonly="choose a folder that may be written to"
mv "$disk/batch" "$disk/done"
submit
mount -o remount,ro "$disk"
run "$noisefloor" status "$disk/batch"
expect_code 75 "status of what may only be read"
run "$noisefloor" show "$disk/done"
expect_code 0 "show of what may only be read"
# refused COMMAND...
refused() {
  run "$noisefloor" "$@"
  expect_refusal "$1 where nothing can be written" "$readonly"
}
refused run "$disk/batch" --worker --quiet
refused resubmit "$disk/batch"
refused submit e.yaml --shell --out "$disk/new"
refused run e.yaml --out "$disk/new"
refused report one --out "$disk/report.html"
