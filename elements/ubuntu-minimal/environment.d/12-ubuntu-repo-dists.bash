export DIB_UBUNTU_MIRROR_DISTS=${DIB_UBUNTU_MIRROR_DISTS:-updates,security,backports}

_ingot_source="deb $DIB_DISTRIBUTION_MIRROR $DIB_RELEASE"
_ingot_sources="default:$_ingot_source ${DIB_DEBIAN_COMPONENTS//,/ }"
for _ingot_dist in ${DIB_UBUNTU_MIRROR_DISTS//,/ }; do
  _ingot_sources+="
$_ingot_dist:$_ingot_source-$_ingot_dist ${DIB_DEBIAN_COMPONENTS//,/ }"
done
export DIB_APT_SOURCES_CONF=${DIB_APT_SOURCES_CONF:-$_ingot_sources}

# Installed along with the minimal system: the init system, and what later hooks and initramfs-tools count on.
case $DIB_RELEASE in
  trusty | xenial) _ingot_init='' ;; # their init system is essential
  *) _ingot_init='systemd-sysv ' ;;
esac
export DIB_DEBOOTSTRAP_INCLUDE=${DIB_DEBOOTSTRAP_INCLUDE:-${_ingot_init}busybox sudo python3}
