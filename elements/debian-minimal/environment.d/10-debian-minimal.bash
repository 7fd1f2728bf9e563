export DISTRO_NAME=debian
export DIB_RELEASE=${DIB_RELEASE:-stable}
export DIB_INIT_SYSTEM=systemd
export EFI_BOOT_DIR=EFI/debian

export DIB_DISTRIBUTION_MIRROR=${DIB_DEBIAN_DISTRIBUTION_MIRROR:-${DIB_DISTRIBUTION_MIRROR:-http://deb.debian.org/debian}}
export DIB_DEBIAN_COMPONENTS=${DIB_DEBIAN_COMPONENTS:-main}
export DIB_DEBIAN_COMPONENTS_WS=${DIB_DEBIAN_COMPONENTS//,/ }

# Debian keeps security updates in a repository of its own, which a mirror need not have.
_ingot_security="${DIB_DEBIAN_SECURITY_MIRROR:-http://security.debian.org/debian-security} $DIB_RELEASE-security${DIB_DEBIAN_SECURITY_SUBPATH:-}"
_ingot_sources="default:deb $DIB_DISTRIBUTION_MIRROR $DIB_RELEASE $DIB_DEBIAN_COMPONENTS_WS"
case $DIB_RELEASE in
  testing | unstable | sid) ;;
  *)
    _ingot_sources+="
updates:deb $DIB_DISTRIBUTION_MIRROR $DIB_RELEASE-updates $DIB_DEBIAN_COMPONENTS_WS
security:deb $_ingot_security $DIB_DEBIAN_COMPONENTS_WS"
    ;;
esac
export DIB_APT_SOURCES_CONF=${DIB_APT_SOURCES_CONF:-$_ingot_sources}

# Installed along with the minimal system: the init system, and what later hooks and initramfs-tools count on.
export DIB_DEBOOTSTRAP_INCLUDE=${DIB_DEBOOTSTRAP_INCLUDE:-systemd-sysv busybox sudo gnupg2 python3}
