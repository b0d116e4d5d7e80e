#!/usr/bin/env bash
# scripts/install.sh asks for root only when something is missing, and says what to do when it cannot get it.
# The system's package tools are stand-ins that write down how they are called.
source "$(dirname "$0")/expect.sh"
source_dir=$1

mkdir "$work/clone"
cp -r "$source_dir/scripts" "$work/clone/"
bin=$work/bin

# system: a system's tools, none of them a package tool.
system() {
  rm -rf "$bin" "$work/calls"
  mkdir "$bin"
  local tool
  for tool in bash dirname env grep mkdir tail touch; do
    ln -s "$(command -v "$tool")" "$bin/$tool"
  done
  touch "$work/calls"
}

# stand_in NAME CODE...
stand_in() {
  printf '#!/usr/bin/env bash\n%s\n' "$2" >"$bin/$1"
  chmod +x "$bin/$1"
}

# everything_but PACKAGE: what dpkg-query then says.
everything_but() {
  stand_in dpkg-query "for p in \"\${@:3}\"; do [ \"\$p\" = '$1' ] || echo \"installed \$p\"; done"
}

apt_works() { stand_in apt-get "echo \"apt-get \$*\" >>'$work/calls'"; }
user() { stand_in id "echo $1"; }
install() { PATH=$bin run "$work/clone/scripts/install.sh" "$@"; }
expect_call() { grep -qE -e "$1" "$work/calls" || fail "no call $1 in: $(cat "$work/calls")"; }
expect_no_call() { [ ! -s "$work/calls" ] || fail "unexpected: $(cat "$work/calls")"; }

system; user 1000; apt_works; everything_but nothing
install
expect_code 0 "nothing is missing"
expect_silence "nothing is missing"
expect_no_call

system; user 0; apt_works; everything_but libfmt-dev
install
expect_code 0 "root installs"
expect_output "installing with apt-get: libfmt-dev"
expect_call 'install -y --no-install-recommends libfmt-dev$'
if grep -q update "$work/calls"; then fail "an update that was not needed"; fi

system; user 0; apt_works; everything_but shellcheck
install shellcheck
expect_code 0 "a package of the caller's"
expect_call 'install -y --no-install-recommends shellcheck$'

system; user 0; everything_but libfmt-dev
stand_in apt-get "echo \"apt-get \$*\" >>'$work/calls'
case \"\$*\" in *update*) touch '$work/updated' ;; *) [ -f '$work/updated' ] ;; esac"
install
expect_code 0 "stale lists are updated"
expect_call update

system; user 0; everything_but libfmt-dev
stand_in apt-get 'echo "no such package"; exit 100'
install
expect_code 1 "apt-get fails"
expect_output "no such package"
expect_output "apt-get install -y --no-install-recommends libfmt-dev"

system; user 1000; apt_works; everything_but libfmt-dev
install
expect_code 1 "no root and no sudo"
expect_output "apt-get install -y --no-install-recommends libfmt-dev"
expect_no_call

system; user 1000; apt_works; everything_but libfmt-dev
stand_in sudo '[ "$1" != -n ]'
install
expect_code 1 "sudo that asks for a password, and nobody there"
expect_output "apt-get install -y --no-install-recommends libfmt-dev"
expect_no_call

system; user 1000; apt_works; everything_but libfmt-dev
stand_in sudo "[ \"\$1\" != -n ] || shift; echo sudo >>'$work/calls'; \"\$@\""
install
expect_code 0 "sudo without a password"
expect_call sudo
expect_call 'install -y --no-install-recommends libfmt-dev$'

system; user 1000
install
expect_code 0 "a system without apt-get goes on"
expect_output "libdnnl-dev"
