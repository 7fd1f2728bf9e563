case $DIB_RELEASE in
  trusty) export DIB_INIT_SYSTEM=upstart ;;
  *) export DIB_INIT_SYSTEM=systemd ;;
esac
