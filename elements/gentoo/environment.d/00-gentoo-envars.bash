# bash, sourced before every phase
export DISTRO_NAME=gentoo
export DIB_RELEASE=gentoo
export EFI_BOOT_DIR=EFI/gentoo

export GENTOO_PORTAGE_CLEANUP=${GENTOO_PORTAGE_CLEANUP:-True}
export GENTOO_PYTHON_TARGETS=${GENTOO_PYTHON_TARGETS:-}
export GENTOO_OVERLAYS=${GENTOO_OVERLAYS:-}
_ingot_options='--binpkg-respect-use --rebuilt-binaries=y --usepkg=y --with-bdeps=y --binpkg-changed-deps=y'
export GENTOO_EMERGE_DEFAULT_OPTS=${GENTOO_EMERGE_DEFAULT_OPTS:-$_ingot_options --quiet --jobs=2 --autounmask=n}
export GENTOO_BASE_PROFILE=default/linux/$ARCH/23.0
export GENTOO_PROFILE=${GENTOO_PROFILE:-$GENTOO_BASE_PROFILE}

# An array is of bash, and no process passes it on: another one comes from a file in environment.d that is read before.
if [[ $(declare -p GENTOO_EMERGE_ENV 2>/dev/null) != 'declare -a'* ]]; then
  GENTOO_EMERGE_ENV=(
    'USE="-build"'
    'FEATURES="binpkg-multi-instance buildpkg parallel-fetch parallel-install"'
    "PKGDIR=/tmp/portage-pkgdir/$GENTOO_PROFILE"
    'DISTDIR="/tmp/portage-distdir"'
    'PORTDIR="/tmp/portage-portdir"'
  )
fi
for _ingot_setting in "${GENTOO_EMERGE_ENV[@]}"; do eval "export $_ingot_setting"; done

_ingot_init=openrc
if [[ $GENTOO_PROFILE == *systemd* ]]; then _ingot_init=systemd; fi
export DIB_INIT_SYSTEM=${DIB_INIT_SYSTEM:-$_ingot_init}
