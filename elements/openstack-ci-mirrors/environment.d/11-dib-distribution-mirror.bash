for mirror_info in /etc/ci/mirror_info.sh /tmp/in_target.d/mirror_info.sh ''; do
  if [[ -f $mirror_info ]]; then break; fi
done
if [[ -n $mirror_info ]]; then
  # shellcheck source=/dev/null
  source "$mirror_info"

  case ${DISTRO_NAME:-}/${ARCH:-} in
    ubuntu/arm64) export DIB_DISTRIBUTION_MIRROR=$NODEPOOL_UBUNTU_PORTS_MIRROR ;;
    ubuntu/amd64) export DIB_DISTRIBUTION_MIRROR=$NODEPOOL_UBUNTU_MIRROR ;;
    debian/*) export DIB_DISTRIBUTION_MIRROR=$NODEPOOL_DEBIAN_MIRROR ;;
    opensuse/*) export DIB_DISTRIBUTION_MIRROR=$NODEPOOL_OPENSUSE_MIRROR ;;
    # the list of mirrors often names some that do not answer
    rocky/*) export DIB_DISTRIBUTION_MIRROR="http://dl.rockylinux.org/\\\$contentdir" ;;
    centos/*)
      if [[ ${DIB_RELEASE:-} == 9-stream ]]; then
        export DIB_DISTRIBUTION_MIRROR=$NODEPOOL_CENTOS_MIRROR DIB_EPEL_MIRROR=$NODEPOOL_EPEL_MIRROR
      fi
      ;;
  esac
  if [[ ${DISTRO_NAME:-} =~ ^(debian|ubuntu)$ ]]; then
    export DIB_DEBOOTSTRAP_EXTRA_ARGS="${DIB_DEBOOTSTRAP_EXTRA_ARGS:-} --no-check-gpg"
  fi
  export DIB_DISTRIBUTION_MIRROR_UBUNTU_IGNORE='(universe|multiverse)'
  export DIB_DISTRIBUTION_MIRROR_UBUNTU_INSECURE=1
  if [[ -d ${DIB_OS_CI_YUM_REPOS:-} && ${DISTRO_NAME:-} =~ ^(centos|openeuler)$ ]]; then
    export DIB_YUM_MINIMAL_BOOTSTRAP_REPOS=$DIB_OS_CI_YUM_REPOS/$DISTRO_NAME-minimal/$DIB_RELEASE/yum.repos.d
  fi
fi
