# bash, sourced before every phase
export DISTRO_NAME=opensuse
export DIB_RELEASE=${DIB_RELEASE:-15.6}
export EFI_BOOT_DIR=EFI/opensuse
export DIB_OPENSUSE_PATTERNS=patterns-openSUSE-base
export DIB_INIT_SYSTEM=systemd
export OPENSUSE_REPO_DIR=openSUSE_Leap_$DIB_RELEASE
export DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-https://download.opensuse.org}
