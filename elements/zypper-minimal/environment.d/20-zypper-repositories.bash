# bash, sourced before every phase
if [[ -z ${DIB_ZYPPER_REPOS:-} ]]; then
  _mirror=${DIB_DISTRIBUTION_MIRROR:-https://download.opensuse.org}
  case ${DIB_RELEASE:-} in
    15.*)
      DIB_ZYPPER_REPOS="update=>$_mirror/update/leap/$DIB_RELEASE/oss/ oss=>$_mirror/distribution/leap/$DIB_RELEASE/repo/oss/"
      ;;
    tumbleweed)
      DIB_ZYPPER_REPOS="update=>$_mirror/update/tumbleweed/ oss=>$_mirror/tumbleweed/repo/oss/"
      ;;
    *)
      echo "openSUSE has no release \"${DIB_RELEASE:-}\": set DIB_RELEASE to one of Leap's 15.x or to tumbleweed, or name repositories with DIB_ZYPPER_REPOS." >&2
      false
      ;;
  esac
  export DIB_ZYPPER_REPOS
  unset _mirror
fi
