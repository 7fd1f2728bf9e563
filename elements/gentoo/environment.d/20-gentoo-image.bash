# bash, sourced before every phase
# The archives are named like the profiles; one without systemd in its name has OpenRC.
_ingot_flavour=${GENTOO_PROFILE#"$GENTOO_BASE_PROFILE"}
_ingot_flavour=${_ingot_flavour//\//-}
if [[ $_ingot_flavour != *-systemd ]]; then _ingot_flavour+=-openrc; fi
_ingot_stage=stage3-$ARCH$_ingot_flavour

_ingot_images=${DIB_CLOUD_IMAGES:-https://distfiles.gentoo.org/releases/$ARCH/autobuilds/current-$_ingot_stage}
if [[ -n ${DIB_LOCAL_IMAGE:-} ]]; then
  export INGOT_BASE_IMAGE=$DIB_LOCAL_IMAGE
else
  export INGOT_BASE_IMAGE=${BASE_IMAGE_FILE:-${_ingot_images%/}/$_ingot_stage-*.tar.xz}
  export INGOT_BASE_IMAGE_CHECKSUMS=.sha256
  export INGOT_BASE_IMAGE_SIGNATURE=inline
  export INGOT_BASE_IMAGE_KEYRINGS=/usr/share/openpgp-keys/gentoo-release.asc
fi
