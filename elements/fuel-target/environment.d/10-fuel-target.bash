export DISTRO_NAME=ubuntu
case ${FUEL_CODENAME:-} in
  precise | trusty) export DIB_INIT_SYSTEM=upstart ;;
  *) export DIB_INIT_SYSTEM=systemd ;;
esac
