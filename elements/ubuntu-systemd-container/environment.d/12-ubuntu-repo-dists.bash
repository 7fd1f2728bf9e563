_ingot_sources="default:deb $DIB_DISTRIBUTION_MIRROR $DIB_RELEASE ${DIB_DEBIAN_COMPONENTS//,/ }"
for _ingot_dist in updates backports security; do
  _ingot_sources+="
$_ingot_dist:deb $DIB_DISTRIBUTION_MIRROR $DIB_RELEASE-$_ingot_dist ${DIB_DEBIAN_COMPONENTS//,/ }"
done
export DIB_APT_SOURCES_CONF=${DIB_APT_SOURCES_CONF:-$_ingot_sources}

case $DIB_RELEASE in
  trusty | xenial) _ingot_init='' ;; # their init system is essential
  *) _ingot_init='systemd-sysv ' ;;
esac
export DIB_DEBOOTSTRAP_INCLUDE=${DIB_DEBOOTSTRAP_INCLUDE:-${_ingot_init}sudo python3}
