# bash, sourced by dracut: the module that runs the fragments of the elements.
# shellcheck shell=bash disable=SC2154

check() {
  return 0
}

depends() {
  return 0
}

install() {
  inst_hook cmdline 80 "$moddir/deploy-cmdline.sh"
  inst_hook pre-mount 50 "$moddir/init.sh"
}
